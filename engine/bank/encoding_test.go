package bank

import (
	"math"
	"slices"
	"testing"

	"github.com/x448/float16"
)

// through encodes and decodes tokens of so many channels.
func through(e Encoding, tokens []float32, channels int, active []bool) []float32 {
	shape := Shape{Views: 1, Stages: 1, Height: 1, Width: len(tokens) / channels, Channels: channels,
		Encoding: e}
	kept, back := make([]byte, shape.stageSize()), make([]float32, len(tokens))
	e.encode(kept, tokens, channels, active)
	e.decode(back, kept, channels, active)
	return back
}

func TestFloat16KeepsElevenDigitsAtAnySize(t *testing.T) {
	plain := []float32{1, -0.5, 1.0009765625, 0x1p-20, 0, 0.333251953125} // all float16, or a power of two
	for _, power := range []int{0, 100, 112, -90, -120, 14, -14} {
		tokens := make([]float32, len(plain))
		for k := range plain {
			tokens[k] = float32(math.Ldexp(float64(plain[k]), power))
		}
		if got := through(Float16, tokens, 2, nil); !slices.Equal(got, tokens) {
			t.Errorf("2^%d: %v became %v", power, tokens, got)
		}
	}
	huge := []float32{math.Nextafter32(maxToken, 0), -1}
	if got := through(Float16, huge, 1, nil); got[0] != maxToken {
		t.Errorf("the largest becomes %v", got[0])
	}
}

func TestInt8IsExactAtTheEndsOfAChannel(t *testing.T) {
	tokens := []float32{1, 1000, 2, 1255, 3, 1001} // three patches of two channels
	got := through(Int8, tokens, 2, nil)
	if !slices.Equal([]float32{got[1], got[3], got[5]}, []float32{1000, 1255, 1001}) {
		t.Errorf("steps of one: %v", got)
	}
	for _, k := range []int{0, 4} {
		if math.Abs(float64(got[k]-tokens[k])) > 1e-6 {
			t.Errorf("the ends: %v", got)
		}
	}
	equal := []float32{7, 7, 7}
	if got := through(Int8, equal, 1, nil); !slices.Equal(got, equal) {
		t.Errorf("equal values: %v", got)
	}
}

// What inactive patches hold, also NaN, is neither kept nor changes the scale of the others.
func TestInactivePatchesHaveNoInfluence(t *testing.T) {
	nan := float32(math.NaN())
	tokens := []float32{1, 2, nan, 1e30, 3, 4}
	active := []bool{true, false, true}
	for e := range encodings {
		got := through(e, tokens, 2, active)
		want := through(e, []float32{1, 2, 3, 4}, 2, nil)
		if !slices.Equal(got, []float32{want[0], want[1], 0, 0, want[2], want[3]}) {
			t.Errorf("%v: %v", e, got)
		}
	}
	if got := through(Int8, tokens, 2, make([]bool, 3)); slices.Max(got) != 0 {
		t.Errorf("none active: %v", got)
	}
}

func TestEncodingHasAName(t *testing.T) {
	for e := range encodings {
		var back Encoding
		if err := back.UnmarshalText([]byte(e.String())); err != nil || back != e {
			t.Errorf("%v read as %v: %v", e, back, err)
		}
	}
	var e Encoding
	if err := e.UnmarshalText([]byte("float64")); err == nil || encodings.String() != "Encoding(3)" {
		t.Errorf("%v, %v", e, err)
	}
}

func TestTableOfFloat16(t *testing.T) {
	for bits := range 1 << 16 {
		want, got := float16.Frombits(uint16(bits)).Float32(), float16Values()[bits]
		if math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("%#x: %v, want %v", bits, got, want)
		}
	}
}
