package onnxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"musc/engine/fault"
	"musc/models/sections"
)

// What Graph writes, File reads: names, shapes, small tensors' values, metadata. Large ones begin
// at page borders of the data file.
func TestGraphReadsBack(t *testing.T) {
	large := make([]float32, 1025)
	for i := range large {
		large[i] = float32(i) / 8
	}
	for kind, size := range map[Type]int{Float32: 4, Float16: 2} {
		var data bytes.Buffer
		g := NewGraph("g", kind, &data, "g.onnx.data")
		for _, tensor := range []struct {
			name   string
			shape  []int
			values []float32
		}{{"small", []int{2, 1}, []float32{1.5, -2}}, {"first", []int{1025}, large},
			{"second", []int{5, 205}, large}} {
			if _, err := g.Tensor(tensor.name, tensor.shape, tensor.values); err != nil {
				t.Fatal(err)
			}
		}
		g.Integers("shape", 1, 2)
		g.Metadata("musc.name", "g")
		f, err := parseBytes(g.Model("test"))
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"first", "second", "small"}; !slices.Equal(f.Names(), want) {
			t.Errorf("names %v, want %v", f.Names(), want)
		}
		if shape, _ := f.Shape("second"); !slices.Equal(shape, []int{5, 205}) {
			t.Errorf("shape %v", shape)
		}
		got := make([]float32, 2)
		if err := f.Read(got, "small"); err != nil || !slices.Equal(got, []float32{1.5, -2}) {
			t.Errorf("got %v, %v", got, err)
		}
		if f.Metadata("musc.name") != "g" || f.Metadata("absent") != "" {
			t.Errorf("metadata %v", f.metadata)
		}
		second := (1025*size + alignment - 1) / alignment * alignment
		want := encode(nil, kind, large)
		if g.Written() != int64(data.Len()) || data.Len() != second+len(want) ||
			!bytes.Equal(data.Bytes()[:len(want)], want) || !bytes.Equal(data.Bytes()[second:], want) {
			t.Errorf("type %d: the data file of %d bytes does not hold both tensors", kind, data.Len())
		}
	}
}

// each calls visit for the fields of the message that c walks over.
func each(t *testing.T, c *cursor, visit func(field)) {
	t.Helper()
	for {
		f, err := c.next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(f)
	}
}

// nodesOf writes the nodes of a model as "domain operator(inputs) output name".
func nodesOf(t *testing.T, model []byte) (nodes []string) {
	t.Helper()
	file := sections.New("g.onnx", bytes.NewReader(model), int64(len(model)))
	root := &cursor{&window{file: file}, 0, file.Size}
	inside := func(c *cursor, f field) *cursor { in, _ := c.inside(f); return in }
	each(t, root, func(f field) {
		if f.number != modelGraph {
			return
		}
		graph := inside(root, f)
		each(t, graph, func(f field) {
			if f.number != graphNode {
				return
			}
			node, of, inputs := inside(graph, f), map[protowire.Number]string{}, []string{}
			each(t, node, func(f field) {
				text, _ := node.text(f)
				if of[f.number] = text; f.number == nodeInput {
					inputs = append(inputs, text)
				}
			})
			nodes = append(nodes, fmt.Sprintf("%s %s(%s) %s %s", of[nodeDomain], of[nodeOperator],
				strings.Join(inputs, ","), of[nodeOutput], of[nodeName]))
		})
	})
	return nodes
}

// Inputs and outputs are float32 whatever the precision within; every value has a name of its own.
func TestNodesOfAGraph(t *testing.T) {
	for kind, want := range map[Type][]string{
		Float32: {" Relu(image) Relu_0 Relu_0", "com.microsoft QuickGelu(Relu_0) QuickGelu_1 QuickGelu_1",
			" Split(QuickGelu_1) Split_2_1 Split_2_0", " Add(Split_2_0,Split_2_1) out out"},
		Float16: {" Cast(image) Cast_0 Cast_0", " Relu(Cast_0) Relu_1 Relu_1",
			"com.microsoft QuickGelu(Relu_1) QuickGelu_2 QuickGelu_2",
			" Split(QuickGelu_2) Split_3_1 Split_3_0", " Add(Split_3_0,Split_3_1) Add_4 Add_4",
			" Cast(Add_4) out out"},
	} {
		g := NewGraph("g", kind, io.Discard, "g.onnx.data")
		x := g.Node("Relu", []string{g.Input("image", "batch", 3)})
		x = g.Fused("QuickGelu", []string{x}, Attribute{"alpha", float32(1.702)})
		g.Output("out", []any{"batch", 3}, "Add", g.Split(x, 2, 1))
		if got := nodesOf(t, g.Model("test")); !slices.Equal(got, want) {
			t.Errorf("type %d: %q, want %q", kind, got, want)
		}
	}
}

func TestHalfRoundsToNearestEven(t *testing.T) {
	for value, bits := range map[float32]uint16{
		1: 0x3c00, 1 + 0x1p-11: 0x3c00, 1 + 0x3p-11: 0x3c02, 1 + 0x1.2p-11: 0x3c01,
		-65504: 0xfbff, 65519: 0x7bff, 0x1p-24: 1, 0x1p-25: 0, 0x1.2p-25: 1,
	} {
		if got := halfBits(value); got != bits {
			t.Errorf("%v: got %#x, want %#x", value, got, bits)
		}
	}
}

func TestValuesBeyondFloat16AreRefused(t *testing.T) {
	for _, v := range []float32{65520, -1e9, float32(math.Inf(1)), float32(math.NaN())} {
		g := NewGraph("g", Float16, &bytes.Buffer{}, "d")
		_, err := g.Tensor("weight", []int{1}, []float32{v})
		if fault.KindOf(err) != fault.Input || !strings.Contains(fmt.Sprint(err), "weight") {
			t.Errorf("%v: got %v", v, err)
		}
		if _, err := NewGraph("g", Float32, &bytes.Buffer{}, "d").Tensor("weight", []int{1},
			[]float32{v}); err != nil {
			t.Errorf("%v in float32: %v", v, err)
		}
	}
}

var errFull = errors.New("no space left on device")

// fullAfter is a disk with room for so many bytes.
type fullAfter int

func (f *fullAfter) Write(p []byte) (int, error) {
	if len(p) > int(*f) {
		return int(*f), errFull
	}
	*f -= fullAfter(len(p))
	return len(p), nil
}

func TestErrorsOfTheDataFileComeBack(t *testing.T) {
	values := make([]float32, 2*encodeChunk)
	for _, room := range []fullAfter{0, 10, 4 * encodeChunk, 8*encodeChunk - 1} {
		_, err := NewGraph("g", Float32, &room, "d").Tensor("w", []int{len(values)}, values)
		if !errors.Is(err, errFull) {
			t.Errorf("got %v", err)
		}
	}
}
