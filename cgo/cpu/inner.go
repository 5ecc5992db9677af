package cpu

/*
#cgo noescape musc_pack
#cgo nocallback musc_pack
#cgo noescape musc_inner_products
#cgo nocallback musc_inner_products
#cgo noescape musc_not_below
#cgo nocallback musc_not_below
#include "kernel.h"
*/
import "C"

import "unsafe"

// Panics of the inner products: mistakes of the calling code.
const (
	badWidth      = "cpu: rows have at least one entry, and rows and columns are whole"
	shortPacked   = "cpu: packed columns are shorter than PackedLen"
	shortProducts = "cpu: products are shorter than rows * columns"
	shortIndices  = "cpu: indices are shorter than the values"
)

// PackedLen is the number of float32 values of n columns of d entries, packed.
func PackedLen(n, d int) int { return (n + C.MUSC_PANEL - 1) / C.MUSC_PANEL * C.MUSC_PANEL * d }

// Pack fills in dst [PackedLen] from raw rows b [n,d]: the right factor of InnerProducts. It is the
// same at every level. It panics if b does not end with a whole row or dst is too short.
func Pack(dst, b []float32, d int) {
	if d < 1 || len(b)%d != 0 {
		panic(badWidth)
	}
	if len(dst) < PackedLen(len(b)/d, d) {
		panic(shortPacked)
	}
	C.musc_pack(floats(dst), floats(b), C.int64_t(len(b)/d), C.int64_t(d))
}

// InnerProducts is the matrix product of raw rows a [rows,d] and n packed columns, in float32:
//
//	dst[i,j] = sum_c a(i,c) b(j,c)    [rows,n]
//
// An entry depends on its row, its column and the level only; InnerProductError says how far it may
// be off. It runs on the calling thread and panics if a slice is too short.
func InnerProducts(dst, a, packed []float32, n, d int) {
	if d < 1 || n < 0 || len(a)%d != 0 {
		panic(badWidth)
	}
	rows := len(a) / d
	if len(packed) < PackedLen(n, d) {
		panic(shortPacked)
	}
	if len(dst) < rows*n {
		panic(shortProducts)
	}
	C.musc_inner_products(C.int(active), floats(dst), floats(a), C.int64_t(rows), floats(packed),
		C.int64_t(n), C.int64_t(d))
}

// InnerProductError bounds the error of InnerProducts for rows of d entries, at every level:
//
//	| dst[i,j] - a_i . b_j | <= relative * sum_c |a(i,c) b(j,c)| + absolute
//
// as long as no sum overflows. With u = 2^-24, m additions and multiplications in a row are off by
// at most m u / (1 - m u) (Higham, Accuracy and Stability, section 3.1): here m is a run and one
// addition for every run. The absolute part is what products may lose that are too small for a
// float32, whether or not the processor keeps subnormal numbers.
func InnerProductError(d int) (relative, absolute float64) {
	run := min(d, C.MUSC_INNER_RUN)
	m := float64(run+(d+C.MUSC_INNER_RUN-1)/C.MUSC_INNER_RUN) * 0x1p-24
	return m / (1 - m), float64(d) * 0x1p-124
}

// NotBelow writes the indices of all values that are not below the limit, NaNs too, to dst in
// ascending order and returns how many there are. It panics if dst is shorter than values.
func NotBelow(dst []int32, values []float32, limit float32) int {
	if len(dst) < len(values) {
		panic(shortIndices)
	}
	return int(C.musc_not_below(C.int(active), (*C.int32_t)(unsafe.SliceData(dst)), floats(values),
		C.int64_t(len(values)), C.float(limit)))
}
