// Package lnamd is LNAMD, the local neighbourhood aggregation with multiple degrees: the step
// between the raw patch tokens of an image and the features that mutual scoring compares.
//
// Per image and stage, over all P*C raw values x at once:
//
//	y = (x - mean(x)) / sqrt(var(x) + 1e-5)
//
// then for each degree r, with y zero outside the H x W grid:
//
//	pooled(h,w) = 1/r^2 * sum of y(h+dh, w+dw) over |dh|, |dw| <= (r-1)/2
//	z(h,w)      = pooled(h,w) / ||pooled(h,w)||
//
// A pooled token that is zero stays zero. The functions named ...Definition say this in float64,
// as directly as they can; package cpu gives the same in float32, fast, for the search.
package lnamd

import (
	"math"

	"musc/engine/fault"
)

// epsilon is added to the variance, as layer normalisation does.
const epsilon = 1e-5

// CheckDegree is nil for a degree that has a middle: 1, 3, 5 and so on. A window may be larger
// than the grid. The error is of kind fault.Usage.
func CheckDegree(degree int) error {
	if degree < 1 || degree%2 == 0 {
		return fault.New(fault.Usage, "aggregation degree %d: a window has an odd size of at least"+
			" 1, such as 1, 3 or 5", degree)
	}
	return nil
}

// NormaliseDefinition writes the normalised patch tokens of one image and stage to dst; dst and
// tokens are [P,C] and may be the same.
func NormaliseDefinition(dst, tokens []float64) {
	count := float64(len(tokens))
	total := 0.0
	for _, x := range tokens {
		total += x
	}
	mean := total / count // exact if all are equal: they become exact zeros
	squares := 0.0
	for _, x := range tokens {
		squares += (x - mean) * (x - mean)
	}
	variance := squares / count
	for k, x := range tokens {
		dst[k] = (x - mean) / math.Sqrt(variance+epsilon)
	}
}

// AggregateDefinition writes the aggregated patch tokens of one image, stage and degree to dst;
// dst and normalised are [height*width, channels] and must not overlap.
func AggregateDefinition(dst, normalised []float64, height, width, channels, degree int) {
	half := degree / 2
	for h := range height {
		for w := range width {
			pooled := dst[(h*width+w)*channels:][:channels]
			clear(pooled)
			for y := max(h-half, 0); y <= min(h+half, height-1); y++ {
				for x := max(w-half, 0); x <= min(w+half, width-1); x++ {
					for c := range pooled {
						pooled[c] += normalised[(y*width+x)*channels+c]
					}
				}
			}
			squares := 0.0
			for c := range pooled {
				pooled[c] /= float64(degree * degree)
				squares += pooled[c] * pooled[c]
			}
			if norm := math.Sqrt(squares); norm != 0 {
				for c := range pooled {
					pooled[c] /= norm
				}
			}
		}
	}
}
