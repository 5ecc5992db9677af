package evidence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"musc/cgo/cpu"
)

// unitTokens are tokens of length 1, every fifth one like the one before it.
func unitTokens(random *rand.Rand, count, channels int) []float32 {
	tokens := make([]float32, count*channels)
	for p := range count {
		token, squares := tokens[p*channels:][:channels], 0.0
		for c := range token {
			token[c] = float32(random.NormFloat64())
			squares += float64(token[c]) * float64(token[c])
		}
		for c := range token {
			token[c] *= float32(1 / math.Sqrt(squares))
		}
		if p%5 == 4 {
			copy(token, tokens[(p-1)*channels:])
		}
	}
	return tokens
}

// nearestDefinition compares a token with all of an image.
func nearestDefinition(query, tokens []float32) (squared float64, patch int) {
	squared = math.Inf(1)
	for p := range len(tokens) / len(query) {
		sum := 0.0
		for c, x := range query {
			d := float64(x) - float64(tokens[p*len(query)+c])
			sum += d * d
		}
		if sum < squared {
			squared, patch = sum, p
		}
	}
	return squared, patch
}

func TestNearestPatches(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	for _, queries := range []int{1, 2, 15, 17, 49} {
		for _, patches := range []int{1, 2, 9, 97} {
			for _, channels := range []int{1, 3, 64, 131} {
				t.Run(fmt.Sprint(queries, patches, channels), func(t *testing.T) {
					tokens := unitTokens(random, patches, channels)
					if patches > 2 {
						clear(tokens[channels : 2*channels])
					}
					rows := unitTokens(random, queries, channels)
					copy(rows, tokens[patches/2*channels:][:channels])
					packed := make([]float32, cpu.PackedLen(queries, channels))
					cpu.Pack(packed, rows, channels)
					f := newFinder(patches, queries)
					f.nearest(rows, packed, tokens, channels, nil)
					for k := range queries {
						squared, patch := nearestDefinition(rows[k*channels:][:channels], tokens)
						if !(math.Abs(f.squared[k]-squared) <= 1e-6) || f.patches[k] != patch {
							t.Errorf("query %d: patch %d at %v, want %d at %v", k, f.patches[k],
								f.squared[k], patch, squared)
						}
					}
					if f.squared[0] != 0 {
						t.Errorf("the distance of a token to itself is %v", f.squared[0])
					}
				})
			}
		}
	}
}
