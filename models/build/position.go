package build

import "math"

// resample returns position embeddings [oldGrid*oldGrid, width] on a grid of newGrid x newGrid, by
// bicubic interpolation as PyTorch does it: half-pixel centres, borders repeated, no antialias,
//
//	source(i) = (i + 1/2) oldGrid / (newGrid + offset) - 1/2
//
// with offset 0.1 for the DINO families and 0 for CLIP (SPEC section 2). A grid that fits already
// stays as it is, as in their published code. Source positions are rounded to float32 at each step,
// as there; that shows in the sixth digit.
func resample(old []float32, oldGrid, newGrid, width int, offset float64) []float32 {
	if oldGrid == newGrid {
		return old
	}
	taps := make([]tap, newGrid)
	scale := float32(float64(oldGrid) / (float64(newGrid) + offset))
	for i := range taps {
		center := float32(scale * (float32(i) + 0.5))
		taps[i] = newTap(center-0.5, oldGrid)
	}
	out := make([]float32, newGrid*newGrid*width)
	sum := make([]float64, width)
	for y, row := range taps {
		for x, column := range taps {
			clear(sum)
			for j, sourceY := range row.index {
				for i, sourceX := range column.index {
					weight := row.weight[j] * column.weight[i]
					source := old[(sourceY*oldGrid+sourceX)*width:][:width]
					for c, v := range source {
						sum[c] += weight * float64(v)
					}
				}
			}
			for c, v := range sum {
				out[(y*newGrid+x)*width+c] = float32(v)
			}
		}
	}
	return out
}

// tap holds the four samples around a position and their weights.
type tap struct {
	index  [4]int
	weight [4]float64
}

func newTap(source float32, size int) tap {
	position := float64(source)
	first := math.Floor(position)
	var t tap
	for k := range t.index {
		at := first - 1 + float64(k)
		t.index[k] = int(min(max(at, 0), float64(size-1)))
		t.weight[k] = cubic(position - at)
	}
	return t
}

// cubic is Keys' kernel with a = -0.75:
//
//	(a+2)|t|^3 - (a+3)|t|^2 + 1        for |t| <= 1
//	a|t|^3 - 5a|t|^2 + 8a|t| - 4a      for |t| <  2
func cubic(t float64) float64 {
	const a = -0.75
	switch t = math.Abs(t); {
	case t <= 1:
		return ((a+2)*t-(a+3))*t*t + 1
	case t < 2:
		return ((t-5)*t+8)*t*a - 4*a
	}
	return 0
}
