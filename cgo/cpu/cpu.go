package cpu

/*
#cgo CFLAGS: -O3 -std=gnu11
#cgo LDFLAGS: -lm
#cgo noescape musc_mutual
#cgo nocallback musc_mutual
#cgo noescape musc_distances
#cgo nocallback musc_distances
#include "kernel.h"
*/
import "C"

import "unsafe"

// gnu11 rather than c11: it lets compilers fuse a multiply and an add of one expression, which
// -ffp-contract would ask for if cgo let it through.

// Panics of this package: all of them are mistakes of the calling code, none depends on images.
const (
	badShape       = "cpu: patches and channels must be at least 1"
	shortFeatures  = "cpu: features are shorter than patches * channels"
	shortPacked    = "cpu: packed features are shorter than PackedLen"
	shortNearest   = "cpu: nearest indexes are shorter than the patches"
	shortDistances = "cpu: distances are shorter than the nearest indexes"
	badNearest     = "cpu: nearest index out of range"
)

// panel is the number of patches whose channels lie together in the packed layout.
const panel = C.MUSC_PANEL

// panels returns how many panels hold the given number of patches.
func panels(patches int) int { return (patches + panel - 1) / panel }

// PackedLen returns the number of float32 values in an image packed by Pack.
func PackedLen(patches, channels int) int {
	checkShape(patches, channels)
	return panels(patches) * panel * channels
}

// Pack lays features [patches,channels] out in dst [ceil(patches/48)][channels][48] for
// MutualNearest, zeros for the patches that the last panel lacks. An image is packed once and
// takes part in all of its pairs; it is the same on the left and on the right of a product.
func Pack(dst, features []float32, patches, channels int) {
	if len(dst) < PackedLen(patches, channels) {
		panic(shortPacked)
	}
	if len(features) < patches*channels {
		panic(shortFeatures)
	}
	for first := 0; first < patches; first += panel {
		to := dst[first*channels : (first+panel)*channels]
		rows := min(panel, patches-first)
		if rows < panel {
			clear(to)
		}
		packPanel(to, features[first*channels:(first+rows)*channels], rows, channels)
	}
}

// packPanel transposes features [rows,channels] into to [channels][48], 16 channels at a time: they
// are one cache line of each row read, and 3 KiB written.
func packPanel(to, features []float32, rows, channels int) {
	const run = 16
	for c := 0; c < channels; c += run {
		end := min(c+run, channels)
		for r := range rows {
			for i, x := range features[r*channels+c : r*channels+end] {
				to[(c+i)*panel+r] = x
			}
		}
	}
}

// MutualNearest finds, for packed images a [patchesA,channels] and b [patchesB,channels],
//
//	rowNearest[p] = argmax over q of sum over c of a[p,c] * b[q,c]    p < patchesA
//	colNearest[q] = argmax over p of sum over c of a[p,c] * b[q,c]    q < patchesB
//
// Among equal products the lowest index wins. A product that is NaN never wins, and a patch without
// any product above minus infinity gets index 0.
//
// Every product is the float32 sum over ascending channels, fused multiply-adds where the level has
// them. The answer therefore depends on the two images and the level only, and exchanging the
// images exchanges the answers, ties included. It panics if a slice is too short.
func MutualNearest(rowNearest, colNearest []int32, a, b []float32,
	patchesA, patchesB, channels int) {

	if len(a) < PackedLen(patchesA, channels) || len(b) < PackedLen(patchesB, channels) {
		panic(shortPacked)
	}
	if len(rowNearest) < patchesA || len(colNearest) < patchesB {
		panic(shortNearest)
	}
	best := make([]float32, panels(patchesB)*panel)
	index := make([]int32, panels(patchesB)*panel)
	C.musc_mutual(C.int(active), indexes(rowNearest), indexes(colNearest), floats(best),
		indexes(index), floats(a), floats(b), C.int64_t(patchesA), C.int64_t(patchesB),
		C.int64_t(channels))
}

// Distances computes, for unpacked features a [len(nearest),channels] and b [any,channels],
//
//	dst[p] = || a_p - b_nearest(p) || = sqrt(sum over c of (a[p,c] - b[nearest(p),c])^2)
//
// Differences and squares are float32, sums of more than 512 channels float64: the relative error
// stays below 1e-6. The order of the sum is fixed at each level. It panics if a slice is too short
// or an index is not one of b's patches.
func Distances(dst []float32, a, b []float32, nearest []int32, channels int) {
	checkShape(len(nearest), channels)
	if len(a) < len(nearest)*channels {
		panic(shortFeatures)
	}
	if len(dst) < len(nearest) {
		panic(shortDistances)
	}
	patches := len(b) / channels
	for _, q := range nearest {
		if q < 0 || int(q) >= patches {
			panic(badNearest)
		}
	}
	C.musc_distances(C.int(active), floats(dst), floats(a), floats(b), indexes(nearest),
		C.int64_t(len(nearest)), C.int64_t(channels))
}

// Ceiling keeps the active level's floating-point units as busy as they get, with multiply-adds
// that touch no memory, and returns how many operations that was. What MutualNearest does in a
// second is to be compared with what Ceiling does in a second, in the same run.
func Ceiling(rounds int) (operations int64) {
	C.musc_ceiling(C.int(active), C.int64_t(rounds))
	return int64(rounds) * int64(C.musc_ceiling_operations(C.int(active)))
}

func checkShape(patches, channels int) {
	if patches < 1 || channels < 1 {
		panic(badShape)
	}
}

// floats and indexes are the C views of slices that are not empty.
func floats(x []float32) *C.float  { return (*C.float)(unsafe.SliceData(x)) }
func indexes(x []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(x)) }
