package gpubench

import (
	"fmt"
	"strings"
)

// goal is a line of the goals' table, all cells as text.
type goal struct{ text, measured, want, verdict string }

// What is to be reached on an H100 with the paper's default, Paper[0], 200 images, s = 1.
const (
	goalShare        = 0.75 // of the peak in the search, counting useful work
	goalMilliseconds = 10   // an image, photos to scores
	goalBytes        = 2e9  // of device memory for the scoring
	goalImages       = 200
)

// peakOf is the dense float16 rate of a device's tensor cores by NVIDIA's data sheet, in TFLOP/s; 0
// if it is no H100.
func peakOf(device string) float64 {
	switch {
	case !strings.Contains(device, "H100"):
		return 0
	case strings.Contains(device, "PCIe"):
		return 756
	}
	return 989.4
}

// goals judges a result. On another device than an H100 there is no verdict.
func (r *Result) goals() []goal {
	peak := peakOf(r.Device)
	verdict := func(met bool) string {
		switch {
		case peak == 0:
			return "no H100"
		case met:
			return "met"
		}
		return "NOT MET"
	}
	const missing = "not measured"
	all := []goal{
		{"search, useful share of the float16 peak", missing, fmt.Sprintf("%.0f %%", 100*goalShare),
			missing},
		{"photos to scores, ms an image", missing, fmt.Sprintf("under %d", goalMilliseconds), missing},
		{"device memory of the scoring, MB", missing, fmt.Sprintf("under %.0f", goalBytes/1e6), missing},
	}
	for _, s := range r.Searches {
		if s.Shape == Paper[0].Name && peak > 0 {
			share := s.Teraflops / peak
			all[0].measured, all[0].verdict = fmt.Sprintf("%.0f %%", 100*share), verdict(share >= goalShare)
		}
	}
	for _, run := range r.Runs {
		if run.Shape == Paper[0].Name && run.Subsets == 1 && run.Images == goalImages {
			all[1].measured = fmt.Sprintf("%.2f", run.Milliseconds)
			all[1].verdict = verdict(run.Milliseconds < goalMilliseconds)
		}
	}
	for _, s := range r.Scorings {
		if s.Shape == Paper[0].Name && s.Images == goalImages && s.Bound > 0 && s.Difference == 0 {
			all[2].measured = megabytes(s.PeakBytes)
			all[2].verdict = verdict(float64(s.PeakBytes) < goalBytes)
		}
	}
	return all
}
