package report

import (
	"math"
	"slices"

	"musc/engine/fault"
)

// Scale maps the values of all anomaly maps of a batch to colours: Low and below leave the photo
// as it is, High and above are the top of the colour map. Where the batch has a threshold, it is the
// middle of the scale: the same colour means "defective" in every batch.
//
// One scale holds for the whole batch. Scaled one by one, the hottest patch of every good image
// would look like a defect.
type Scale struct {
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Threshold float64 `json:"threshold,omitempty"` // between Low and High; 0: there is none
}

const (
	shoulderShare = 0.95 // of an image's patches lie at or below its shoulder
	quietShare    = 0.25 // of the images count as surely good when the scale is chosen
	headroom      = 3    // without a threshold, a quiet image's peak reaches at most 1/headroom

	lowOfThreshold = 0.9 // Low is at most this share of the threshold
	leastAbove     = 0.5 // High is at least that many times Threshold - Low above the threshold
	mostAbove      = 2   // and at most that many times
)

// Summary is what the batch's scale needs to know of one image.
type Summary struct {
	Shoulder float64 // the 95th percentile of the patch scores
	Peak     float64 // the largest patch score; NaN if any is
}

// Summarise reads the patch scores of one image. The anomaly map is interpolated from them, so that
// its values have the same range.
func Summarise(scores []float64) Summary {
	if len(scores) == 0 || slices.ContainsFunc(scores, math.IsNaN) {
		return Summary{math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(scores))
	return Summary{quantile(sorted, shoulderShare), sorted[len(sorted)-1]}
}

// BatchScale chooses the scale of a batch from its images' summaries [N] and its threshold on the
// scores before RsCIN, 0 if it has none. Without one, and where it is no distance, which is above 0,
// or has no room in float64 for a scale around it:
//
//	Low  = the first quartile of the shoulders
//	High = max(the largest peak, Low + 3 (the first quartile of the peaks - Low))
//
// and with the threshold t:
//
//	Low  = min(the first quartile of the shoulders, 0.9 t)
//	High = the largest peak, but not below t + 0.5 (t - Low) nor above t + 2 (t - Low)
//
// Edges and textures score above plain surfaces in good images too: Low is the level that 95 % of
// a good image stays below, so that only its few liveliest patches get any colour. The quartile
// takes it from the quietest images even where most of the batch is defective. High shows the worst
// defect in full colour; its lower bound keeps a batch without defects from glowing, its upper one
// a single extreme defect from paling all others. Low < t < High always holds.
//
// A summary that is not finite is of kind fault.Input and names its index. No summaries give the scale
// [0,0], equal maps without a threshold one without extent: both colour nothing.
func BatchScale(summaries []Summary, threshold float64) (Scale, error) {
	if len(summaries) == 0 {
		return Scale{}, nil
	}
	shoulders, peaks := make([]float64, len(summaries)), make([]float64, len(summaries))
	for i, s := range summaries {
		if !finite(s.Shoulder) || !finite(s.Peak) {
			return Scale{}, fault.New(fault.Input, "cannot choose the colour scale: the anomaly map of "+
				"image %d of %d is not finite; leave that image out", i+1, len(summaries))
		}
		shoulders[i], peaks[i] = s.Shoulder, s.Peak
	}
	slices.Sort(shoulders)
	slices.Sort(peaks)
	low, largest := quantile(shoulders, quietShare), peaks[len(peaks)-1]
	if scale := anchored(low, largest, threshold); scale.Anchored() && finite(scale.High) {
		return scale, nil
	}
	quietPeak := quantile(peaks, quietShare)
	return Scale{Low: low, High: max(largest, low+float64(headroom*(quietPeak-low)))}, nil
}

// anchored is the scale around a threshold.
func anchored(low, largest, threshold float64) Scale {
	low = min(low, lowOfThreshold*threshold)
	below := threshold - low
	high := min(max(largest, threshold+leastAbove*below), threshold+mostAbove*below)
	return Scale{Low: low, High: high, Threshold: threshold}
}

// Position is where value lies on the scale, from 0 at Low and below to 1 at High and above: linear
// in between, and with a threshold linear from Low to 1/2 at the threshold and from there to High.
// It is 0 without extent and for NaN.
func (s Scale) Position(value float64) float64 {
	switch {
	case !(value > s.Low) || !(s.High > s.Low) || !finite(s.High-s.Low): // also NaN
		return 0
	case value >= s.High:
		return 1
	case !s.Anchored():
		return (value - s.Low) / (s.High - s.Low)
	case value < s.Threshold:
		return 0.5 * ((value - s.Low) / (s.Threshold - s.Low))
	}
	return 0.5 + float64(0.5*((value-s.Threshold)/(s.High-s.Threshold)))
}

// Anchored says whether the scale has a threshold.
func (s Scale) Anchored() bool {
	return s.Threshold > 0 && s.Low < s.Threshold && s.Threshold < s.High
}

// Level is the scale's position as one of 256 levels. With a threshold, levels from 128 on are those
// of values from the threshold on.
func (s Scale) Level(value float64) int {
	if value <= s.Low { // as most are
		return 0
	}
	return int(math.Round(255 * s.Position(value)))
}

// quantile is the element of sorted at the given share, rounded down.
func quantile(sorted []float64, share float64) float64 {
	return sorted[int(share*float64(len(sorted)-1))]
}
