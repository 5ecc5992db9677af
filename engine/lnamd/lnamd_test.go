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
