package cpu

/*
#cgo noescape musc_smallest
#cgo nocallback musc_smallest
#include "kernel.h"
*/
import "C"

import (
	"math"
	"unsafe"
)

// SmallestColumns is how many columns SumSmallest handles at once.
const SmallestColumns = C.MUSC_COLUMNS

// Panics of SumSmallest: mistakes of the calling code.
const (
	badSmallest = "cpu: there are 1 to 2^31-1 rows, and of these 1 to all are the smallest"
	shortSums   = "cpu: rows, sums, greatest or scratch are too short for the columns"
)

// SmallestScratch is the length of SumSmallest's scratch for so many rows.
func SmallestScratch(rows int) int { return rows * SmallestColumns }

// SumSmallest sums the k smallest numbers of each of the first len(sums) columns of x, whose rows lie
// stride apart, and says which is the greatest of them:
//
//	sums[j]     = sum of the k smallest of x[i*stride+j] over i < rows
//	greatest[j] = the k-th smallest
//
// The numbers must not be negative; NaN is above all of them. A sum is in float64: of the numbers
// below the greatest in the order of the rows, and of the greatest as often as it counts. It is the
// same bits at every level. It panics if a slice is too short, or k is not among 1 to rows.
func SumSmallest(sums []float64, greatest, x []float32, rows, stride, k int, scratch []uint32) {
	columns := len(sums)
	if rows < 1 || rows > math.MaxInt32 || k < 1 || k > rows {
		panic(badSmallest)
	}
	if stride < columns || len(greatest) < columns || len(x) < (rows-1)*stride+columns ||
		len(scratch) < SmallestScratch(rows) {
		panic(shortSums)
	}
	C.musc_smallest(C.int(active), (*C.double)(unsafe.SliceData(sums)), floats(greatest), floats(x),
		C.int64_t(rows), C.int64_t(stride), C.int64_t(columns), C.int64_t(k),
		(*C.int32_t)(unsafe.Pointer(unsafe.SliceData(scratch))))
}
