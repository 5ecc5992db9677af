package features

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// A part of a part has the tokens and the masks of the images it names, in either direction.
func TestPartsShareTokensAndMasks(t *testing.T) {
	for name, store := range stores(t, Shape{Stages: 2, Images: 6, Height: 1, Width: 3, Channels: 2}) {
		for stage := range 2 {
			for image := range 6 {
				store.Tokens(stage, image)[0] = stamp(stage, image, 0)
			}
		}
		store.SetActive(3, []bool{true, false, true})
		part := store.Part(1, 4).Part(1, 3) // images 2 to 4
		if part.Shape().Images != 3 {
			t.Errorf("%s: %v", name, part.Shape())
		}
		for stage := range 2 {
			for image := range 3 {
				if got := part.Tokens(stage, image)[0]; got != stamp(stage, image+2, 0) {
					t.Errorf("%s: stage %d, image %d: %v", name, stage, image, got)
				}
			}
		}
		if part.Active(0) != nil || !slices.Equal(part.Active(1), []bool{true, false, true}) {
			t.Errorf("%s: masks %v, %v", name, part.Active(0), part.Active(1))
		}
		part.SetActive(2, []bool{false, true, true})
		if !slices.Equal(store.Active(4), []bool{false, true, true}) || store.Active(2) != nil {
			t.Errorf("%s: masks of the store %v, %v", name, store.Active(4), store.Active(2))
		}
		part.Release(1, 2)
		if got := part.Tokens(1, 2)[0]; got != stamp(1, 4, 0) {
			t.Errorf("%s: after a release: %v", name, got)
		}
	}
}

// A mask that leaves nothing out is none, and one can be taken back.
func TestMasksOfAllPatches(t *testing.T) {
	store := NewMemory(Shape{Stages: 1, Images: 1, Height: 1, Width: 2, Channels: 1})
	defer store.Close()
	for _, active := range [][]bool{{true, true}, nil} {
		store.SetActive(0, []bool{false, false})
		if store.SetActive(0, active); store.Active(0) != nil {
			t.Errorf("%v: %v", active, store.Active(0))
		}
	}
}

// What takes no part is neither looked at nor kept; what does is judged as if it were alone.
func TestAcceptLooksAtActivePatchesOnly(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		tokens, want []float32 // three patches of two channels
		active       []bool
		bad          int // patch that is refused; -1: none
	}{
		"not finite beside":  {[]float32{1, 2, nan, inf, 3, 4}, []float32{1, 2, 0, 0, 3, 4}, []bool{true, false, true}, -1},
		"not finite within":  {[]float32{nan, 2, 1, 1, inf, 4}, nil, []bool{false, true, true}, 2},
		"huge beside":        {[]float32{1e30, 2, 1, -1, 2, 1}, []float32{0, 0, 1, -1, 2, 1}, []bool{false, true, true}, -1},
		"tiny beside huge":   {[]float32{1, 1, 0x1p-40, 0, 0, 0}, []float32{0, 0, 1, 0, 0, 0}, []bool{false, true, true}, -1},
		"faint within":       {[]float32{1, -1, 9, 9, 1e-25, -1e-25}, nil, []bool{true, false, true}, 2},
		"a mean of the rest": {[]float32{1, 1, -2, -2, 1e-25, -1e-25}, []float32{1, 1, 0, 0, 1e-25, -1e-25}, []bool{true, false, true}, -1},
		"nothing takes part": {[]float32{nan, 1, 2, 3, 4, 5}, make([]float32, 6), make([]bool, 3), -1},
	} {
		store := NewMemory(Shape{Stages: 1, Images: 1, Height: 1, Width: 3, Channels: 2})
		copy(store.Tokens(0, 0), c.tokens)
		store.SetActive(0, c.active)
		err := store.Accept(0, 0)
		var faint *Faint
		var place *NonFinite
		switch {
		case c.bad < 0 && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.bad < 0 && !slices.Equal(store.Tokens(0, 0), c.want):
			t.Errorf("%s: %v, want %v", name, store.Tokens(0, 0), c.want)
		case c.bad >= 0 && !(errors.As(err, &faint) && faint.Patch == c.bad) &&
			!(errors.As(err, &place) && place.Patch == c.bad):
			t.Errorf("%s: %v", name, err)
		}
		store.Close()
	}
}

// The mean that tells whether a patch is faint is that of the active patches alone: exactly 2^-60 is
// not faint, less is.
func TestMeanOfActivePatches(t *testing.T) {
	const faint = 0x1p-70
	for last, refused := range map[float32]bool{6 * 0x1p-60: false, 5 * 0x1p-60: true} {
		store := NewMemory(Shape{Stages: 1, Images: 1, Height: 2, Width: 2, Channels: 2})
		copy(store.Tokens(0, 0), []float32{1, 0, 3, 4, faint, -faint, -1, last})
		store.SetActive(0, []bool{true, false, true, true})
		if err := store.Accept(0, 0); (err != nil) != refused {
			t.Errorf("a mean of %g: %v", last/6, err)
		}
		store.Close()
	}
}
