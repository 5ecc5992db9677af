package assets

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestPackForDriver(t *testing.T) {
	for cuda, want := range map[int]*Pack{0: nil, 11080: nil, 11999: nil, 12000: &CUDA12,
		12090: &CUDA12, 12999: &CUDA12, 13000: &CUDA13, 13010: &CUDA13, 14000: &CUDA13} {
		if got := PackFor(cuda); got != want {
			t.Errorf("a driver for CUDA %d gets %v", cuda, got)
		}
	}
	for text, want := range map[string]*Pack{"12": &CUDA12, "13": &CUDA13, "11": nil, "": nil,
		"13.0": nil} {
		got, err := ParsePack(text)
		if got != want || (err == nil) == (want == nil) || want == nil && fault.KindOf(err) != fault.Usage {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	if CUDA13.Name() != "CUDA 13" || CUDA12.Name() != "CUDA 12" {
		t.Errorf("the packs are called %q and %q", CUDA13.Name(), CUDA12.Name())
	}
}

// The list beside ONNX Runtime names every library of the pack once, where Ensure puts it, and what
// another one needs before that.
func TestNeedsOfPacks(t *testing.T) {
	for _, pack := range Packs {
		runtime := pack.Runtime()
		if len(runtime.Written) != 1 || runtime.Written[0].Path != NeedsFile {
			t.Fatalf("%s writes %+v", pack.Name(), runtime.Written)
		}
		lines := strings.Split(strings.TrimSpace(runtime.Written[0].Content), "\n")
		var want []string
		for _, artifact := range pack.Artifacts[1:] {
			for _, m := range artifact.Members {
				if m.Path != "LICENSE" {
					want = append(want, filepath.ToSlash(filepath.Join("..", artifact.Folder, m.Path)))
				}
			}
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s lists %q, want %q", pack.Name(), lines, want)
		}
		at := func(part string) int {
			return slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, part) })
		}
		for _, order := range [][2]string{{"libcublasLt.", "libcublas."},
			{"libcudnn_graph.", "libcudnn_ops."}, {"libcudnn_ops.", "libcudnn_cnn."},
			{"libcudnn_ops.", "libcudnn_adv."}, {"libcudnn_graph.", "libcudnn_heuristic."}} {
			if at(order[0]) > at(order[1]) {
				t.Errorf("%s: %s comes after %s", pack.Name(), order[0], order[1])
			}
		}
		members := map[string]bool{}
		for _, m := range runtime.Members {
			members[m.Path] = true
		}
		if !members[pack.library()] || !members[CUDAProvider] {
			t.Errorf("%s holds no %s or no %s", pack.Name(), pack.library(), CUDAProvider)
		}
	}
}

// Two small packages made into a pack: it counts once both are there, and is told before.
func TestPackIsFetched(t *testing.T) {
	cache := newCache(t)
	runtime, runtimeWheel := fake(t, "runtime", []entry{{"capi/libonnxruntime.so.1.0", "library"}},
		"capi/libonnxruntime.so.1.0")
	blas, blasWheel := fake(t, "blas", []entry{{"lib/libblas.so.1", "product"}}, "lib/libblas.so.1")
	pack := newPack(13000, 580, runtime, blas)
	folder := t.TempDir()
	write(t, filepath.Join(folder, runtime.Wheel), runtimeWheel)
	if _, err := pack.LibraryPath(); fault.KindOf(err) != fault.Setup {
		t.Errorf("an empty cache: %v", err)
	}
	var told []string
	options := Options{WheelDir: folder, Pip: []string{"false"},
		Progress: func(text string) { told = append(told, text) }}
	if err := Ensure(t.Context(), pack.Artifacts, options); err == nil {
		t.Error("fetched without the second wheel")
	}
	if _, err := pack.LibraryPath(); fault.KindOf(err) != fault.Setup ||
		!strings.Contains(err.Error(), "the blas: not in the cache") {
		t.Errorf("half a pack: %v", err)
	}
	write(t, filepath.Join(folder, blas.Wheel), blasWheel)
	told = nil
	for range 2 { // the second time nothing is to be done or told
		if err := Ensure(t.Context(), pack.Artifacts, options); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 {
		t.Errorf("told %q", told)
	}
	path, err := pack.LibraryPath()
	if want := filepath.Join(cache, "runtime-1.0", "libonnxruntime.so.1.0"); err != nil || path != want {
		t.Errorf("got %q, %v, want %q", path, err, want)
	}
	for _, line := range strings.Fields(pack.Runtime().Written[0].Content) {
		if needed := filepath.Join(filepath.Dir(path), line); needed != blas.file(cache, "libblas.so.1") {
			t.Errorf("%s leads to %s", line, needed)
		}
	}
}
