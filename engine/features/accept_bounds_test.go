package features

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// accept gives the tokens of three patches of two channels to Accept, and what it made of them.
func accept(t *testing.T, tokens ...float32) ([]float32, error) {
	t.Helper()
	store := NewMemory(Shape{Stages: 1, Images: 1, Height: 1, Width: 3, Channels: 2})
	defer store.Close()
	copy(store.Tokens(0, 0), tokens)
	err := store.Accept(0, 0)
	return slices.Clone(store.Tokens(0, 0)), err
}

func TestInfinityAloneIsFound(t *testing.T) {
	var place *NonFinite
	if _, err := accept(t, 1, 2, 3, float32(math.Inf(-1)), 5, 6); !errors.As(err, &place) ||
		place.Patch != 1 || place.Channel != 1 {
		t.Errorf("got %v", err)
	}
	if _, err := accept(t, 1, 2, 3, math.MaxFloat32, 5, 6); err != nil {
		t.Errorf("the largest number there is: %v", err)
	}
}

// Exactly 2^-32 and 2^32 stay; the next floats beyond them come to 1 to 2, as do a whole image's.
func TestBoundsOfLifting(t *testing.T) {
	beyond := func(bound, towards float32) float32 { return math.Nextafter32(bound, towards) }
	small, large := beyond(0x1p-32, 0), beyond(0x1p+32, math.MaxFloat32)
	for value, want := range map[float32]float32{
		0x1p-32: 0x1p-32, 0x1p+32: 0x1p+32,
		small: small * 0x1p33, large: large * 0x1p-32,
	} {
		tokens := []float32{value, -value, value, -value, value, -value}
		wanted := []float32{want, -want, want, -want, want, -want}
		if got, err := accept(t, tokens...); err != nil || !slices.Equal(got, wanted) {
			t.Errorf("Accept: %g became %v, %v, want %g", value, got, err, want)
		}
		narrow := make([]float32, 2)
		if Narrow(narrow, []float64{float64(value), -float64(value)}); !slices.Equal(narrow,
			wanted[:2]) {
			t.Errorf("Narrow: %g became %v, want %g", value, narrow, want)
		}
	}
}

// A patch of exactly 2^-60 of the image is not faint, nor is any if the mean is exactly that much.
// The mean of the six values is the last one's sixth.
func TestBoundsOfFaintness(t *testing.T) {
	const faint = 0x1p-70
	for name, c := range map[string]struct {
		tokens []float32
		patch  int // -1: none
	}{
		"exactly 2^-60":        {[]float32{1, -1, 0x1p-60, -0x1p-60, 1, -1}, -1},
		"a little less":        {[]float32{1, -1, 0x1.fffffep-61, -0x1.fffffep-61, 1, -1}, 1},
		"mean of 2^-60":        {[]float32{1, 0, faint, -faint, -1, 6 * 0x1p-60}, -1},
		"mean of less":         {[]float32{1, 0, faint, -faint, -1, 5 * 0x1p-60}, 1},
		"larger, mean of less": {[]float32{4, 0, faint, -faint, -4, 18 * 0x1p-60}, 1},
		"larger, mean of more": {[]float32{4, 0, faint, -faint, -4, 24 * 0x1p-60}, -1},
		"the first of two":     {[]float32{faint, -faint, faint, -faint, 1, -1}, 0},
	} {
		_, err := accept(t, c.tokens...)
		var place *Faint
		if c.patch < 0 && err != nil ||
			c.patch >= 0 && (!errors.As(err, &place) || place.Patch != c.patch) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
