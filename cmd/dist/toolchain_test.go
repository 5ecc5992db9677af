package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoIsTheOneThatTheModuleNames(t *testing.T) {
	t.Setenv("GOTOOLCHAIN", "local")
	t.Setenv("GOROOT", os.Getenv("GOROOT")) // so that it is set back
	root := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("module a\n\ngo 1.26.8\n\ntoolchain go1.26.11\n")
	if err := useToolchain(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if got := os.Getenv("GOTOOLCHAIN"); got != "go1.26.11" {
		t.Errorf("GOTOOLCHAIN is %q", got)
	}
	write("module a\n\ngo 1.26.8\n")
	t.Setenv("GOTOOLCHAIN", "local")
	err := useToolchain(t.Context(), root)
	if err == nil || !strings.Contains(err.Error(), "names no toolchain") {
		t.Errorf("got %v", err)
	}
}
