// Package features holds the raw patch tokens of every image of a batch, the largest thing that
// a run keeps: S * N * P * C float32 values (4.5 GB for 200 images of a ViT-L at 518 pixels).
//
// They live off the Go heap, so that their size does not set the garbage collector's pace: in
// anonymous memory, or spilled to a mapped temporary file that has no name. Spilled pages leave the
// process when they are released and come back from the file when they are read again.
//
// Array is the same mechanism for a flat run of float32 values.
package features

import (
	"fmt"
	"slices"

	"musc/engine/fault"
)

// Shape is the size of a batch of patch tokens: Stages x Images x (Height*Width) x Channels.
type Shape struct {
	Stages, Images          int
	Height, Width, Channels int
}

// Patches is P = Height*Width, the number of patch tokens of an image and stage.
func (s Shape) Patches() int { return s.Height * s.Width }

// Bytes is what the patch tokens of all images take as float32.
func (s Shape) Bytes() int64 { return 4 * s.values() }

func (s Shape) values() int64 {
	return int64(s.Stages) * int64(s.Images) * int64(s.Patches()) * int64(s.Channels)
}

// String gives the sizes in the order of the layout.
func (s Shape) String() string {
	return fmt.Sprintf("%d stages x %d images x %d x %d patches x %d channels",
		s.Stages, s.Images, s.Height, s.Width, s.Channels)
}

func (s Shape) check() error {
	if min(s.Stages, s.Images, s.Height, s.Width, s.Channels) < 1 {
		return fault.New(fault.Internal, "patch tokens of shape %v: every size must be positive", s)
	}
	return nil
}

// Store is the patch tokens of a batch, [Stages][Images][P][C] in row-major order, all zero at
// first. Different (stage, image) may be read and written at the same time.
type Store struct {
	shape  Shape
	first  int // image of the array
	stride int // images from one stage to the next; more than shape.Images in a view by Part
	array  *Array
	active [][]bool // by image, those of a view are shared; nil: all patches
}

// NewMemory makes a store in memory. It panics if a size of the shape is not positive.
func NewMemory(shape Shape) *Store {
	if err := shape.check(); err != nil {
		panic(err)
	}
	return newStore(shape, newMemoryArray(shape.values()))
}

// NewSpilled makes a store in an unnamed temporary file in dir. The space is reserved first: a disk
// that is too full is an error of kind fault.Output here, and none can come later.
func NewSpilled(shape Shape, dir string) (*Store, error) {
	if err := shape.check(); err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, fault.New(fault.Internal, "spilled patch tokens of %v: no folder given", shape)
	}
	array, err := NewArray(shape.values(), dir)
	if err != nil {
		return nil, err
	}
	return newStore(shape, array), nil
}

func newStore(shape Shape, array *Array) *Store {
	return &Store{shape, 0, shape.Images, array, make([][]bool, shape.Images)}
}

// Shape returns the sizes the store was made with.
func (s *Store) Shape() Shape { return s.shape }

// Head is a view of the first images of the store, as Part gives it.
func (s *Store) Head(images int) *Store { return s.Part(0, images) }

// Part is a view of count images of the store from the first one on. It shares tokens and active
// patches with the store: closing one closes both. It panics if the store does not have them, or
// none are asked for.
func (s *Store) Part(first, count int) *Store {
	if first < 0 || count < 1 || count > s.shape.Images-first {
		panic(fmt.Sprintf("features: %d images from %d on, of %v", count, first, s.shape))
	}
	view := *s
	view.first += first
	view.shape.Images = count
	view.active = s.active[first : first+count]
	return &view
}

// SetActive says which patches of an image take part, [P]; the others are neither scored nor score.
// nil says all, as it is at first. The slice is kept and must not change. It is for all stages and
// views of the store, and to be called before any of them is used. It panics if there are not P.
func (s *Store) SetActive(image int, active []bool) {
	if active != nil && len(active) != s.shape.Patches() {
		panic(fmt.Sprintf("features: %d active patches of %v", len(active), s.shape))
	}
	if !slices.Contains(active, false) {
		active = nil
	}
	s.active[image] = active
}

// Active is which patches of an image take part, [P]; nil where all of them do.
func (s *Store) Active(image int) []bool { return s.active[image] }

// Spilled tells whether the tokens live in a file.
func (s *Store) Spilled() bool { return s.array.Spilled() }

// Tokens is a view of the patch tokens of one image and stage, [P,C] row-major: writing to it
// writes to the store. It is valid until Close; its indices must be within the shape.
func (s *Store) Tokens(stage, image int) []float32 {
	from, to := s.span(stage, image)
	return s.array.Slice(from, to)
}

// Release lets the pages of one image and stage go from resident memory. The tokens stay what they
// are and views stay valid. In memory it does nothing.
func (s *Store) Release(stage, image int) { s.array.Release(s.span(stage, image)) }

// Close frees the memory and the file. No view may be used afterwards.
func (s *Store) Close() error { return s.array.Close() }

func (s *Store) span(stage, image int) (from, to int64) {
	if uint(stage) >= uint(s.shape.Stages) || uint(image) >= uint(s.shape.Images) {
		panic(fmt.Sprintf("features: stage %d, image %d of %v", stage, image, s.shape))
	}
	size := int64(s.shape.Patches()) * int64(s.shape.Channels)
	from = (int64(stage)*int64(s.stride) + int64(s.first+image)) * size
	return from, from + size
}
