// Package pngrows is the filters of PNG rows in C: choosing one as image/png does, with AVX2, and undoing them.
// Choosing took a third of the time of an overlay. image/png is its definition, and what chooses where there is
// no AVX2.
package pngrows

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall -Wextra
#cgo noescape musc_png_filter
#cgo nocallback musc_png_filter
#cgo noescape musc_png_unfilter
#cgo nocallback musc_png_unfilter
#include "pngrows.h"
*/
import "C"

import (
	"unsafe"

	"musc/cgo/resample"
)

// before and behind are bytes around a row that C reads, too.
const before, behind = C.MUSC_PNG_BEFORE, C.MUSC_PNG_BEHIND

// Filterer filters the rows of one picture, from above.
type Filterer struct {
	pixel      int
	row, above []byte // with what is around them
	filtered   []byte
}

// NewFilterer begins a picture of rows of so many bytes, and pixels of one to eight; nil where there is no AVX2.
func NewFilterer(length, pixel int) *Filterer {
	if !resample.Supported() {
		return nil
	}
	if length < 1 || pixel < 1 || pixel > before {
		panic("pngrows: no row")
	}
	room := before + length + behind
	return &Filterer{pixel, make([]byte, room), make([]byte, room), make([]byte, 1+length)}
}

// Row is where the next row is written to, before it is filtered. It holds anything.
func (f *Filterer) Row() []byte { return f.row[before:][:len(f.filtered)-1] }

// Filter is the row under the filter that leaves the least, summed up as absolute values of 8 bits, with the
// filter's number in front. It holds until the next call. Row is the next one then.
func (f *Filterer) Filter() []byte {
	C.musc_png_filter((*C.uint8_t)(unsafe.SliceData(f.filtered)), (*C.uint8_t)(&f.row[before]),
		(*C.uint8_t)(&f.above[before]), C.int64_t(len(f.filtered)-1), C.int64_t(f.pixel))
	f.row, f.above = f.above, f.row
	return f.filtered
}

// Unfilter fills to, [height,length], from filtered rows, [height,1+length], of pixels of 1 or 3 bytes of which
// length is a multiple. It returns false where a filter is none of PNG's.
func Unfilter(to, from []byte, height, length, pixel int) bool {
	switch {
	case pixel != 1 && pixel != 3 || height < 1 || length < 1 || length%pixel != 0:
		panic("pngrows: no rows")
	case len(to) < height*length || len(from) < height*(1+length):
		panic("pngrows: slices are shorter than their rows")
	}
	return C.musc_png_unfilter((*C.uint8_t)(unsafe.SliceData(to)), (*C.uint8_t)(unsafe.SliceData(from)),
		C.int64_t(height), C.int64_t(length), C.int(pixel),
		(*C.uint8_t)(unsafe.SliceData(make([]byte, length)))) != 0
}
