package main

import (
	"bytes"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/assets"
)

// trial is a folder with a source, its budget and its committed outputs.
const trial = "../../cgo/cuda/fake/testdata"

// tools are the pinned ones; tests fetch nothing.
func tools(t *testing.T) *toolchain {
	t.Helper()
	for _, artifact := range []assets.Artifact{assets.CUDAHeaders, assets.CUDACompiler,
		assets.CUDAAssembler, assets.CUDADisassembler} {
		if _, err := assets.Path(&artifact, ""); err != nil {
			t.Skip(err)
		}
	}
	found, err := findTools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCommittedFiles(t *testing.T) {
	toolchain := tools(t)
	outputs, usages, err := build(t.Context(), toolchain, []string{filepath.Join(trial, "add.cu"),
		filepath.Join(trial, "box.cu")})
	if err != nil {
		t.Fatal(err)
	}
	if err := compareFiles(filepath.Join(trial, "cubin"), outputs); err != nil {
		t.Error(err)
	}
	if len(outputs) != 6 || len(usages) != 5 || usages[0].kernel != "add_scaled" {
		t.Errorf("%d outputs, usages %v", len(outputs), usages)
	}
	if ptx := string(outputs["add_compute_80.ptx"]); !strings.Contains(ptx, knownVersion) {
		t.Errorf("the PTX is of another version:\n%.300s", ptx)
	}
	// The same bytes from another folder, and other bytes from another source.
	text, err := os.ReadFile(filepath.Join(trial, "add.cu"))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct {
		from, to string
		differ   bool
	}{{"// A kernel", "// The kernel", false}, {"fmaf(scale", "fmaf(-scale", true}} {
		moved := filepath.Join(t.TempDir(), "add.cu")
		text := strings.Replace(string(text), change.from, change.to, 1)
		if err := os.WriteFile(moved, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		again, _, err := build(t.Context(), toolchain, []string{moved})
		if err != nil || len(again) != 5 {
			t.Fatalf("%d files, %v", len(again), err)
		}
		for name := range again {
			if bytes.Equal(outputs[name], again[name]) == change.differ {
				t.Errorf("%s: %q for %q changes it: %v", name, change.to, change.from, !change.differ)
			}
		}
	}
}

func TestRefusedSources(t *testing.T) {
	toolchain := tools(t)
	for _, test := range []struct{ name, text, problem string }{
		{"a mistake", "extern \"C\" __global__ void f(int *a) { *a = unknown; }", "unknown"},
		{"no kernel", "__device__ int f() { return 1; }", "no kernel"},
		{"a target of no one", "// architectures: sm_70\n", "sm_70"},
		{"newer PTX", "// architectures: sm_80\nextern \"C\" __global__ void f(float *a) {\n" +
			"asm volatile(\"{ .reg .b128 v; mov.b128 v, {%1, %1}; st.global.b128 [%0], v; }\"\n" +
			":: \"l\"(a), \"l\"(1ull)); }", "requires PTX ISA .version 8.3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := filepath.Join(t.TempDir(), "f.cu")
			if err := os.WriteFile(source, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, err := toolchain.compile(t.Context(), source)
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got %v, want an error with %q", err, test.problem)
			}
		})
	}
}

func TestCompareFiles(t *testing.T) {
	outputs := map[string][]byte{"a.cubin": []byte("code"), "b.ptx": []byte("text")}
	for _, test := range []struct {
		name    string
		change  func(folder string) error
		problem string
	}{
		{"none", func(string) error { return nil }, ""},
		{"a byte", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "a.cubin"), []byte("cOde"), 0o644)
		}, "a.cubin differs"},
		{"gone", func(folder string) error {
			return os.Remove(filepath.Join(folder, "b.ptx"))
		}, "b.ptx is missing"},
		{"left over", func(folder string) error {
			return os.WriteFile(filepath.Join(folder, "old.ptx"), nil, 0o644)
		}, "old.ptx has no source"},
	} {
		t.Run(test.name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "cubin")
			if err := writeFiles(folder, maps.Clone(outputs)); err != nil {
				t.Fatal(err)
			}
			if err := test.change(folder); err != nil {
				t.Fatal(err)
			}
			err := compareFiles(folder, outputs)
			if test.problem == "" && err != nil ||
				test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
			// Writing again mends it.
			if err := writeFiles(folder, outputs); err != nil {
				t.Fatal(err)
			}
			if err := compareFiles(folder, outputs); err != nil {
				t.Error(err)
			}
		})
	}
}

const report = `ptxas info    : 0 bytes gmem
ptxas info    : Compiling entry function 'first' for 'sm_90a'
ptxas info    : Function properties for first
    8 bytes stack frame, 12 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 8 bytes cumulative stack size, 2048 bytes smem
ptxas info    : Compiling entry function 'second' for 'sm_90a'
ptxas info    : Function properties for second
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 168 registers, used 0 barriers, 372 bytes cmem[0]
`

func TestReport(t *testing.T) {
	got, err := readReport(report, "sm_90a")
	want := []usage{{"first", "sm_90a", 40, 16, 2048}, {"second", "sm_90a", 168, 0, 0}}
	if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, line := range []string{
		"ptxas warning : Value of threads per SM for entry first is out of range.",
		"ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async are serialized",
	} {
		if _, err := readReport(report+line, "sm_90a"); err == nil {
			t.Errorf("%q is no error", line)
		}
	}
	cut := strings.Replace(report, "Used 40 registers", "", 1)
	if _, err := readReport(cut, "sm_90a"); err == nil || !strings.Contains(err.Error(), "first") {
		t.Errorf("got %v", err)
	}
}

func TestBudget(t *testing.T) {
	used := []usage{{"first", "sm_80", 40, 0, 2048}}
	for _, test := range []struct {
		name, rows, problem string
	}{
		{"exactly", "first,sm_80,40,0,2048", ""},
		{"by all", "first,all,40,0,2048", ""},
		{"its own row first", "first,all,1,0,1\nfirst,sm_80,40,0,2048", ""},
		{"its own row first, second", "first,sm_80,39,0,2048\nfirst,all,90,0,9000", "over"},
		{"registers", "first,all,39,0,2048", "over"},
		{"shared memory", "first,all,40,0,2047", "over"},
		{"another architecture", "first,sm_86,40,0,2048", "no row for first,sm_80,40,0,2048"},
		{"a kernel that is gone", "first,all,40,0,2048\nold,all,9,0,0", "a row for old"},
		{"letters", "first,all,40,no,2048", "spill_bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "budget.csv")
			text := "kernel,architecture,registers,spill_bytes,shared_bytes\n" + test.rows + "\n"
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			limits, err := readBudget(path)
			if err == nil {
				err = compareBudget(io.Discard, used, limits)
			}
			if test.problem == "" && err != nil ||
				test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %v, want %q", err, test.problem)
			}
		})
	}
	spilling := []usage{{"first", "sm_80", 40, 4, 0}}
	if err := compareBudget(io.Discard, spilling, []usage{{"first", "all", 40, 3, 0}}); err == nil {
		t.Error("spilled bytes are not compared")
	}
}
