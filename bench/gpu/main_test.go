//go:build cuda && linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
)

func TestMain(m *testing.M) { fake.Main(m, "../../kernels/emulator/kernels.cpp") }

// The whole measurement runs, at a size that the emulator manages; its times mean nothing there.
func TestMeasure(t *testing.T) {
	p := plan{shapes: []shape{{"small", 3, 3, 40, 2}}, images: 6, slots: 3, rounds: 1,
		bounded: 2 << 20}
	result, err := p.measure(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Searches) != 1 || !(result.Searches[0].Teraflops > 0) {
		t.Errorf("searches %+v", result.Searches)
	}
	if len(result.Scorings) != 4 {
		t.Fatalf("scorings %+v", result.Scorings)
	}
	for _, s := range result.Scorings {
		if !(s.Milliseconds > 0) || s.PeakBytes <= 0 || s.Difference != 0 {
			t.Errorf("scoring %+v", s)
		}
	}
	folder := t.TempDir()
	if err := save(result, folder); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "gpu.json"))
	if err != nil {
		t.Fatal(err)
	}
	var back Result
	if err := json.Unmarshal(text, &back); err != nil || back.Device != result.Device {
		t.Errorf("%v, device %q", err, back.Device)
	}
	if text, err = os.ReadFile(filepath.Join(folder, "gpu.md")); err != nil ||
		strings.Count(string(text), "| small |") != 5 {
		t.Errorf("%v:\n%s", err, text)
	}
}
