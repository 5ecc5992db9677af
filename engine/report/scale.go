package report

import (
	"math"
	"slices"

	"musc/engine/fault"
)

// Scale maps the values of all anomaly maps of a batch to colours: Low and below leave the photo
// as it is, High and above are the top of the colour map.
//
// One scale holds for the whole batch. Scaled one by one, the hottest patch of every good image
// would look like a defect.
type Scale struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

const (
	shoulderShare = 0.95 // of an image's patches lie at or below its shoulder
	quietShare    = 0.25 // of the images count as surely good when the scale is chosen
	headroom      = 3    // a quiet image's peak reaches at most 1/headroom of the scale
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

// BatchScale chooses the scale of a batch from its images' summaries [N]:
//
//	Low  = the first quartile of the shoulders
//	High = max(the largest peak, Low + 3 (the first quartile of the peaks - Low))
//
// Edges and textures score above plain surfaces in good images too: Low is the level that 95 % of
// a good image stays below, so that only its few liveliest patches get any colour. The quartile
// takes it from the quietest images even where most of the batch is defective. High shows the worst
// defect in full colour; its second bound keeps a batch without defects from glowing.
//
// A summary that is not finite is of kind fault.Input and names its index. No summaries give the
// scale [0,0], equal maps one without extent: both colour nothing.
func BatchScale(summaries []Summary) (Scale, error) {
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
	low, quietPeak := quantile(shoulders, quietShare), quantile(peaks, quietShare)
	high := max(peaks[len(peaks)-1], low+float64(headroom*(quietPeak-low)))
	return Scale{low, high}, nil
}

// Position is where value lies on the scale, from 0 at Low to 1 at High; 0 without extent.
func (s Scale) Position(value float64) float64 {
	position := (value - s.Low) / (s.High - s.Low)
	if !(position > 0) || !(s.High > s.Low) { // also NaN
		return 0
	}
	return min(position, 1)
}

// quantile is the element of sorted at the given share, rounded down.
func quantile(sorted []float64, share float64) float64 {
	return sorted[int(share*float64(len(sorted)-1))]
}

// ticks are the round values on the scale, at most most of them: multiples of 1, 2 or 5 times a
// power of ten. step is their distance, 0 if there is none.
func (s Scale) ticks(most int) (values []float64, step float64) {
	extent := s.High - s.Low
	if !(extent > 0) || !finite(extent) {
		return nil, 0
	}
	power := math.Pow(10, math.Floor(math.Log10(extent/float64(most))))
	for _, factor := range []float64{1, 2, 5, 10} {
		step = factor * power
		first, last := math.Ceil(s.Low/step), math.Floor(s.High/step)
		if last-first+1 > float64(most) {
			continue
		}
		for k := first; k <= last; k++ {
			values = append(values, k*step+0) // never -0
		}
		return values, step
	}
	return nil, 0
}
