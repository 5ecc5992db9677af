package rscin

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestNormaliseToLengthOne(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, c := range map[string]struct{ token, want []float32 }{
		"3 4 0":          {[]float32{3, -4, 0}, []float32{.6, -.8, 0}},
		"zero":           {[]float32{0, 0, 0}, []float32{0, 0, 0}},
		"length one":     {[]float32{0, 0, 1}, []float32{0, 0, 1}},
		"largest":        {[]float32{math.MaxFloat32, 0, 0}, []float32{1, 0, 0}},
		"smallest":       {[]float32{0, math.SmallestNonzeroFloat32, 0}, []float32{0, 1, 0}},
		"not finite":     {[]float32{1, inf, 2}, []float32{1, inf, 2}},
		"not a number":   {[]float32{nan, 3, 4}, []float32{nan, 3, 4}},
		"of one entry":   {[]float32{-7}, []float32{-1}},
		"no class token": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := append(append([]float32{}, c.token...), c.token...) // two alike
			Normalise(got, max(len(c.token), 1))
			for k, value := range got {
				want := c.want[k%len(c.want)]
				if value != want && !(math.IsNaN(float64(value)) && math.IsNaN(float64(want))) {
					t.Errorf("entry %d is %v, want %v", k, value, want)
				}
			}
		})
	}
}

// A token's length has no say any more: neighbours are those of the same direction.
func TestNormalisedTokensFindTheSameDirection(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	for _, n := range []int{1, 2, 5, 13} {
		const d = 3
		tokens, scaled := make([]float32, n*d), make([]float32, n*d)
		scores := make([]float64, n)
		for i := range n {
			scores[i] = random.Float64()
			factor := float32(uint(1) << random.IntN(8)) // a power of two rounds nothing
			for c := range d {
				tokens[i*d+c] = float32(random.NormFloat64())
				if c == 0 {
					tokens[i*d] += 4 // similarities stay positive
				}
				scaled[i*d+c] = factor * tokens[i*d+c]
			}
		}
		Normalise(tokens, d)
		Normalise(scaled, d)
		want, err := Rescore(scores, tokens, n, d, []int{2, 3})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Rescore(scores, scaled, n, d, []int{2, 3})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%d images, image %d: %v, want %v", n, i, got[i], want[i])
			}
		}
	}
}
