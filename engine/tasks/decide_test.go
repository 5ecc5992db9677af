package tasks

import (
	"strings"
	"testing"

	"musc/engine"
)

func TestWhatIsNotExaminedIsSaid(t *testing.T) {
	for images, want := range map[int]string{2: "", 2000: "", 2001: "among 2000 of the 2001 photos",
		20_000: "among 2000 of the 20000 photos", 20_001: "not in this one"} {
		if got := unexamined(images); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%d images: %q", images, got)
		}
	}
}

// What images have in common is told where it hides much of one, or where nobody knows.
func TestWhatImagesShareIsToldWhereItMatters(t *testing.T) {
	part := &Part{Images: []PartImage{{Before: 0.2}, {Before: 0.3}, {Before: 0.6}}}
	for name, c := range map[string]struct {
		shared string
		rises  map[int]float64
		want   bool
	}{
		"one rises by a tenth":        {engine.SharedWarn, map[int]float64{0: 0.01, 1: 0.031}, true},
		"none rises by a tenth":       {engine.SharedWarn, map[int]float64{0: 0.019, 1: 0.029, 2: 0.05}, false},
		"less without them":           {engine.SharedWarn, map[int]float64{2: -0.3}, false},
		"rises are unknown":           {engine.SharedWarn, nil, true},
		"something was done about it": {engine.SharedExclude, map[int]float64{0: 0.001}, true},
	} {
		plan := &Plan{}
		plan.Scoring.Shared, part.Rises = c.shared, c.rises
		if got := plan.matters(part, []int{0, 1, 2}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
