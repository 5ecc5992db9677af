package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// toolkit makes a folder with a cuda.h of that version.
func toolkit(t *testing.T, version string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "include")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "#ifndef CUDA_H\n#define CUDA_VERSION " + version + "\n#endif\n"
	if err := os.WriteFile(filepath.Join(folder, "cuda.h"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestFind(t *testing.T) {
	old, good, new := toolkit(t, "11080"), toolkit(t, "12040"), toolkit(t, "13000")
	empty := t.TempDir()
	for _, test := range []struct {
		name       string
		home, path string // $CUDA_HOME and $CUDA_PATH
		usual      []string
		want       string // the folder, or
		problem    string // words of the error
	}{
		{name: "a chosen toolkit", home: filepath.Dir(good), want: good},
		{name: "by its other name", path: filepath.Dir(good), want: good},
		{name: "a chosen toolkit counts", home: filepath.Dir(new), usual: []string{good},
			problem: "$CUDA_HOME"},
		{name: "a usual folder", usual: []string{empty, old, good}, want: good},
		{name: "a pattern", usual: []string{filepath.Dir(good) + "/incl*"}, want: good},
		{name: "too new", usual: []string{new}, problem: "CUDA version 13000"},
		{name: "too old", usual: []string{old}, problem: "CUDA version 11080"},
		{name: "none", usual: []string{empty, "/nowhere"}, problem: "may not be downloaded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("CUDA_HOME", test.home)
			t.Setenv("CUDA_PATH", test.path)
			t.Setenv("MUSC_CACHE", filepath.Join(t.TempDir(), "cache"))
			got, err := find(t.Context(), test.usual, true)
			if test.problem == "" && (err != nil || got != test.want) {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
			if test.problem != "" && (err == nil || !strings.Contains(err.Error(), test.problem)) {
				t.Errorf("got %q, %v; want an error with %q", got, err, test.problem)
			}
		})
	}
}
