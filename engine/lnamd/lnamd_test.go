package lnamd

import (
	"math"
	"math/rand/v2"
	"testing"

	"musc/engine/fault"
)

// tokens draws [P,C] values with one channel far larger than the rest, as backbones have.
func tokens(patches, channels int) []float32 {
	random := rand.New(rand.NewPCG(uint64(patches), uint64(channels)))
	values := make([]float32, patches*channels)
	for k := range values {
		values[k] = float32(random.NormFloat64())
		if k%channels == channels/3 {
			values[k] += 50
		}
	}
	return values
}

func widen(values []float32) []float64 {
	wide := make([]float64, len(values))
	for k, x := range values {
		wide[k] = float64(x)
	}
	return wide
}

func TestMomentsNormalise(t *testing.T) {
	for _, sizes := range [][2]int{{1, 1}, {1, 7}, {9, 3}, {256, 384}} {
		raw := tokens(sizes[0], sizes[1])
		want := widen(raw)
		NormaliseDefinition(want, want)
		mean, scale := Moments(raw)
		for k, x := range raw {
			if got := (float64(x) - mean) * scale; math.Abs(got-want[k]) > 1e-12 {
				t.Fatalf("%v: value %d is %v, want %v", sizes, k, got, want[k])
			}
		}
	}
}

// A mean a million times larger than the spread takes no digit of the variance: the squares are of
// the differences. Six values and one that is 1/16 larger have a variance of 6/49/16^2.
func TestMomentsOfValuesFarFromZero(t *testing.T) {
	raw := []float32{1e6, 1e6, 1e6, 1e6 + 0.0625, 1e6, 1e6, 1e6}
	wantMean, wantScale := 1e6+0.0625/7, 1/math.Sqrt(6./49/256+1e-5)
	mean, scale := Moments(raw)
	if math.Abs(mean-wantMean) > 1e-9 || math.Abs(scale/wantScale-1) > 1e-9 {
		t.Errorf("mean %v, scale %v; want %v, %v", mean, scale, wantMean, wantScale)
	}
	normalised := make([]float64, len(raw))
	NormaliseDefinition(normalised, widen(raw))
	for k, x := range raw {
		if want := (float64(x) - wantMean) * wantScale; math.Abs(normalised[k]-want) > 1e-8 {
			t.Errorf("value %d is %v, want %v", k, normalised[k], want)
		}
	}
}

// Four sums run side by side, so that 1 is added to 2^54 twice and lost each time; one after the
// other it would be lost once.
func TestOrderOfTheSumIsFixed(t *testing.T) {
	for _, c := range []struct {
		values []float32
		mean   float64
	}{
		{[]float32{0x1p54, 1, -0x1p54, 1}, 0},
		{[]float32{0x1p54, -0x1p54, 1, 1}, 0.5},
		{[]float32{0x1p54, 1, -0x1p54}, 0},
		{[]float32{0x1p54, -0x1p54, 1}, 1. / 3},
	} {
		if mean, _ := Moments(c.values); mean != c.mean {
			t.Errorf("%v: mean %v, want %v", c.values, mean, c.mean)
		}
	}
}

func TestAggregatedTokensHaveUnitLength(t *testing.T) {
	const height, width, channels = 6, 5, 24
	raw := widen(tokens(height*width, channels))
	NormaliseDefinition(raw, raw)
	pooled := make([]float64, len(raw))
	AggregateDefinition(pooled, raw, height, width, channels, 3)
	for p := range height * width {
		squares := 0.0
		for _, x := range pooled[p*channels:][:channels] {
			squares += x * x
		}
		if math.Abs(squares-1) > 1e-12 {
			t.Errorf("patch %d has squared length %v", p, squares)
		}
	}
}

// An image of one colour can give equal tokens everywhere: variance 0, then tokens of length 0.
func TestConstantImageStaysZero(t *testing.T) {
	const height, width, channels = 3, 4, 5
	tokens, pooled := make([]float64, height*width*channels), make([]float64, height*width*channels)
	for k := range tokens {
		tokens[k] = 0.5
	}
	NormaliseDefinition(tokens, tokens)
	AggregateDefinition(pooled, tokens, height, width, channels, 3)
	for k := range pooled {
		if pooled[k] != 0 {
			t.Fatalf("value %d: %v", k, pooled[k])
		}
	}
}

func TestCheckDegree(t *testing.T) {
	for _, degree := range []int{1, 3, 5, 99} {
		if err := CheckDegree(degree); err != nil {
			t.Errorf("degree %d: %v", degree, err)
		}
	}
	for _, degree := range []int{-3, -1, 0, 2, 4} {
		if err := CheckDegree(degree); fault.KindOf(err) != fault.Usage {
			t.Errorf("degree %d: %v", degree, err)
		}
	}
}
