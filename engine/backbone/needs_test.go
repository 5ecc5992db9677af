//go:build linux

package backbone

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"musc/engine/assets"
)

var chains int // built so far

// chain builds a library and one that needs it, in folders that no loader searches, and an ONNX
// Runtime's folder beside them with a list. prefix and a number keep their names apart from those of other
// tests and of other runs of a test: a library once opened stays open.
func chain(t *testing.T, prefix string, list ...string) (library string) {
	t.Helper()
	chains++
	prefix += strconv.Itoa(chains)
	root := t.TempDir()
	build := func(name, code string, more ...string) {
		source, output := filepath.Join(root, name+".c"), filepath.Join(root, name, "lib"+prefix+name+".so.1")
		if err := os.MkdirAll(filepath.Dir(output), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
		arguments := append([]string{"-shared", "-fPIC", "-Wl,--no-as-needed",
			"-Wl,-soname," + filepath.Base(output), "-o", output, source}, more...)
		if said, err := exec.Command("cc", arguments...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
	}
	build("first", "int "+prefix+"(void) { return 7; }")
	build("second", "int "+prefix+"(void); int second_"+prefix+"(void) { return "+prefix+"(); }",
		filepath.Join(root, "first", "lib"+prefix+"first.so.1"))
	folder := filepath.Join(root, "onnxruntime")
	library = filepath.Join(folder, "libonnxruntime.so.1.0")
	text := ""
	for _, name := range list {
		text += "../" + name + "/lib" + prefix + name + ".so.1\n"
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{library: "", filepath.Join(folder, assets.NeedsFile): text} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return library
}

// Opened in their order the libraries find each other, although no folder of theirs is searched.
func TestNeedsAreOpenedInOrder(t *testing.T) {
	needs, err := Needs(chain(t, "ordered", "first", "second"))
	if err != nil || len(needs) != 2 {
		t.Fatalf("got %v, %v", needs, err)
	}
	for _, need := range needs {
		if need.Err != nil {
			t.Errorf("%s: %v", need.Path, need.Err)
		}
	}
}

// One that comes before what it needs, or is not there, is named with what it lacks.
func TestNeedsThatDoNotOpen(t *testing.T) {
	err := openNeeds(chain(t, "reversed", "second", "first"))
	if err == nil || !strings.HasPrefix(err.Error(), "libreversed") ||
		!strings.Contains(err.Error(), "first.so.1: cannot open") {
		t.Errorf("the wrong order: %v", err)
	}
	err = openNeeds(chain(t, "lacking", "first", "third"))
	if err == nil || !strings.Contains(err.Error(), "third/liblacking") ||
		!strings.Contains(err.Error(), "third.so.1: cannot open") {
		t.Errorf("one that is not there: %v", err)
	}
}

func TestLibraryWithoutNeeds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if needs, err := Needs(path); len(needs) != 0 || err != nil || HasCUDA(path) {
		t.Errorf("needs %v, %v; CUDA %v", needs, err, HasCUDA(path))
	}
	provider := filepath.Join(filepath.Dir(path), "libonnxruntime_providers_cuda.so")
	if err := os.WriteFile(provider, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if !HasCUDA(path) {
		t.Error("the provider beside the library is not seen")
	}
}

func TestCUDAReleaseOfALibrary(t *testing.T) {
	library := chain(t, "released", "first")
	if got := cudaRelease(library); got != "" {
		t.Errorf("got %q without a CUDA runtime", got)
	}
	list := filepath.Join(filepath.Dir(library), assets.NeedsFile)
	if err := os.WriteFile(list, []byte("../nowhere/libcudart.so.13\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := cudaRelease(library); got != ", CUDA 13" {
		t.Errorf("got %q", got)
	}
}

// Two errors that the providers of both packs gave without a driver, and what a user hears.
func TestProviderReason(t *testing.T) {
	for said, want := range map[string]string{
		"/onnxruntime_src/onnxruntime/core/session/provider_bridge_ort.cc:2043 onnxruntime::Provider& " +
			"onnxruntime::ProviderLibrary::Get() [ONNXRuntimeError] : 1 : FAIL : Failed to load library " +
			"/c/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object " +
			"file: No such file or directory": "Failed to load library " +
			"/c/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object " +
			"file: No such file or directory",
		"/x.cc:60 static T F(const U&) [ONNXRuntimeError] : 1 : FAIL : provider_options_utils.h:187 Parse " +
			"Failed to parse provider option \"device_id\": CUDA failure 35: CUDA driver version is " +
			"insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; file=/x.cc": "Failed to " +
			"parse provider option \"device_id\": CUDA failure 35: CUDA driver version is insufficient " +
			"for CUDA runtime version",
		"another\n error": "another error",
	} {
		if got := providerReason(errors.New(said)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
