package watch

import (
	"fmt"
	"math"
	"slices"
)

// Parameters of the warning that the recent scores have left the calibration.
const (
	// DefaultDriftWindow is how many recent photos are compared with the calibration.
	DefaultDriftWindow = 50
	// leastCalibration is the fewest calibration scores with which a drift can be told.
	leastCalibration = 20

	driftFrom  = 4.5  // |z| from which on the scores have left, if
	driftShare = 0.25 // U / WM is at least so far from 1/2
	driftUntil = 2.5  // |z| below which they are back
)

// Drift is what the recent scores were found to do.
type Drift struct {
	Began bool    `json:"began"` // else it is over
	Z     float64 `json:"z"`     // how many standard deviations the ranks lie above those of the calibration
	Text  string  `json:"text"`
}

// drift compares the scores of the last photos, good or not, with the calibration's by the rank-sum test of
// Mann and Whitney. With U the number of pairs in which the recent score x is above the calibration score y,
// equal ones counted half, W recent and M calibration scores, and t the sizes of groups of equal scores,
//
//	z = (U - WM/2) / sqrt(WM/12 ((W+M+1) - sum(t^3 - t) / ((W+M)(W+M-1))))
//
// Ranks mind no distribution, and a few defective photos move them little: U / WM, the share of pairs in which
// the recent score is higher, must also be .75 or more, or .25 or less. The window is looked at after
// every photo, and the calibration is the same for months; the level of 4.5 is chosen by simulation for that
// (docs/watch.md), not by the table of the normal distribution.
type drift struct {
	calibration []float64 // [M] ascending
	window      int       // W
	recent      []float64 // the last ones, at most W
	on          bool
}

// newDrift is nil where nothing can be told.
func newDrift(calibration []float64, window int) *drift {
	if window < 1 || len(calibration) < leastCalibration {
		return nil
	}
	return &drift{calibration: slices.Sorted(slices.Values(calibration)), window: window}
}

// add takes the score of a further photo, and says when a drift begins or is over.
func (d *drift) add(score float64) *Drift {
	if d == nil {
		return nil
	}
	d.recent = lastOf(append(d.recent, score), d.window)
	if len(d.recent) < d.window {
		return nil
	}
	switch z, share := rankSum(d.recent, d.calibration); {
	case !d.on && math.Abs(z) >= driftFrom && math.Abs(share-0.5) >= driftShare:
		d.on = true
		where, look := "higher", "if most photos look good, camera, light or product have changed"
		if z < 0 {
			where, look = "lower", "look whether the photos are sharp and show the product"
		}
		return &Drift{true, z, fmt.Sprintf("the scores of the last %d photos are %s than those of the "+
			"calibration (rank-sum z %.1f): verdicts may be wrong; %s; if all is as it should be, add "+
			"recent good photos to the bank", d.window, where, z, look)}
	case d.on && math.Abs(z) < driftUntil:
		d.on = false
		return &Drift{false, z, fmt.Sprintf("the scores of the last %d photos are those of the calibration "+
			"again (rank-sum z %.1f)", d.window, z)}
	}
	return nil
}

// resume goes on after the scores and the last finding of an earlier run.
func (d *drift) resume(recent []float64, on bool) {
	if d != nil {
		d.recent, d.on = lastOf(append(d.recent, recent...), d.window), on
	}
}

// rankSum is z of the type's equation, and U / WM; y is ascending. z is 0 if all scores are equal.
func rankSum(recent, y []float64) (z, share float64) {
	x := slices.Sorted(slices.Values(recent))
	w, m := float64(len(x)), float64(len(y))
	u, ties := 0.0, 0.0
	below := 0 // of y
	for i, k := 0, 0; i < len(x) || k < len(y); {
		// The next value, and how often it is in both.
		value := math.Inf(1)
		if i < len(x) {
			value = x[i]
		}
		if k < len(y) {
			value = min(value, y[k])
		}
		inX, inY := 0, 0
		for ; i < len(x) && x[i] == value; i++ {
			inX++
		}
		for ; k < len(y) && y[k] == value; k++ {
			inY++
		}
		u += float64(inX) * (float64(below) + float64(inY)/2)
		below += inY
		t := float64(inX + inY)
		ties += t*t*t - t
	}
	all := w + m
	variance := w * m / 12 * ((all + 1) - ties/(all*(all-1)))
	if share = u / (w * m); variance > 0 {
		z = (u - w*m/2) / math.Sqrt(variance)
	}
	return z, share
}
