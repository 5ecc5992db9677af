package health

import (
	"math"
	"slices"
)

// normalMAD times the median absolute deviation is the standard deviation of a normal distribution.
const normalMAD = 1.4826

// median is the middle of values, or the mean of the two in the middle; 0 of none. values are not
// changed and hold no NaN.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	upper := selected(sorted, n/2)
	if n%2 == 1 {
		return upper
	}
	return (slices.Max(sorted[:n/2]) + upper) / 2
}

// robust is the median of values and, as deviation, 1.4826 times the median of their distances from it:
// mean and standard deviation of what most values are like, whatever a few of them are.
func robust(values []float64) (middle, deviation float64) {
	middle = median(values)
	away := make([]float64, len(values))
	for i, value := range values {
		away[i] = math.Abs(value - middle)
	}
	return middle, normalMAD * median(away)
}
