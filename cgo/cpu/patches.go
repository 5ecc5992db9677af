package cpu

/*
#cgo noescape musc_pack_patches
#cgo nocallback musc_pack_patches
#cgo noescape musc_patch_distances
#cgo nocallback musc_patch_distances
#include "kernel.h"
*/
import "C"

// PackedPatchesLen is the number of float32 values of n images of one patch with tokens of d entries,
// packed.
func PackedPatchesLen(n, d int) int { return PackedLen(n, d+1) }

// PackPatches fills in dst [PackedPatchesLen] from prepared images of one patch that lie one after the
// other, stride values apart: the columns of PatchDistances. It panics if an image has more than one
// patch, or if a slice is too short.
func (s *Search) PackPatches(dst, images []float32, count, stride int) {
	s.checkPatches(images, count, stride)
	if len(dst) < PackedPatchesLen(count, int(s.shape.channels)) {
		panic(shortPacked)
	}
	C.musc_pack_patches(&s.shape, floats(dst), floats(images), C.int64_t(count), C.int64_t(stride))
}

// PatchDistances is Distances for many images of one patch at once: a and b are prepared images that lie
// one after the other, stride values apart, packed is what PackPatches makes of b.
//
//	dst[i,j] = || z_a(i) - z_b(j) ||    [rows,columns]
//
// The windows of all radii are the one patch, and their distances these.
//
// With the centre m taken away from both, distances are taken from products in float32,
// |a - b|^2 = |a|^2 + |b|^2 - 2 a . b; where that is below a sixteenth of |a|^2 + |b|^2, from the
// differences of the entries, as Distances takes all. With relative as InnerProductError says, a
// distance x is off by at most (relative + 2^-22) (|a|^2 + |b|^2) / x, and by less than 1e-6 x as
// rounding errors are in practice; it is exact where tokens are the same. The answer depends on the two images and the level only, and is the same for (a,b) and (b,a). It
// panics if an image has more than one patch, or if a slice is too short.
func (s *Search) PatchDistances(dst, a []float32, rows int, b, packed []float32, columns, stride int) {
	s.checkPatches(a, rows, stride)
	s.checkPatches(b, columns, stride)
	if len(dst) < rows*columns {
		panic(shortDistances)
	}
	if len(packed) < PackedPatchesLen(columns, int(s.shape.channels)) {
		panic(shortPacked)
	}
	C.musc_patch_distances(C.int(s.level), &s.shape, floats(dst), floats(a), C.int64_t(rows),
		floats(b), floats(packed), C.int64_t(columns), C.int64_t(stride))
}

func (s *Search) checkPatches(images []float32, count, stride int) {
	if s.patches != 1 {
		panic(manyPatches)
	}
	if count < 1 || stride < s.imageLen || len(images) < (count-1)*stride+s.imageLen {
		panic(shortImage)
	}
}
