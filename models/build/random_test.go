package build

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"musc/models"
	"musc/models/onnxfile"
)

// blank weights have the shapes of random ones and cost nothing to read.
type blank struct{ namedTensors }

func (blank) Read([]float32, string) error { return nil }

// Every backbone of the registry, with four layers instead of all that are alike, is built from
// weights of its shapes at its own image size. The tensors are counted, not kept.
func TestEveryModelOfTheRegistryBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds; the small models of the fixtures are built by the other tests")
	}
	for _, spec := range models.Registry {
		spec.Layers, spec.Stages = 4, [4]int{0, 1, 2, 3}
		if err := spec.Validate(); err != nil {
			t.Fatal(err)
		}
		weights, err := newParameters(blank{randomWeights(&spec, 1)}, "blank", &spec)
		if err != nil {
			t.Fatal(err)
		}
		grid, err := spec.Grid(spec.ImageSize)
		if err != nil {
			t.Fatal(err)
		}
		b := builder{ctx: context.Background(), spec: &spec, grid: grid, weights: weights,
			options: Options{spec.ImageSize, Float32, Fused}, added: map[string]bool{},
			Graph: onnxfile.NewGraph(spec.Name, onnxfile.Float32, io.Discard, "data")}
		if err := b.run(); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
		// 12 C^2 weights of 4 bytes a block, the patch embedding, the table, the projection.
		least := 4 * spec.Width * (12*spec.Width*spec.Layers + 3*spec.Patch*spec.Patch + grid*grid)
		if spec.Family == models.Swin {
			least = swinBytes(&spec)
		}
		if spec.Projection {
			least += 4 * spec.Width * spec.ClassDim
		}
		if got := int(b.Written()); got < least || got > least+least/50 {
			t.Errorf("%s: %d bytes of weights, not quite more than %d", spec.Name, got, least)
		}
	}
}

// swinBytes counts the weights of a Swin with one block a stage, and the biases of its windows.
func swinBytes(spec *models.Spec) int {
	values, area := 3*spec.Patch*spec.Patch*spec.Width, spec.Window*spec.Window
	for k := range 4 {
		width, heads := spec.Width<<k, spec.Heads<<k
		values += 12*width*width + heads*area*area
		if k > 0 {
			values += 2 * width * width // the merging: 2 C to C
		}
	}
	return 4 * values
}

// The fixtures' generator and ours name and shape the same tensors.
func TestRandomWeightsHaveThePublishedShapes(t *testing.T) {
	for _, name := range []string{"clip", "clip_gelu", "dino", "dinov2", "swin"} {
		spec := readCase(t, name)
		published, err := openWeights(weightsOf(name).Path)
		if err != nil {
			t.Fatal(err)
		}
		defer published.Close()
		drawn := randomWeights(&spec, 1)
		if !slices.Equal(drawn.Names(), published.Names()) {
			t.Errorf("%s: got %v, want %v", name, drawn.Names(), published.Names())
		}
		for _, tensor := range published.Names() {
			got, _ := drawn.Shape(tensor)
			want, _ := published.Shape(tensor)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s is %v, want %v", name, tensor, got, want)
			}
		}
	}
}

// Mean and spread of each kind of tensor; the first value pins the generator.
func TestRandomValues(t *testing.T) {
	spec := models.Spec{Name: "wide", Family: models.CLIP, Patch: 16, Width: 1024, Layers: 1, Heads: 1,
		PreNorm: true, LayerScale: true, Projection: true, ClassDim: 512, PretrainGrid: 2}
	weights := randomWeights(&spec, 7)
	for name, want := range map[string][2]float64{
		"norm_pre.weight": {1, 0.2}, "blocks.0.ls1.gamma": {0.5, 0.2}, "norm.bias": {0, 0.3},
		"cls_token": {0, 0.3}, "pos_embed": {0, 0.3}, "head.bias": {0, 0},
		"patch_embed.proj.weight": {0, 1 / math.Sqrt(768)}, "head.weight": {0, 1.0 / 32},
		"blocks.0.mlp.fc2.weight": {0, 1.0 / 64},
	} {
		shape, _ := weights.Shape(name)
		size := 1
		for _, side := range shape {
			size *= side
		}
		values := make([]float32, size)
		if err := weights.Read(values, name); err != nil {
			t.Fatal(err)
		}
		sum, squares := 0.0, 0.0
		for _, v := range values {
			sum += float64(v)
		}
		mean := sum / float64(size)
		for _, v := range values {
			squares += (float64(v) - mean) * (float64(v) - mean)
		}
		spread := math.Sqrt(squares / float64(size))
		if math.Abs(mean-want[0]) > 0.1*want[1] || math.Abs(spread-want[1]) > 0.1*want[1] {
			t.Errorf("%s: mean %g, spread %g, want %v", name, mean, spread, want)
		}
	}
	const pinned float32 = -0.21450889
	var first [1]float32
	if err := weights.Read(first[:], "norm.bias"); err != nil || first[0] != pinned {
		t.Errorf("first value %v, %v, want %v", first[0], err, pinned)
	}
}

func TestRandomGraphRuns(t *testing.T) {
	spec := readCase(t, "dinov2")
	first, err := Cached(context.Background(), t.TempDir(), spec, Source{Seed: 1}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	images := readArray(t, "dinov2/image")
	one := run(t, first, images)
	other := run(t, cached(t, spec, Source{Seed: 2}, Options{}), images)
	for _, name := range outputNames {
		if d := maxDifference(t, one[name], other[name]); !(d > 0.1) || math.IsInf(d, 0) {
			t.Errorf("%s: seeds 1 and 2 differ by %g", name, d)
		}
	}
	if !strings.Contains(first, "dinov2-70-float32-fused-") {
		t.Errorf("graph is called %s", first)
	}
}
