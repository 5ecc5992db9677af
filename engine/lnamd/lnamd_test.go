package lnamd

import (
	"fmt"
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

func largestDifference(got []float32, want []float64) float64 {
	largest := 0.0
	for k := range want {
		difference := math.Abs(float64(got[k]) - want[k])
		if !(difference <= largest) { // also NaN
			largest = difference
		}
	}
	return largest
}

func TestFastAgreesWithDefinition(t *testing.T) {
	for _, grid := range [][3]int{
		{1, 1, 1}, {1, 1, 7}, {1, 2, 3}, {2, 1, 4}, {2, 3, 5}, {5, 1, 6}, {1, 9, 6}, {3, 3, 17},
		{5, 11, 20}, {7, 7, 33}, {16, 16, 48}, {13, 4, 31},
	} {
		height, width, channels := grid[0], grid[1], grid[2]
		raw := tokens(height*width, channels)
		want, got := widen(raw), make([]float32, len(raw))
		NormaliseDefinition(want, want)
		Normalise(got, raw)
		if d := largestDifference(got, want); d > 1e-6*math.Sqrt(float64(channels)) {
			t.Errorf("%dx%dx%d normalised: differs by %g", height, width, channels, d)
		}
		for _, degree := range []int{1, 3, 5, 7, 9, 25} {
			t.Run(fmt.Sprintf("%dx%dx%d degree %d", height, width, channels, degree),
				func(t *testing.T) {
					wantPooled := make([]float64, len(raw))
					AggregateDefinition(wantPooled, want, height, width, channels, degree)
					gotPooled := make([]float32, len(raw))
					for k := range gotPooled { // what stood there before must not matter
						gotPooled[k] = float32(math.NaN())
					}
					Aggregate(gotPooled, got, height, width, channels, degree)
					if d := largestDifference(gotPooled, wantPooled); d > 2e-6 {
						t.Errorf("differs by %g", d)
					}
				})
		}
	}
}

func TestAggregatedTokensHaveUnitLength(t *testing.T) {
	const height, width, channels = 6, 5, 24
	raw := tokens(height*width, channels)
	Normalise(raw, raw)
	pooled := make([]float32, len(raw))
	Aggregate(pooled, raw, height, width, channels, 3)
	for p := range height * width {
		if norm := math.Sqrt(sumSquares(pooled[p*channels:][:channels], 0)); math.Abs(norm-1) > 1e-6 {
			t.Errorf("patch %d has length %v", p, norm)
		}
	}
}

// An image of one colour can give equal tokens everywhere: variance 0, then tokens of length 0.
func TestConstantImageStaysZero(t *testing.T) {
	const height, width, channels = 3, 4, 5
	raw := make([]float32, height*width*channels)
	for k := range raw {
		raw[k] = 0.5
	}
	wide, normalised := widen(raw), make([]float32, len(raw))
	NormaliseDefinition(wide, wide)
	Normalise(normalised, raw)
	pooled, widePooled := make([]float32, len(raw)), make([]float64, len(raw))
	Aggregate(pooled, normalised, height, width, channels, 3)
	AggregateDefinition(widePooled, wide, height, width, channels, 3)
	for k := range pooled {
		if pooled[k] != 0 || widePooled[k] != 0 {
			t.Fatalf("value %d: %v, definition %v", k, pooled[k], widePooled[k])
		}
	}
}

func TestNaNStaysWithinItsWindow(t *testing.T) {
	const height, width, channels = 7, 7, 3
	normalised := tokens(height*width, channels)
	normalised[0] = float32(math.NaN())
	pooled := make([]float32, len(normalised))
	Aggregate(pooled, normalised, height, width, channels, 3)
	for p := range height * width {
		isNaN := math.IsNaN(float64(pooled[p*channels]))
		if near := p/width <= 1 && p%width <= 1; isNaN != near {
			t.Errorf("patch %d: NaN is %v", p, isNaN)
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

func BenchmarkLNAMD(b *testing.B) {
	const height, width, channels = 16, 16, 384 // ViT-S/14 at 224
	raw := tokens(height*width, channels)
	normalised, pooled := make([]float32, len(raw)), make([]float32, len(raw))
	b.Run("normalise", func(b *testing.B) {
		for b.Loop() {
			Normalise(normalised, raw)
		}
	})
	for _, degree := range []int{1, 3, 5} {
		b.Run(fmt.Sprintf("aggregate/degree=%d", degree), func(b *testing.B) {
			for b.Loop() {
				Aggregate(pooled, normalised, height, width, channels, degree)
			}
		})
	}
}
