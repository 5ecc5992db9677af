package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"musc/engine/assets"
)

// plants are faults in our sources, each a text that is replaced, and what the check says of it.
var plants = []struct{ what, file, text, with, says string }{
	{"the wrong swizzle of a tile", "emulator/layouts.h", "at >> 7 & 7", "at >> 8 & 7",
		"swizzled_128: half 0 of row 1"},
	{"the wrong swizzle of a buffer", "product.h", "chunk ^ (row / 2 % 4)", "chunk ^ (row % 4)",
		"fetch: half 0 of row 1"},
	{"the wrong column of a sum", "search_hopper.cu", "threadIdx.x % 4 * 2 + slot % 2",
		"threadIdx.x % 4 + slot % 2 * 4", "search_hopper.cu: reduce: the key of row"},
	{"the wrong stride of a descriptor", "ptx.h", "(1024ull >> 4) << 32", "(512ull >> 4) << 32",
		"matrix_descriptor: of 64 rows from row 0"},
	{"the wrong row of a sum", "emulator/layouts.h", "k / 2 % 2 * 8,\n            k / 4",
		"k / 2 % 2 * 4,\n            k / 4", "cell_of_sum: the row of value 2"},
	{"the wrong lane's row", "product.h", "16 * j + lane / 16 * 8 + lane % 8",
		"16 * j + lane / 8 % 2 * 8 + lane % 8", "multiply: the column of b's half"},
}

// What is committed is right, and each planted fault is found. CuTe's headers are not fetched here.
func TestLayouts(t *testing.T) {
	if _, err := assets.Path(&assets.CuTe, ""); err != nil {
		t.Skip(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("the emulator is for Linux")
	}
	witness, err := buildWitness(t.Context(), "..", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if said, err := compare(t.Context(), "..", witness); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, plant := range plants {
		t.Run(plant.what, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(t.TempDir(), "kernels")
			copySources(t, folder, plant.file, plant.text, plant.with)
			said, err := compare(t.Context(), folder, witness)
			if err == nil || !strings.Contains(said, plant.says) {
				t.Errorf("%v, want %q:\n%s", err, plant.says, said)
			}
		})
	}
}

// copySources copies what layouts.cpp includes, with a text of one file replaced.
func copySources(t *testing.T, folder, file, text, with string) {
	t.Helper()
	var names []string
	for _, pattern := range []string{"*.cu", "*.h", "emulator/*.h", "emulator/*.cpp",
		"layouts/cute/*", "../cgo/cuda/fake/*.h"} {
		found, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	planted := 0
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		relative, err := filepath.Rel("..", name)
		if err != nil {
			t.Fatal(err)
		}
		if relative == filepath.FromSlash(file) {
			planted = strings.Count(string(content), text)
			content = []byte(strings.Replace(string(content), text, with, 1))
		}
		to := filepath.Join(folder, relative)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if planted != 1 {
		t.Fatalf("%q is %d times in %s", text, planted, file)
	}
}
