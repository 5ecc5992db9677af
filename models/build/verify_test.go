package build

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

func TestVerifyFindsAChangedByte(t *testing.T) {
	folder := t.TempDir()
	graph, err := Cached(t.Context(), folder, readCase(t, "dino"), weightsOf("dino"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if graphs, err := Built(folder); err != nil || !slices.Equal(graphs, []string{graph}) {
		t.Errorf("built %v, %v", graphs, err)
	}
	if err := Verify(t.Context(), graph); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{graph, graph + ".data"} {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), graph); fault.KindOf(err) != fault.Setup ||
			!strings.HasPrefix(err.Error(), path+" is damaged (sha256 differs); remove it") {
			t.Errorf("%s: %v", path, err)
		}
		content[len(content)/2] ^= 1
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Verify(t.Context(), graph); err != nil {
		t.Errorf("mended: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Verify(ended, graph); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
}

func TestVerifyWithoutSums(t *testing.T) {
	graph := filepath.Join(t.TempDir(), "g.onnx")
	if err := Verify(t.Context(), graph); fault.KindOf(err) != fault.Setup ||
		!strings.Contains(err.Error(), "no checksum of "+graph) {
		t.Errorf("no sums: %v", err)
	}
	if err := os.WriteFile(graph+".sha256", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), graph); fault.KindOf(err) != fault.Setup ||
		!strings.Contains(err.Error(), graph+".sha256 is damaged") {
		t.Errorf("empty sums: %v", err)
	}
}

// A graph whose checksums are missing, as of an earlier version, is built anew.
func TestGraphWithoutSumsIsBuiltAnew(t *testing.T) {
	folder := t.TempDir()
	for range 2 {
		graph, err := Cached(t.Context(), folder, readCase(t, "dino"), weightsOf("dino"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(t.Context(), graph); err != nil {
			t.Error(err)
		}
		if err := os.Remove(graph + ".sha256"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBuiltOfNothing(t *testing.T) {
	if graphs, err := Built(filepath.Join(t.TempDir(), "absent")); err != nil || graphs != nil {
		t.Errorf("%v, %v", graphs, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Built(file); fault.KindOf(err) != fault.Setup {
		t.Errorf("a file: %v", err)
	}
}
