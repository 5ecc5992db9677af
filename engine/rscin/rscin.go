// Package rscin re-scores the images of a batch with their constrained image-level neighbourhood
// (RsCIN, SPEC section 5; Eq. 4 and 5 of the MuSc paper).
//
// The N scores c are scaled to [0,1]. W = T T^t holds the similarities of the class tokens T
// [N,D]. For a window k, row i of W keeps its k largest entries, divided by their sum:
//
//	c_k(i) = sum_j W(i,j) c(j) / sum_j W(i,j),  j over the k largest entries of row i
//
// The answer is the mean of the scaled scores (a window of 1) and of c_k over all windows.
package rscin

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"musc/engine/fault"
)

// blockRows is how many rows of W are in memory at once: N x N would be 800 MB for 10,000 images.
const blockRows = 256

// cancellation is the share of the absolute weights below which their sum is rounding error.
const cancellation = 0x1p-40

// RowError says which image of the batch cannot be re-scored; it is wrapped in an error of kind
// fault.Input. A caller who knows the images' names finds it with errors.As.
type RowError struct {
	Row     int // index into scores
	Problem string
}

// Error implements error.
func (e *RowError) Error() string { return fmt.Sprintf("image in row %d: %s", e.Row, e.Problem) }

func rowFault(row int, format string, args ...any) error {
	return fault.New(fault.Input, "cannot re-score the batch with its class tokens: %w; leave the "+
		"image out, or switch re-scoring off with windows of 1",
		&RowError{row, fmt.Sprintf(format, args...)})
}

// Rescore returns the new scores [n] of the scores [n] and the class tokens [n,d] in row-major
// order; both stay unchanged. Windows of 1 add nothing to the mean, windows above n count as n,
// and among equal similarities the lowest row wins. Equal scores come back as zeros.
//
// Lengths that do not fit together and windows below 1 are of kind fault.Usage. A score or token
// that is not a finite number, and weights that sum to zero, are of kind fault.Input and name the
// row. It takes O(n^2 d) time and 256 n + n d numbers of float64.
func Rescore(scores []float64, tokens []float32, n, d int, windows []int) ([]float64, error) {
	if n < 1 || d < 1 || len(scores) != n || len(tokens) != n*d {
		return nil, fault.New(fault.Usage, "cannot re-score %d images with class tokens of %d "+
			"entries: got %d scores and %d token entries", n, d, len(scores), len(tokens))
	}
	wide := make([]float64, n*d)
	for i, entry := range tokens {
		wide[i] = float64(entry)
		if !finite(wide[i]) {
			return nil, rowFault(i/d, "entry %d of its class token is %v", i%d, entry)
		}
	}
	scaled, err := scaleToUnit(scores)
	if err != nil {
		return nil, err
	}
	var sizes []int // the windows that need neighbours
	for _, k := range windows {
		if k < 1 {
			return nil, fault.New(fault.Usage, "an RsCIN window is at least 1, not %d", k)
		}
		if k > 1 {
			sizes = append(sizes, min(k, n))
		}
	}
	if len(sizes) == 0 {
		return scaled, nil
	}
	return average(scaled, blas64.General{Rows: n, Cols: d, Stride: d, Data: wide}, sizes)
}

// average goes over W block by block of rows. Every row sees the same operations in the same
// order on every run: gonum splits a product by its shape, not by the number of threads.
func average(scaled []float64, tokens blas64.General, sizes []int) ([]float64, error) {
	n := tokens.Rows
	result := make([]float64, n)
	nearest := make([]int, 0, slices.Max(sizes))
	block := blas64.General{Cols: n, Stride: n, Data: make([]float64, min(blockRows, n)*n)}
	for first := 0; first != n; first += block.Rows {
		block.Rows = min(blockRows, n-first)
		rows := tokens
		rows.Rows, rows.Data = block.Rows, tokens.Data[first*tokens.Stride:]
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, rows, tokens, 0, block)
		for r := range block.Rows {
			similarity := block.Data[r*n:][:n]
			nearest = largest(nearest[:0], similarity)
			total := scaled[first+r]
			for _, k := range sizes {
				mean, ok := weightedMean(scaled, similarity, nearest[:k])
				if !ok {
					return nil, rowFault(first+r, "the similarities to its %d nearest images sum "+
						"to zero or overflow", k)
				}
				total += mean
			}
			result[first+r] = total / float64(1+len(sizes))
		}
	}
	return result, nil
}

// largest fills best up to its capacity with the columns of the largest entries of row, in
// descending order and equal entries in ascending order of columns: the head of a stable sort.
func largest(best []int, row []float64) []int {
	for j, value := range row {
		full := len(best) == cap(best)
		if full && value <= row[best[len(best)-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, value, func(column int, value float64) int {
			if row[column] >= value {
				return -1
			}
			return 1
		})
		if full {
			best = best[:len(best)-1]
		}
		best = slices.Insert(best, at, j)
	}
	return best
}

// weightedMean is Eq. 5 for one row; false when the weights have no usable sum.
func weightedMean(scaled, similarity []float64, columns []int) (float64, bool) {
	var weighted, sum, size float64
	for _, j := range columns {
		weighted += float64(similarity[j] * scaled[j])
		sum += similarity[j]
		size += math.Abs(similarity[j])
	}
	mean := weighted / sum
	return mean, math.Abs(sum) > cancellation*size && finite(mean)
}

// scaleToUnit maps the smallest score to 0 and the largest to 1; equal scores become zeros.
func scaleToUnit(scores []float64) ([]float64, error) {
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
