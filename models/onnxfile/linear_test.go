package onnxfile

import (
	"slices"
	"testing"
)

// linear is the exporter's form of x M + b for M [2,3].
func linear(addInputs ...string) message {
	var g message
	matrix := tensorHead("onnx::MatMul_1", Float32, []int{2, 3})
	matrix.bytes(tensorRaw, floats(1, 2, 3, 4, 5, 6))
	bias := tensorHead("layer.bias", Float32, []int{3})
	bias.bytes(tensorRaw, floats(7, 8, 9))
	for _, node := range []struct {
		operator, output string
		inputs           []string
	}{{"MatMul", "product", []string{"x", "onnx::MatMul_1"}}, {"Add", "sum", addInputs}} {
		var n message
		for _, input := range node.inputs {
			n.text(nodeInput, input)
		}
		n.text(nodeOutput, node.output)
		n.text(nodeOperator, node.operator)
		g.bytes(graphNode, n)
	}
	g.bytes(graphInitializer, matrix)
	g.bytes(graphInitializer, bias)
	return g
}

func TestLinearWeightsGetTheirNamesBack(t *testing.T) {
	for _, inputs := range [][]string{{"layer.bias", "product"}, {"product", "layer.bias"}} {
		f, err := parseBytes(model(linear(inputs...)))
		if err != nil {
			t.Fatal(err)
		}
		if shape, _ := f.Shape("layer.weight"); !slices.Equal(shape, []int{3, 2}) {
			t.Fatalf("shape %v", shape)
		}
		got := make([]float32, 6)
		if err := f.Read(got, "layer.weight"); err != nil ||
			!slices.Equal(got, []float32{1, 4, 2, 5, 3, 6}) {
			t.Errorf("got %v, %v", got, err)
		}
		if err := f.Read(got, "onnx::MatMul_1"); err != nil ||
			!slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("as stored: got %v, %v", got, err)
		}
	}
}

func TestLinearWeightsThatHaveANameKeepIt(t *testing.T) {
	g := linear("layer.bias", "product")
	own := tensorHead("layer.weight", Float32, []int{1})
	own.bytes(tensorRaw, floats(42))
	g.bytes(graphInitializer, own)
	f, err := parseBytes(model(g))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 1)
	if err := f.Read(got, "layer.weight"); err != nil || got[0] != 42 {
		t.Errorf("got %v, %v", got, err)
	}
	f, err = parseBytes(model(linear("layer.bias", "something else")))
	if err != nil {
		t.Fatal(err)
	}
	if shape, ok := f.Shape("layer.weight"); ok {
		t.Errorf("an unrelated sum made a weight of shape %v", shape)
	}
}

// emptyMatrix is a linear map with a side of 0 and a huge one, in no bytes at all.
func emptyMatrix() message {
	g := linear("empty.bias", "nothing")
	matrix := tensorHead("M", Float32, []int{0, 1 << 40})
	g.bytes(graphInitializer, matrix)
	var product message
	product.text(nodeInput, "x")
	product.text(nodeInput, "M")
	product.text(nodeOutput, "nothing")
	product.text(nodeOperator, "MatMul")
	g.bytes(graphNode, product)
	return g
}

func TestEmptyMatrixTakesNoTime(t *testing.T) {
	f, err := parseBytes(model(emptyMatrix()))
	if err != nil {
		t.Fatal(err)
	}
	if shape, _ := f.Shape("empty.weight"); !slices.Equal(shape, []int{1 << 40, 0}) {
		t.Fatalf("shape %v", shape)
	}
	if err := f.Read(nil, "empty.weight"); err != nil {
		t.Fatal(err)
	}
}
