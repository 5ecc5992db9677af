package rscin

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// This file is RsCIN by gonum's matrix product, readably and with nothing left out. Nearest and
// CombineRows must return the same bytes.

// gemmRows is how many rows of W the definition has in memory at once.
const gemmRows = 256

// rescoreByGemm is Eq. 4 and 5 with all of W, or why there is no answer.
func rescoreByGemm(scores []float64, tokens []float32, n, d int, windows []int) ([]float64, error) {
	scaled, err := Scale(scores)
	if err != nil {
		return nil, err
	}
	result := make([]float64, 0, n)
	for i, row := range similarities(tokens, n, d) {
		total, terms := scaled[i], 1.0
		for _, k := range windows {
			if k == 1 {
				continue
			}
			var weighted, sum, size float64
			for _, j := range largest(row, min(k, n)) {
				weighted += float64(row[j] * scaled[j])
				sum += row[j]
				size += math.Abs(row[j])
			}
			mean := weighted / sum
			if math.Abs(sum) <= cancellation*size || !finite(mean) {
				return nil, rowFault(i, "the similarities to its %d nearest images sum to zero or "+
					"overflow", min(k, n))
			}
			total += mean
			terms++
		}
		result = append(result, total/terms)
	}
	return result, nil
}

// similarities yields the rows of W = T T^t [n,n], computed in blocks of gemmRows.
func similarities(tokens []float32, n, d int) func(yield func(i int, row []float64) bool) {
	wide := make([]float64, n*d)
	for i, entry := range tokens {
		wide[i] = float64(entry)
	}
	all := blas64.General{Rows: n, Cols: d, Stride: d, Data: wide}
	w := blas64.General{Cols: n, Stride: n, Data: make([]float64, min(gemmRows, n)*n)}
	return func(yield func(i int, row []float64) bool) {
		for first := 0; first < n; first += gemmRows {
			rows := all
			rows.Rows, rows.Data = min(gemmRows, n-first), wide[first*d:]
			w.Rows = rows.Rows
			blas64.Gemm(blas.NoTrans, blas.Trans, 1, rows, all, 0, w)
			for r := range w.Rows {
				if !yield(first+r, w.Data[r*n:][:n]) {
					return
				}
			}
		}
	}
}

// largest returns the columns of the k largest entries of row, in descending order and equal
// entries in ascending order of columns: the head of a stable sort.
func largest(row []float64, k int) []int {
	best := make([]int, 0, k)
	for j, value := range row {
		full := len(best) == k
		if full && value <= row[best[k-1]] {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, value, func(column int, value float64) int {
			if row[column] >= value {
				return -1
			}
			return 1
		})
		if full {
			best = best[:k-1]
		}
		best = slices.Insert(best, at, j)
	}
	return best
}
