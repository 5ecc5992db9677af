package build

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/backbone"
	"musc/engine/npy/npytest"
	"musc/models"
)

const fixtures = "../../testdata/backbones"

// outputs are a graph's outputs by name, with their shapes.
type outputs map[string]array

type array struct {
	shape []int
	data  []float32
}

var outputNames = []string{"stage0", "stage1", "stage2", "stage3", "class_token"}

// run feeds images [n,3,S,S] to a graph through engine/backbone, on the CPU. Class tokens come out
// as the engine uses them: CLIP's with length 1.
func run(t testing.TB, modelPath string, images array) outputs {
	t.Helper()
	session := open(t, modelPath)
	defer session.Close()
	info, n := session.Info(), images.shape[0]
	tokens := info.NewTokens(n)
	if err := session.Extract(context.Background(), images.data, n, tokens); err != nil {
		t.Fatal(err)
	}
	got := outputs{"class_token": {[]int{n, info.ClassDim}, tokens.Class}}
	for stage, values := range tokens.Stages {
		got[fmt.Sprintf("stage%d", stage)] = array{[]int{n, info.Patches(), info.Channels}, values}
	}
	return got
}

// open needs ONNX Runtime: without it the tests that run a graph fail.
func open(t testing.TB, modelPath string) *backbone.Session {
	t.Helper()
	var installed []string
	if cache, err := os.UserCacheDir(); err == nil {
		installed, _ = filepath.Glob(filepath.Join(cache, "musc", "*", "libonnxruntime.so*"))
	}
	library, _, err := backbone.FindLibrary("", installed...)
	if err != nil {
		t.Fatalf("%v (`make test` sets it up)", err)
	}
	session, err := backbone.Open(backbone.Config{Library: library, Model: modelPath})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func readArray(t testing.TB, name string) array {
	t.Helper()
	values, shape := npytest.Singles(t, filepath.Join(fixtures, name+".npy"))
	return array{shape, values}
}

// readCase returns a fixture's architecture, as a Spec of its own.
func readCase(t testing.TB, name string) models.Spec {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtures, name, "case.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Family            models.Family     `json:"family"`
		ImageSize         int               `json:"image_size"`
		PatchSize         int               `json:"patch_size"`
		Width             int               `json:"width"`
		Layers            int               `json:"layers"`
		Heads             int               `json:"heads"`
		Stages            [4]int            `json:"stages"`
		Activation        models.Activation `json:"activation"`
		NormEps           float32           `json:"norm_eps"`
		FinalNormOnStages bool              `json:"final_norm_on_stages"`
		ClassTokenDim     int               `json:"class_token_dim"`
		Window            int               `json:"window"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	isCLIP := c.Family == models.CLIP
	spec := models.Spec{Name: name, Family: c.Family, Patch: c.PatchSize, Width: c.Width,
		Layers: c.Layers, Heads: c.Heads, Stages: c.Stages, Activation: c.Activation,
		NormEps: c.NormEps, FinalNormOnStages: c.FinalNormOnStages, PreNorm: isCLIP,
		LayerScale: c.Family == models.DINOv2, Projection: isCLIP, NormaliseClass: isCLIP,
		ClassDim: c.ClassTokenDim, Std: [3]float32{1, 1, 1},
		PretrainGrid: c.ImageSize / c.PatchSize, ImageSize: c.ImageSize, Window: c.Window}
	switch {
	case c.Family == models.Swin:
		spec.PretrainGrid = 0
	case !isCLIP:
		spec.PositionOffset = 0.1
	}
	return spec
}

func weightsOf(folder string) Source {
	return Source{Path: filepath.Join(fixtures, folder, "model.safetensors")}
}

// maxDifference is over all elements; shapes must agree.
func maxDifference(t testing.TB, got, want array) float64 {
	t.Helper()
	if !slices.Equal(got.shape, want.shape) {
		t.Fatalf("shape %v, want %v", got.shape, want.shape)
	}
	worst := 0.0
	for i, v := range got.data {
		d := float64(v - want.data[i])
		if !(d <= worst && -d <= worst) { // also NaN
			worst = max(d, -d)
		}
	}
	return worst
}
