package onnxfile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/engine/fault"
)

// outside is a tensor whose data lie in another file.
func outside(location string) (t message) {
	t.pair(tensorExternal, "offset", "0")
	t.pair(tensorExternal, externalLocation, location)
	t.integer(tensorWhere, externalStorage)
	return t
}

// in is a message with the inner one as a field.
func in(number protowire.Number, inner message) (m message) {
	m.bytes(number, inner)
	return m
}

func TestExternalFilesOfEveryPlace(t *testing.T) {
	inside := message{}
	inside.pair(tensorExternal, externalLocation, "not_used.bin")
	deeper := in(graphNode, in(nodeAttribute, in(attributeTensors, outside("deep/er.bin"))))
	graph := slices.Concat(
		in(graphInitializer, outside("weights.bin")), in(graphInitializer, outside("weights.bin")),
		in(graphInitializer, outside("./weights.bin")), in(graphInitializer, inside),
		in(graphInitializer, nil),
		in(graphSparse, in(sparseValues, outside("values.bin"))),
		in(graphSparse, in(sparseIndices, outside("indices.bin"))),
		in(graphNode, in(nodeAttribute, in(attributeTensor, outside("constant.bin")))),
		in(graphNode, in(nodeAttribute, in(attributeGraph, deeper))),
		in(graphNode, in(nodeAttribute, in(attributeGraphs, in(graphInitializer, outside("branch.bin"))))),
		in(graphNode, in(nodeAttribute, in(attributeSparse, in(sparseValues, outside("s1.bin"))))),
		in(graphNode, in(nodeAttribute, in(attributeSparses, in(sparseValues, outside("s2.bin"))))),
		in(graphInput, outside("no_tensor.bin")),
	)
	model := slices.Concat(in(modelGraph, graph),
		in(modelFunctions, in(functionNode, in(nodeAttribute, in(attributeTensor, outside("/abs/f.bin"))))))
	folder := t.TempDir()
	path := filepath.Join(folder, "model.onnx")
	if err := os.WriteFile(path, model, 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := ExternalFiles(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/abs/f.bin"}
	for _, name := range []string{"branch.bin", "constant.bin", "deep/er.bin", "indices.bin", "s1.bin", "s2.bin",
		"values.bin", "weights.bin"} {
		want = append(want, filepath.Join(folder, name))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExternalFilesOfDamagedModels(t *testing.T) {
	nested := message{}
	for range maxDepth {
		nested = in(graphNode, in(nodeAttribute, in(attributeGraph, nested)))
	}
	number := message{}
	number.integer(modelGraph, 1)
	pair := message{}
	pair.integer(tensorExternal, 1)
	for name, model := range map[string][]byte{
		"cut":          in(modelGraph, in(graphInitializer, outside("a")))[:5],
		"no message":   number,
		"no pair":      in(modelGraph, in(graphInitializer, pair)),
		"nested":       in(modelGraph, nested),
		"broken inner": in(modelGraph, message{0xff}),
	} {
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(path, model, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ExternalFiles(path); fault.KindOf(err) != fault.Input ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ExternalFiles(filepath.Join(t.TempDir(), "none.onnx")); fault.KindOf(err) != fault.Input {
		t.Errorf("no file: %v", err)
	}
}
