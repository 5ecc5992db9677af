package rscin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Products that are as wrong as the bound allows, up or down, lead to the same neighbours; so few
// are computed in float64 that the search is worth its while.
func TestProductsMayBeAsWrongAsTheBoundSays(t *testing.T) {
	const n, d, k = 400, 100, 5
	random := rand.New(rand.NewPCG(2, 1))
	for _, name := range []string{"random", "look-alikes", "near duplicates", "a few are huge"} {
		tokens := batches[name](random, n, d)
		want := nearestByGemm(tokens, n, d, k)
		columns, w := newBlock(n, d), newWorker(n, d, k, n)
		if err := columns.read(InMemory(tokens, d), 0, n); err != nil {
			t.Fatal(err)
		}
		var got []Neighbour
		for i, row := range similarities(tokens, n, d) {
			products := make([]float32, n)
			for j := range products {
				margin := w.margin(columns.norms[i], columns.norms[j])
				if math.IsInf(margin, 1) {
					products[j] = float32(math.NaN())
					continue
				}
				products[j] = float32(row[j] + margin*0.98*float64(1-2*random.IntN(2)))
			}
			best := make([]Neighbour, k)
			w.update(best[:0], tokens[i*d:][:d], columns.norms[i], products, columns)
			got = append(got, best...)
		}
		same(t, name, got, want, k)
		if name == "random" && w.exact > 2*n*k {
			t.Errorf("%d entries were computed in float64, of %d neighbours", w.exact, n*k)
		}
	}
}

func TestRoundDown(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.1, -0.1, 1e300, -1e300, 1e-300, -1e-300,
		math.Inf(1), math.Inf(-1), math.MaxFloat32, 1 + 0x1p-24, 1 + 0x1p-52} {
		t.Run(fmt.Sprint(x), func(t *testing.T) {
			y := float64(roundDown(x))
			if !(y <= x) || math.Abs(x) < 1e38 && y < x-math.Abs(x)*0x1p-22-0x1p-148 {
				t.Errorf("%g", y)
			}
		})
	}
}
