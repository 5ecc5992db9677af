package resample

// #include "resample.h"
import "C"

import "unsafe"

// Spans say between which two values of a grid each value of a row lies, and with which weights.
type Spans struct {
	weights []float64 // of the higher one, by value of the row
	table   []C.struct_musc_span
	grid    int // at least so many values
}

// NewSpans begins without any: values of the row that are in none are not written.
func NewSpans(weights []float64) *Spans { return &Spans{weights: weights} }

// Add says that the row's values from to to-1 lie between the grid's values low and high.
func (s *Spans) Add(from, to, low, high int) {
	if from < 0 || to > len(s.weights) || low < 0 || high < 0 {
		panic("resample: a span beyond its row or grid")
	}
	s.table = append(s.table, C.struct_musc_span{from: C.int64_t(from), to: C.int64_t(to),
		low: C.int64_t(low), high: C.int64_t(high)})
	s.grid = max(s.grid, low+1, high+1)
}

// Blend writes low + weight (high - low) to the row, in float64 and rounded to float32 at the end. It returns
// false, and does nothing, where there is no AVX2.
func (s *Spans) Blend(row []float32, grid []float64) bool {
	if !Supported() {
		return false
	}
	if len(row) < len(s.weights) || len(grid) < s.grid {
		panic("resample: a row or its grid is too short")
	}
	C.musc_resample_blend((*C.float)(unsafe.SliceData(row)), (*C.double)(unsafe.SliceData(grid)),
		(*C.double)(unsafe.SliceData(s.weights)), C.int64_t(len(s.table)), unsafe.SliceData(s.table))
	return true
}
