package build

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/backbone"
	"musc/models"
)

// cases are the tiny backbones with their oracle's tokens, under each set of parameter names.
var cases = []struct{ tokens, weights string }{
	{"clip", "clip"}, {"clip", "clip_open_clip"},
	{"clip_gelu", "clip_gelu"}, {"clip_gelu", "clip_gelu_open_clip"},
	{"dino", "dino"}, {"dinov2", "dinov2"}, {"swin", "swin"}, {"swin_padded", "swin"},
}

func cached(t testing.TB, spec models.Spec, source Source, options Options) string {
	t.Helper()
	path, err := Cached(context.Background(), t.TempDir(), spec, source, options)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// compare runs a graph on a fixture's images and holds every output against the oracle's. The
// oracle leaves CLIP's class token as projected.
func compare(t *testing.T, modelPath, fixture string, tolerance float64) {
	t.Helper()
	got := run(t, modelPath, readArray(t, fixture+"/image"))
	for _, name := range outputNames {
		want := readArray(t, fixture+"/"+name)
		if name == "class_token" && readCase(t, fixture).NormaliseClass {
			normalise(want)
		}
		d := maxDifference(t, got[name], want)
		if !(d <= tolerance) {
			t.Errorf("%s differs by %g, more than %g", name, d, tolerance)
		}
		t.Logf("%s: max difference %.2g", name, d)
	}
}

// normalise gives each row length 1.
func normalise(a array) {
	width := a.shape[1]
	for row := range slices.Chunk(a.data, width) {
		sum := 0.0
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		for i := range row {
			row[i] = float32(float64(row[i]) / math.Sqrt(sum))
		}
	}
}

// Tolerances are absolute; tokens reach about 10. Float16 carries 11 bits through up to 8 blocks.
func TestTokensMatchTheOracle(t *testing.T) {
	for _, c := range cases {
		for _, precision := range []struct {
			name      Precision
			tolerance float64
		}{{Float32, 2e-4}, {Float16, 2e-2}} {
			for _, attention := range []Attention{Fused, Plain} {
				if testing.Short() && precision.name == Float16 && c.tokens != "dino" {
					continue // the graph is the same for both precisions
				}
				t.Run(c.weights+"/"+string(precision.name)+"/"+string(attention), func(t *testing.T) {
					path := cached(t, readCase(t, c.tokens), weightsOf(c.weights),
						Options{Precision: precision.name, Attention: attention})
					compare(t, path, c.tokens, precision.tolerance)
				})
			}
		}
	}
}

// An image's tokens do not depend on what else is in the batch.
func TestBatchOfOneEqualsBatchOfTwo(t *testing.T) {
	for _, c := range cases {
		if c.tokens == "swin_padded" || testing.Short() && c.tokens != "dino" {
			continue // has one image
		}
		path := cached(t, readCase(t, c.tokens), weightsOf(c.weights), Options{})
		images := readArray(t, c.tokens+"/image")
		both := run(t, path, images)
		half := len(images.data) / 2
		for i := range 2 {
			one := run(t, path, array{append([]int{1}, images.shape[1:]...),
				images.data[i*half:][:half]})
			for _, name := range outputNames {
				size := len(both[name].data) / 2
				want := array{append([]int{1}, both[name].shape[1:]...), both[name].data[i*size:][:size]}
				if d := maxDifference(t, one[name], want); !(d <= 1e-5) {
					t.Errorf("%s, image %d: %s differs by %g", c.weights, i, name, d)
				}
			}
		}
	}
}

// Every multiple of the patch side is an image size; the position embeddings follow. Fused and
// plain attention are two ways to the same tokens there as well.
func TestOtherImageSizes(t *testing.T) {
	for _, name := range []string{"clip", "dino", "dinov2"} {
		spec := readCase(t, name)
		grids := []int{1, 2, 3, 5, 7, 11}
		if testing.Short() {
			grids = []int{1, 5}
		}
		for _, grid := range grids {
			size := grid * spec.Patch
			images := array{shape: []int{1, 3, size, size}, data: make([]float32, 3*size*size)}
			for i := range images.data {
				images.data[i] = float32(i%17)/8 - 1
			}
			fused := run(t, cached(t, spec, weightsOf(name), Options{ImageSize: size}), images)
			plain := run(t, cached(t, spec, weightsOf(name),
				Options{ImageSize: size, Attention: Plain}), images)
			if want := []int{1, grid * grid, spec.Width}; !slices.Equal(fused["stage0"].shape, want) {
				t.Errorf("%s at %d: stage0 is %v, want %v", name, size, fused["stage0"].shape, want)
			}
			for _, output := range outputNames {
				if d := maxDifference(t, fused[output], plain[output]); !(d <= 1e-4) {
					t.Errorf("%s at %d: %s differs by %g", name, size, output, d)
				}
			}
		}
	}
}

// The published grids' resampling, against PyTorch's.
func TestPositionsMatchPyTorch(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new int
		offset   float64
	}{
		{"clip_24_to_37", 24, 37, 0}, {"dino_14_to_32", 14, 32, 0.1}, {"dinov2_37_to_24", 37, 24, 0.1},
	} {
		in, want := readArray(t, "position_"+c.name+"_in"), readArray(t, "position_"+c.name+"_out")
		width := in.shape[2]
		got := array{want.shape, resample(in.data, c.old, c.new, width, c.offset)}
		if d := maxDifference(t, got, want); !(d <= 1e-5) {
			t.Errorf("%s: differs by %g", c.name, d)
		} else {
			t.Logf("%s: max difference %.2g", c.name, d)
		}
		other := array{want.shape, resample(in.data, c.old, c.new, width, 0.1-c.offset)}
		if d := maxDifference(t, other, want); d <= 1e-3 {
			t.Errorf("%s: the offset makes no difference (%g)", c.name, d)
		}
	}
}

