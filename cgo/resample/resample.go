// Package resample is the passes of a resize along rows of RGB pixels and along columns, and the interpolation
// of anomaly maps, with AVX2: photos of 12 megapixels take most of their time in them. Its definitions
// are engine/imageio's resampleRow3 and addUp and anomalymap's Reader.Read, which run where there is no AVX2.
package resample

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall -Wextra
#cgo noescape musc_resample_rows
#cgo nocallback musc_resample_rows
#cgo noescape musc_resample_columns
#cgo nocallback musc_resample_columns
#cgo noescape musc_resample_blend
#cgo nocallback musc_resample_blend
#include "resample.h"
*/
import "C"

import (
	"os"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// Precision is the number of fraction bits of a coefficient.
const Precision = 22

// shortestRow is the length in bytes from which on the C code reads no farther than the next row.
const shortestRow = 32

// Window says which pixels of a row an output pixel is made of.
type Window struct {
	First        int
	Coefficients []int32 // in units of 2^-Precision, below 1 << 30
}

// Rows fills to, [height,len(windows),3], from from, [height,in,3]: each sample is the sum over a
// window of coefficient times sample, rounded and clipped to 0..255. It returns false, and does
// nothing, where there is no AVX2, where rows have fewer than 32 bytes, or without memory.
func Rows(to, from []uint8, height, in int, windows []Window) bool {
	if height < 1 || 3*in < shortestRow || len(windows) == 0 || !Supported() {
		return false
	}
	if len(from) < 3*in*height || len(to) < 3*len(windows)*height {
		panic("resample: slices are shorter than their images")
	}
	table, coefficients := tableOf(windows, in)
	return C.musc_resample_rows((*C.uint8_t)(unsafe.SliceData(to)),
		(*C.uint8_t)(unsafe.SliceData(from)), C.int64_t(height), C.int64_t(in),
		C.int64_t(len(windows)), unsafe.SliceData(table),
		(*C.int32_t)(unsafe.SliceData(coefficients))) != 0
}

// Columns fills to, [len(windows),stride], from from, [in,stride]: each row is the sum over a window of
// coefficient times row, rounded and clipped to 0..255. It returns false, and does nothing, where there is no
// AVX2, where rows have fewer than 32 bytes, or without memory.
func Columns(to, from []uint8, stride, in int, windows []Window) bool {
	if in < 1 || stride < shortestRow || len(windows) == 0 || !Supported() {
		return false
	}
	if len(from) < stride*in || len(to) < stride*len(windows) {
		panic("resample: slices are shorter than their images")
	}
	table, coefficients := tableOf(windows, in)
	return C.musc_resample_columns((*C.uint8_t)(unsafe.SliceData(to)),
		(*C.uint8_t)(unsafe.SliceData(from)), C.int64_t(stride), C.int64_t(len(windows)),
		unsafe.SliceData(table), (*C.int32_t)(unsafe.SliceData(coefficients))) != 0
}

// tableOf is the windows as C has them, of a side of in pixels.
func tableOf(windows []Window, in int) (table []C.struct_musc_window, coefficients []int32) {
	table = make([]C.struct_musc_window, len(windows))
	for i, w := range windows {
		if w.First < 0 || w.First+len(w.Coefficients) > in {
			panic("resample: a window reaches beyond its side")
		}
		table[i].first, table[i].count = C.int32_t(w.First), C.int32_t(len(w.Coefficients))
		table[i].coefficients = C.int64_t(len(coefficients))
		coefficients = append(coefficients, w.Coefficients...)
	}
	return table, coefficients
}

// Supported says whether this machine has AVX2, and MUSC_SIMD does not ask for portable code.
func Supported() bool { return supported }

var supported = os.Getenv("MUSC_SIMD") != "portable" && cpu.X86.HasAVX2
