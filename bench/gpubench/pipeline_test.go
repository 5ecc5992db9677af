package gpubench

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"
)

// The counts are those that SPEC's sections give by hand for 200 images of 1369 patches and 1024
// channels, four stages, three degrees.
func TestPipelineCounts(t *testing.T) {
	want := map[string]float64{ // ms at the rates of H100
		"pixels to the device": 3 * 518 * 518 * 4 / 10e6,
		"tokens to the host":   4 * 1369 * 1024 * 4 / 10e6,
		"tokens to the device": 4 * 1369 * 1024 * 4 / 25e6,
		"search":               12 * 99.5 * 2 * 1369 * 1369 * 1024 / (0.75 * 989.4e9),
		"distances":            12 * 59 * 1369 * 4096 / 5.5e9,
	}
	found := 0
	for _, stage := range Pipeline(H100, 200) {
		if ms, ok := want[stage.Name]; ok {
			found++
			if math.Abs(stage.Milliseconds-ms) > 1e-9*ms {
				t.Errorf("%s: %v ms, want %v", stage.Name, stage.Milliseconds, ms)
			}
		}
		// 1.01 TFLOP an image of ViT-L at 518: 24 layers of 12 d^2 weights, and attention.
		if stage.Name == "backbone" && !strings.HasPrefix(stage.Count, "1.0") {
			t.Errorf("backbone: %s", stage.Count)
		}
	}
	if found != len(want) {
		t.Errorf("%d of %d stages", found, len(want))
	}
}

// Lanes of a phase are busy at the same time, phases follow each other.
func TestPhases(t *testing.T) {
	stages := []Stage{{"a", "x", "1", "", 2}, {"a", "x", "2", "", 3}, {"a", "y", "3", "", 4},
		{"b", "x", "4", "", 1}}
	names, took := phaseTimes(stages)
	if strings.Join(names, " ") != "a b" || took["a"] != 5 || took["b"] != 1 {
		t.Errorf("%v %v", names, took)
	}
	if slowest(stages).Name != "3" || slowest(stages, "b").Name != "4" {
		t.Error("another stage is the slowest")
	}
}

// The page holds what the program computes.
func TestPageOfTheGPU(t *testing.T) {
	page, err := os.ReadFile("../../docs/gpu-computed.md")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	WritePipeline(&text, H100, 200)
	if !bytes.Contains(page, text.Bytes()) {
		t.Errorf("docs/gpu-computed.md does not hold:\n%s", text.String())
	}
}