func TestPositionsOfTheSameGridStay(t *testing.T) {
	old := readArray(t, "position_dinov2_37_to_24_in")
	if got := resample(old.data, 37, 37, old.shape[2], 0.1); !slices.Equal(got, old.data) {
		t.Fatal("a grid that fits was changed")
	}
}

func TestTransposeOddSizes(t *testing.T) {
	for _, size := range [][2]int{{1, 1}, {1, 7}, {7, 17}, {8, 16}, {9, 15}, {31, 33}, {65, 2}} {
		rows, columns := size[0], size[1]
		src, dst := make([]float32, rows*columns), make([]float32, rows*columns)
		for i := range src {
			src[i] = float32(i)
		}
		transpose(dst, src, rows, columns)
		for r := range rows {
			for c := range columns {
				if dst[c*rows+r] != src[r*columns+c] {
					t.Fatalf("%d x %d: element %d, %d", rows, columns, r, c)
				}
			}
		}
	}
}

// The graph and its data are the same bytes on every run.
func TestBuildIsReproducible(t *testing.T) {
	spec := readCase(t, "dinov2")
	a := cached(t, spec, weightsOf("dinov2"), Options{})
	b := cached(t, spec, weightsOf("dinov2"), Options{})
	if filepath.Base(a) != filepath.Base(b) {
		t.Errorf("names %s and %s", a, b)
	}
	sameFile(t, a, b)
	sameFile(t, a+dataSuffix, b+dataSuffix)
}

// What the graph says about itself is what the description says.
func TestGraphDescribesItself(t *testing.T) {
	for _, name := range []string{"clip", "dino", "dinov2", "swin"} {
		spec := readCase(t, name)
		grid := 5
		if spec.Family == models.Swin {
			grid = 40
		}
		size := grid * spec.Patch
		spec.Mean, spec.Std = [3]float32{0.48145466, 0.1, 0.25}, [3]float32{0.27577711, 1, 2}
		session := open(t, cached(t, spec, weightsOf(name), Options{ImageSize: size}))
		got := session.Info()
		if err := session.Close(); err != nil {
			t.Fatal(err)
		}
		want := backbone.Info{Name: name, Family: string(spec.Family), ImageSize: size,
			Patch: spec.Patch, GridHeight: grid, GridWidth: grid, Channels: spec.Width, Stages: 4,
			ClassDim: spec.ClassDim, Mean: spec.Mean, Std: spec.Std, ClassL2: spec.NormaliseClass,
			Runs: got.Runs, RunThreads: got.RunThreads, Precision: "float32", Runtime: got.Runtime,
			Provider: got.Provider, DeviceNote: got.DeviceNote}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
