package engine

import (
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/engine/fault"
)

// field is a field of a protocol buffer that holds bytes.
func field(number protowire.Number, content string) string {
	return string(protowire.AppendString(protowire.AppendTag(nil, number, protowire.BytesType), content))
}

// A model is its graph and the files that the graph names, whatever lies beside it.
func TestIdentifyReadsTheWeightsThatTheGraphNames(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// ModelProto.graph.initializer: external_data names the file, data_location is EXTERNAL.
	tensor := field(13, field(1, "location")+field(2, "weights.bin")) +
		string(protowire.AppendVarint(protowire.AppendTag(nil, 14, protowire.VarintType), 1))
	model := write("model.onnx", field(7, field(5, tensor)))
	write("model.onnx.data", "of another model")
	if _, err := Identify(model); fault.KindOf(err) != fault.Setup {
		t.Errorf("the weights are missing: %v", err)
	}
	weights := write("weights.bin", "one")
	first, err := Identify(model)
	if err != nil || len(first) != 2 || first[0].Path != model || first[1].Path != weights ||
		first[1].Bytes != 3 {
		t.Fatalf("%+v, %v", first, err)
	}
	write("weights.bin", "two")
	second, err := Identify(model)
	if err != nil || first[0] != second[0] || first[1].SHA256 == second[1].SHA256 {
		t.Errorf("%+v, %v", second, err)
	}
	if _, err := Identify(write("no.onnx", "\xff")); fault.KindOf(err) != fault.Input {
		t.Errorf("no model: %v", err)
	}
}
