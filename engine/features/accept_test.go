package features

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestAcceptFindsTheFirstThatIsNotFinite(t *testing.T) {
	store := NewMemory(Shape{Stages: 2, Images: 3, Height: 2, Width: 2, Channels: 5})
	defer store.Close()
	tokens := store.Tokens(1, 2)
	for _, bad := range []float64{math.NaN(), -math.NaN(), math.Inf(1), math.Inf(-1)} {
		tokens[3*5+4] = float32(math.NaN()) // a later one
		tokens[2*5+3] = float32(bad)
		var place *NonFinite
		if err := store.Accept(1, 2); !errors.As(err, &place) {
			t.Fatalf("%v: got %v", bad, err)
		}
		if place.Stage != 1 || place.Image != 2 || place.Patch != 2 || place.Channel != 3 {
			t.Errorf("%v found at %+v", bad, *place)
		}
		if !strings.Contains(place.Error(), "at stage 1, patch 2, channel 3 of image 2") {
			t.Errorf("%v", place)
		}
	}
	if err := store.Accept(0, 2); err != nil {
		t.Errorf("another stage: %v", err)
	}
}

// Images of tiny and of huge values are brought to about 1, digit by digit the same; others stay.
func TestAcceptLiftsByAPowerOfTwo(t *testing.T) {
	plain := []float32{0.75, -1.5, 0.25, 0, 1, 0.5}
	for _, c := range []struct{ power, kept int }{
		{0, 0}, {31, 31}, {32, 0}, {-32, -32}, {-33, 0}, {-120, 0}, {126, 0}, {-142, 0},
	} {
		store := NewMemory(Shape{Stages: 1, Images: 2, Height: 1, Width: 2, Channels: 3})
		defer store.Close()
		scale := func(power int) []float32 {
			values := make([]float32, len(plain))
			for k, value := range plain {
				values[k] = float32(math.Ldexp(float64(value), power))
			}
			return values
		}
		copy(store.Tokens(0, 1), scale(c.power))
		if err := store.Accept(0, 1); err != nil {
			t.Fatal(err)
		}
		if got := store.Tokens(0, 1); !slices.Equal(got, scale(c.kept)) {
			t.Errorf("2^%d became %v", c.power, got)
		}
		if got := store.Tokens(0, 0); slices.Max(got) != 0 {
			t.Errorf("the other image became %v", got)
		}
	}
}

func TestNarrow(t *testing.T) {
	for name, c := range map[string]struct {
		wide []float64
		want []float32
	}{
		"ordinary":  {[]float64{1, -0.5, 1 + 0x1p-50}, []float32{1, -0.5, 1}},
		"too small": {[]float64{0x1p-200, -0x1p-202}, []float32{1, -0.25}},
		"too large": {[]float64{0x1p-3, -0x1p+300}, []float32{0, -1}},
		"zeros":     {[]float64{0, 0}, []float32{0, 0}},
		"infinite":  {[]float64{1, math.Inf(-1)}, []float32{1, float32(math.Inf(-1))}},
	} {
		got := make([]float32, len(c.wide))
		if Narrow(got, c.wide); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	got := make([]float32, 2)
	if Narrow(got, []float64{math.NaN(), 1e300}); !math.IsNaN(float64(got[0])) {
		t.Errorf("NaN became %v", got[0])
	}
}

func TestAcceptRefusesAFaintPatch(t *testing.T) {
	for name, c := range map[string]struct {
		tokens []float32 // three patches of two channels
		patch  int       // -1: none
	}{
		"faint beside the others":      {[]float32{1, -1, 1e-25, -1e-25, 2, -2}, 1},
		"the faintest of two":          {[]float32{1e-20, -1e-20, 1, -1, 1e-22, -1e-22}, 2},
		"not faint enough":             {[]float32{1, -1, 0x1p-59, -0x1p-59, 1, -1}, -1},
		"just too faint":               {[]float32{1, -1, 0x1p-61, -0x1p-61, 1, -1}, 1},
		"zero is not faint":            {[]float32{1, -1, 0, 0, 1, -1}, -1},
		"all tiny alike":               {[]float32{1e-25, -1e-25, 2e-25, -2e-25, 1e-25, 0}, -1},
		"a mean that is not faint":     {[]float32{1, 1, 1e-25, 1e-25, 2, 1}, -1},
		"a negative mean is as good":   {[]float32{-1, -1, 1e-25, 1e-25, -2, -1}, -1},
		"a faint mean helps nothing":   {[]float32{1, -1, 3e-25, 3e-25, 1, -1}, 1},
		"faint in one channel alone":   {[]float32{1, -1, 1e-25, -1, 2, -1}, -1},
		"all zero":                     {make([]float32, 6), -1},
		"faint, in an image of huge":   {[]float32{1e30, -1e30, 1, -1, 1e30, -1e30}, 1},
		"lifted beside what is faint?": {[]float32{1e-30, -1e-30, 1e-45, 0, 1e-30, -1e-30}, -1},
	} {
		store := NewMemory(Shape{Stages: 1, Images: 1, Height: 1, Width: 3, Channels: 2})
		copy(store.Tokens(0, 0), c.tokens)
		err := store.Accept(0, 0)
		var faint *Faint
		switch {
		case c.patch < 0 && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.patch >= 0 && (!errors.As(err, &faint) || faint.Patch != c.patch):
			t.Errorf("%s: %v", name, err)
		}
		store.Close()
	}
	err := &Faint{Stage: 1, Image: 2, Patch: 3, Ratio: 1e-25}
	if got := err.Error(); got != "patch 3 of image 2, stage 1, is 1e-25 of the size of the image's "+
		"largest values" {
		t.Error(got)
	}
}
