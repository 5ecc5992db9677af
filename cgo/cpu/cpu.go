package cpu

/*
#cgo CFLAGS: -O3 -std=gnu11
#cgo LDFLAGS: -lm
#cgo noescape musc_prepare
#cgo nocallback musc_prepare
#cgo noescape musc_distances
#cgo nocallback musc_distances
#cgo noescape musc_products
#cgo nocallback musc_products
#include "kernel.h"
*/
import "C"

import "unsafe"

// gnu11 rather than c11: it lets compilers fuse a multiply and an add of one expression, which
// -ffp-contract would ask for if cgo let it through.

// MaxDegrees is how many aggregation degrees one Search takes.
const MaxDegrees = C.MUSC_MAX_DEGREES

// Panics of this package: all of them are mistakes of the calling code, none depends on images.
const (
	badShape       = "cpu: height, width and channels must be at least 1"
	badNear        = "cpu: near must be at least 0"
	badRadii       = "cpu: radii must be ascending, from 1 to MaxDegrees of them, the first >= 0"
	shortTokens    = "cpu: tokens are shorter than patches * channels"
	shortActive    = "cpu: active is shorter than patches"
	shortCentre    = "cpu: centre is shorter than channels"
	shortImage     = "cpu: image is shorter than ImageLen"
	shortDistances = "cpu: distances are shorter than radii * patches, or rows * columns"
	manyPatches    = "cpu: images have more than one patch"
)

// Shape is what all images of a search have in common.
type Shape struct {
	Height, Width int // of the patch grid: P = Height * Width
	Channels      int // C
	// Radii are those of the aggregation windows, (degree - 1) / 2, strictly ascending: R of them.
	Radii []int
	// Near bounds which pairs of patches count: those at most so many rows and so many columns of
	// the grid apart. 0: no bound, all count.
	Near int
}

// Patches is P.
func (s Shape) Patches() int { return s.Height * s.Width }

// ImageLen is the number of float32 values in a prepared image, at the level in use.
func (s Shape) ImageLen() int {
	c := s.c()
	return int(C.musc_image_floats(C.int(active), &c))
}

// ScratchLen is the number of float32 values that a Search holds, at the level in use.
func (s Shape) ScratchLen() int {
	c := s.c()
	return int(C.musc_scratch_floats(C.int(active), &c))
}

// Tokens is the view of the L2-normalised aggregated tokens [P,C] of the r-th radius in a prepared
// image.
func (s Shape) Tokens(image []float32, r int) []float32 {
	size := s.Patches() * s.Channels
	return image[r*size : (r+1)*size]
}

// c is the shape for C. It panics if the shape makes no sense.
func (s Shape) c() C.musc_shape {
	if s.Height < 1 || s.Width < 1 || s.Channels < 1 {
		panic(badShape)
	}
	if s.Near < 0 {
		panic(badNear)
	}
	if len(s.Radii) < 1 || len(s.Radii) > MaxDegrees || s.Radii[0] < 0 {
		panic(badRadii)
	}
	c := C.musc_shape{height: C.int64_t(s.Height), width: C.int64_t(s.Width),
		channels: C.int64_t(s.Channels), degrees: C.int64_t(len(s.Radii)), near: C.int64_t(s.Near)}
	for d, radius := range s.Radii {
		if d > 0 && radius <= s.Radii[d-1] {
			panic(badRadii)
		}
		c.radius[d] = C.int64_t(radius)
	}
	return c
}

// Search is what one goroutine needs to prepare and compare images: scratch memory.
type Search struct {
	shape    C.musc_shape
	level    level
	patches  int
	imageLen int
	scratch  []float32
}

// NewSearch makes a Search for the level in use. It panics if the shape makes no sense.
func NewSearch(shape Shape) *Search {
	return &Search{shape.c(), active, shape.Patches(), shape.ImageLen(),
		make([]float32, shape.ScratchLen())}
}

// Prepare fills in image [ImageLen] from the raw patch tokens [P,C] of one image and stage: LNAMD,
// that is whole-image normalisation, window sums and L2 normalisation for every radius, and the
// normalised tokens less centre [C] in the search's precision, packed.
//
// Active [P] tells which patches take part; nil: all do. The others are not read and count as zeros
// in window sums, as what is beyond the grid does; the normalisation is over the active ones. Which
// they are is kept in the image: they are nobody's nearest, and infinitely far from all.
//
// The centre takes away what all tokens share, so that fewer digits say how they differ; the
// answer does not depend on it. It must be the same for all images that are compared.
func (s *Search) Prepare(image, tokens []float32, active []bool, centre []float32) {
	channels := int(s.shape.channels)
	if len(image) < s.imageLen {
		panic(shortImage)
	}
	if len(tokens) < s.patches*channels {
		panic(shortTokens)
	}
	if active != nil && len(active) < s.patches {
		panic(shortActive)
	}
	if len(centre) < channels {
		panic(shortCentre)
	}
	C.musc_prepare(C.int(s.level), &s.shape, floats(image), floats(tokens),
		(*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(active))), floats(centre), floats(s.scratch))
}

// Distances is Eq. 1 for two prepared images in both directions: with z the aggregated tokens of
// radius r,
//
//	rows[r,p]    = min over q of || z_a(r,p) - z_b(r,q) ||    [R,P]
//	columns[r,q] = min over p of || z_a(r,p) - z_b(r,q) ||    [R,P], left out if nil
//
// Pairs count whose patches are both active and within Near; where none does, the distance is +Inf.
//
// One matrix product gives the products of all radii and both directions, in the precision of the
// level. All patches whose product comes so near to the greatest that rounding may have decided
// are compared in float32, eight at most: the answer is exact to float32, see SIMD.md.
//
// The answer depends on the two images and the level only. It panics if a slice is too short.
func (s *Search) Distances(rows, columns, a, b []float32) {
	length := int(s.shape.degrees) * s.patches
	if len(rows) < length || columns != nil && len(columns) < length {
		panic(shortDistances)
	}
	s.check(a, b)
	C.musc_distances(C.int(s.level), &s.shape, floats(rows), floats(columns), floats(a), floats(b),
		floats(s.scratch))
}

// Products takes the products that Distances takes and nothing else, for benchmarks.
func (s *Search) Products(a, b []float32) {
	s.check(a, b)
	C.musc_products(C.int(s.level), &s.shape, floats(a), floats(b), floats(s.scratch))
}

func (s *Search) check(a, b []float32) {
	if len(a) < s.imageLen || len(b) < s.imageLen {
		panic(shortImage)
	}
}

// Ceiling keeps the units that multiply and add for the level in use as busy as they get, without
// touching memory, and returns how many operations that was, two a multiply-add. What Products
// does in a second is to be compared with what Ceiling does in a second, in the same run.
func Ceiling(rounds int) (operations int64) {
	C.musc_ceiling(C.int(active), C.int64_t(rounds))
	return int64(rounds) * int64(C.musc_ceiling_operations(C.int(active)))
}

// floats is the C view of a slice; nil stays null.
func floats(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }
