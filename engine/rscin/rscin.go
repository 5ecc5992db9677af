// Package rscin re-scores the images of a batch with their constrained image-level neighbourhood
// (RsCIN, SPEC section 5; Eq. 4 and 5 of the MuSc paper).
//
// The N scores c are scaled to [0,1]. W = T T^t holds the similarities of the class tokens T
// [N,D]. For a window k, row i of W keeps its k largest entries, divided by their sum:
//
//	c_k(i) = sum_j W(i,j) c(j) / sum_j W(i,j),  j over the k largest entries of row i
//
// The answer is the mean of the scaled scores (a window of 1) and of c_k over all windows.
//
// Nearest finds the k largest entries of some rows of W, so that rows may be divided over machines;
// CombineRows makes scores of them. W is never stored: float32 products say which entries may be among
// the largest, and only those are computed in float64.
package rscin

import (
	"context"
	"fmt"
	"runtime"

	"musc/engine/fault"
)

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
// row. It takes O(n^2 d) time and the memory that Nearest takes for 4,096 rows.
func Rescore(scores []float64, tokens []float32, n, d int, windows []int) ([]float64, error) {
	if n < 1 || d < 1 || len(scores) != n || len(tokens) != n*d {
		return nil, fault.New(fault.Usage, "cannot re-score %d images with class tokens of %d "+
			"entries: got %d scores and %d token entries", n, d, len(scores), len(tokens))
	}
	for i := range n {
		if _, err := norm(tokens[i*d:][:d], i); err != nil {
			return nil, err
		}
	}
	scaled, err := Scale(scores)
	if err != nil {
		return nil, err
	}
	k, err := Neighbours(n, windows)
	if err != nil || k == 0 {
		return scaled, err
	}
	result := make([]float64, 0, n)
	for first := 0; first < n; first += blockRows {
		last := min(first+blockRows, n)
		nearest, err := Nearest(context.Background(), InMemory(tokens, d), first, last, k,
			Options{Threads: runtime.GOMAXPROCS(0)})
		if err != nil {
			return nil, err
		}
		rows, err := CombineRows(scaled, first, last, nearest, windows)
		if err != nil {
			return nil, err
		}
		result = append(result, rows...)
	}
	return result, nil
}
