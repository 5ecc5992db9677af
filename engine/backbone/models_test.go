package backbone

import (
	"bytes"
	"encoding/binary"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

var update = flag.Bool("update", false, "write testdata/*.onnx anew")

// The tiny backbone: each patch of patchSide^2 RGB pixels times one matrix a stage; the class
// token is the mean over the patches of stage3.
const (
	imageSide = 32
	patchSide = 4
	gridSide  = imageSide / patchSide
	patches   = gridSide * gridSide
	patchLen  = 3 * patchSide * patchSide
	channels  = 16
)

// graph is an ONNX graph under construction. Field numbers are those of onnx.proto.
type graph struct {
	body     []byte // GraphProto
	metadata [][2]string
}

func bytesField(number protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), body)
}

func varintField(number protowire.Number, value int64) []byte {
	return protowire.AppendVarint(
		protowire.AppendTag(nil, number, protowire.VarintType), uint64(value))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// declare adds a graph input (11) or output (12) of a TensorProto.DataType; -1 is a free size.
func (g *graph) declare(field protowire.Number, name string, element int64, dims ...int64) {
	var shape []byte
	for _, size := range dims {
		dim := varintField(1, size)
		if size < 0 {
			dim = bytesField(2, []byte("batch"))
		}
		shape = append(shape, bytesField(1, dim)...)
	}
	tensor := bytesField(1, join(varintField(1, element), bytesField(2, shape)))
	value := join(bytesField(1, []byte(name)), bytesField(2, tensor))
	g.body = append(g.body, bytesField(field, value)...)
}

func (g *graph) weights(name string, values []float32, dims ...int64) {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	g.initializer(name, 1, raw, dims)
}

func (g *graph) integers(name string, values ...int64) {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	g.initializer(name, 7, raw, []int64{int64(len(values))})
}

func (g *graph) initializer(name string, element int64, raw []byte, dims []int64) {
	var tensor []byte
	for _, size := range dims {
		tensor = append(tensor, varintField(1, size)...)
	}
	tensor = join(tensor, varintField(2, element), bytesField(8, []byte(name)), bytesField(9, raw))
	g.body = append(g.body, bytesField(5, tensor)...)
}

// node adds an operator; attributes are AttributeProto messages.
func (g *graph) node(operator string, inputs []string, output string, attributes ...[]byte) {
	var node []byte
	for _, input := range inputs {
		node = append(node, bytesField(1, []byte(input))...)
	}
	node = join(node, bytesField(2, []byte(output)), bytesField(4, []byte(operator)))
	for _, attribute := range attributes {
		node = append(node, bytesField(5, attribute)...)
	}
	g.body = append(g.body, bytesField(1, node)...)
}

func integerList(name string, values ...int64) []byte {
	attribute := bytesField(1, []byte(name))
	for _, v := range values {
		attribute = append(attribute, varintField(8, v)...)
	}
	return append(attribute, varintField(20, 7)...)
}

func integer(name string, value int64) []byte {
	return join(bytesField(1, []byte(name)), varintField(3, value), varintField(20, 2))
}

func (g *graph) bytes() []byte {
	body := append(g.body, bytesField(2, []byte("tiny"))...)
	model := join(varintField(1, 8), bytesField(7, body), bytesField(8, varintField(2, 13)))
	for _, pair := range g.metadata {
		model = append(model, bytesField(14,
			join(bytesField(1, []byte(pair[0])), bytesField(2, []byte(pair[1]))))...)
	}
	return model
}

// weight is the entry of the stage's matrix [patchLen, channels].
func weight(stage, row, column int) float32 {
	return float32((row*7+column*13+stage*5)%23-11) / 64
}

// tinyGraph computes the tiny backbone; the caller declares what it hands out.
func tinyGraph() *graph {
	g := &graph{}
	g.tinyNodes(imageInput)
	return g
}

// tinyNodes computes the tiny backbone of the named image.
func (g *graph) tinyNodes(image string) {
	g.integers("split", -1, 3, gridSide, patchSide, gridSide, patchSide)
	g.integers("join", -1, patches, patchLen)
	g.node("Reshape", []string{image, "split"}, "cells")
	g.node("Transpose", []string{"cells"}, "moved", integerList("perm", 0, 2, 4, 1, 3, 5))
	g.node("Reshape", []string{"moved", "join"}, "patches")
	for stage, name := range outputNames[:Stages] {
		matrix := make([]float32, 0, patchLen*channels)
		for row := range patchLen {
			for column := range channels {
				matrix = append(matrix, weight(stage, row, column))
			}
		}
		g.weights("w"+name, matrix, patchLen, channels)
		g.node("MatMul", []string{"patches", "w" + name}, name)
	}
	// A product instead of ReduceMean, whose last bits depend on batch and threads.
	share := make([]float32, patches)
	for p := range share {
		share[p] = 1.0 / patches
	}
	g.weights("share", share, 1, patches)
	g.node("MatMul", []string{"share", "stage3"}, "mean3")
	g.integers("flatten", -1, channels)
	g.node("Reshape", []string{"mean3", "flatten"}, classOutput)
}

// declareAll declares the inputs and outputs of a good model.
func (g *graph) declareAll(batch int64) *graph {
	g.declare(11, imageInput, 1, batch, 3, imageSide, imageSide)
	for _, name := range outputNames[:Stages] {
		g.declare(12, name, 1, batch, patches, channels)
	}
	g.declare(12, classOutput, 1, batch, channels)
	return g
}

// committed are the models in testdata; other packages may use them too.
func committed() map[string][]byte {
	said := tinyGraph().declareAll(free)
	said.metadata = [][2]string{
		{"musc.name", "tiny"}, {"musc.family", "clip"}, {"musc.patch", "4"},
		{"musc.mean", "0.5,0.25,0.125"}, {"musc.std", "0.5, 0.25, 1"},
		{"musc.class_token_l2", "true"}, {"musc.builder", "test"},
	}
	wrong := tinyGraph()
	wrong.declare(11, imageInput, 1, free, 3, imageSide, imageSide)
	wrong.declare(12, "stage0", 1, free, patches, channels)
	wrong.declare(12, classOutput, 1, free, channels)
	return map[string][]byte{
		"tiny.onnx":         said.bytes(),
		"silent.onnx":       tinyGraph().declareAll(free).bytes(),
		"batch_of_2.onnx":   tinyGraph().declareAll(2).bytes(),
		"wrong_output.onnx": wrong.bytes(),
	}
}

// The models in testdata are what this file says, so that nobody has to trust binary files.
func TestCommittedModelsAreUpToDate(t *testing.T) {
	for name, want := range committed() {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs (%v): run go test -run UpToDate -update", path, err)
		}
	}
}

// expectedTokens computes the tiny backbone in float64, before any L2 normalisation.
func expectedTokens(image []float32) (stages [Stages][]float64, class []float64) {
	class = make([]float64, channels)
	for stage := range stages {
		stages[stage] = make([]float64, patches*channels)
		for p := range patches {
			for row := range patchLen {
				c, y, x := row/(patchSide*patchSide), row/patchSide%patchSide, row%patchSide
				y, x = y+p/gridSide*patchSide, x+p%gridSide*patchSide
				pixel := float64(image[(c*imageSide+y)*imageSide+x])
				for column := range channels {
					stages[stage][p*channels+column] += pixel * float64(weight(stage, row, column))
				}
			}
		}
	}
	for at, v := range stages[Stages-1] {
		class[at%channels] += v / patches
	}
	return stages, class
}
