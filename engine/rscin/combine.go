package rscin

import (
	"math"
	"slices"

	"musc/engine/fault"
)

// cancellation is the share of the absolute weights below which their sum is rounding error.
const cancellation = 0x1p-40

// Neighbours returns how many entries of a row of W the windows need in a batch of n images: the
// largest window, at most n, or 0 where no window is above 1 and nothing is to be combined. A
// window below 1 is of kind fault.Usage.
func Neighbours(n int, windows []int) (k int, err error) {
	for _, window := range windows {
		if window < 1 {
			return 0, fault.New(fault.Usage, "an RsCIN window is at least 1, not %d", window)
		}
		if window > 1 {
			k = max(k, min(window, n))
		}
	}
	return k, nil
}

// CombineRows is Eq. 4 and 5 for rows [first,last) of a batch: scaled [n] are all scores as Scale
// returns them, neighbours [last-first,k] those of the rows, with k as Neighbours says. It returns
// the new scores [last-first].
//
// Lengths and rows that do not fit are of kind fault.Usage; weights that sum to zero are of kind
// fault.Input and name the row.
func CombineRows(scaled []float64, first, last int, neighbours []Neighbour,
	windows []int) ([]float64, error) {
	n := len(scaled)
	k, err := Neighbours(n, windows)
	if err != nil {
		return nil, err
	}
	if first < 0 || first > last || last > n || len(neighbours) != (last-first)*k {
		return nil, fault.New(fault.Usage, "cannot combine the scores of images %d to %d among %d "+
			"with %d neighbours: each needs %d", first, last-1, n, len(neighbours), k)
	}
	result := make([]float64, last-first)
	for r := range result {
		nearest := neighbours[r*k:][:k]
		for _, neighbour := range nearest {
			if neighbour.Row < 0 || int(neighbour.Row) >= n {
				return nil, fault.New(fault.Usage, "cannot combine the scores of %d images: row %d "+
					"has a neighbour in row %d", n, first+r, neighbour.Row)
			}
		}
		total, terms := scaled[first+r], 1
		for _, window := range windows {
			if window == 1 {
				continue
			}
			mean, ok := weightedMean(scaled, nearest[:min(window, n)])
			if !ok {
				return nil, rowFault(first+r, "the similarities to its %d nearest images sum to "+
					"zero or overflow", min(window, n))
			}
			total += mean
			terms++
		}
		result[r] = total / float64(terms)
	}
	return result, nil
}

// weightedMean is Eq. 5 for one row; false when the weights have no usable sum.
func weightedMean(scaled []float64, nearest []Neighbour) (float64, bool) {
	var weighted, sum, size float64
	for _, neighbour := range nearest {
		weighted += float64(neighbour.Similarity * scaled[neighbour.Row])
		sum += neighbour.Similarity
		size += math.Abs(neighbour.Similarity)
	}
	mean := weighted / sum
	return mean, math.Abs(sum) > cancellation*size && finite(mean)
}

// Scale maps the smallest score to 0 and the largest to 1; equal scores become zeros. A score that
// is not a finite number is of kind fault.Input and names the row.
func Scale(scores []float64) ([]float64, error) {
	if len(scores) == 0 {
		return nil, fault.New(fault.Usage, "cannot re-score a batch of no images")
	}
	for i, score := range scores {
		if !finite(score) {
			return nil, rowFault(i, "its score is %v", score)
		}
	}
	low := slices.Min(scores)
	spread := slices.Max(scores) - low
	scaled := make([]float64, len(scores))
	if spread > 0 {
		for i, score := range scores {
			scaled[i] = (score - low) / spread
		}
	}
	return scaled, nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
