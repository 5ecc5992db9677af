package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/engine/assets"
)

func TestWheelsOfBundle(t *testing.T) {
	small, err := bundled("")
	if err != nil || len(small) != 3 {
		t.Fatalf("%d wheels, %v", len(small), err)
	}
	large, err := bundled("13")
	if err != nil || len(large) != 3+len(assets.CUDA13.Artifacts) {
		t.Errorf("%d wheels with CUDA 13, %v", len(large), err)
	}
	if _, err := bundled("1"); err == nil || !strings.Contains(err.Error(), "12 or 13") {
		t.Errorf("got %v", err)
	}
	for _, wheel := range large {
		if wheel.Wheel == assets.Demo.Wheel {
			t.Error("the photos of the demo may not be handed on")
		}
	}
}

// Before anything is built it is known whether the bundle can be made.
func TestWheelsThatWereNotFetched(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("MUSC_CACHE", cache)
	wheels, err := bundled("")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"missing", "not a bundle"} {
		if name == "not a bundle" {
			if err := os.WriteFile(filepath.Join(cache, "dist-wheels.tar"), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		_, err := openWheels("", wheels)
		if err == nil || !strings.Contains(err.Error(), "dist-wheels.tar") ||
			!strings.Contains(err.Error(), "make dist-setup") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
