package rscin

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/fault"
)

func TestScoresAreThoseOfGemmToTheBit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 4))
	for _, n := range []int{1, 2, 3, 50, 65, 300} {
		for name, batch := range batches {
			for _, windows := range [][]int{{2, 3}, {1}, {}, {9, 1, 2, 9}, {n}, {n + 1, 2}} {
				tokens, scores := batch(random, n, 70), make([]float64, n)
				for i := range scores {
					scores[i] = random.NormFloat64()
				}
				want, wantErr := rescoreByGemm(scores, tokens, n, 70, windows)
				got, err := Rescore(scores, tokens, n, 70, windows)
				if fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Fatalf("%s, %d images, windows %v: %v, want %v", name, n, windows, err, wantErr)
				}
				for i := range want {
					if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
						t.Fatalf("%s, %d images, windows %v: row %d: %v, want %v", name, n, windows,
							i, got[i], want[i])
					}
				}
			}
		}
	}
}

// Rows divided over tasks, then combined a task at a time or all at once, are the batch.
func TestTasksCombineToTheBatch(t *testing.T) {
	const n, d = 200, 40
	random := rand.New(rand.NewPCG(1, 5))
	windows := []int{2, 7}
	tokens, scores := batches["look-alikes"](random, n, d), make([]float64, n)
	for i := range scores {
		scores[i] = random.Float64()
	}
	want, err := Rescore(scores, tokens, n, d, windows)
	if err != nil {
		t.Fatal(err)
	}
	scaled, err := Scale(scores)
	if err != nil {
		t.Fatal(err)
	}
	var all []Neighbour
	var parts []float64
	for first := 0; first < n; first += 33 {
		last := min(first+33, n)
		nearest, err := Nearest(t.Context(), InMemory(tokens, d), first, last, 7, Options{})
		if err != nil {
			t.Fatal(err)
		}
		part, err := CombineRows(scaled, first, last, nearest, windows)
		if err != nil {
			t.Fatal(err)
		}
		all, parts = append(all, nearest...), append(parts, part...)
	}
	whole, err := CombineRows(scaled, 0, n, all, windows)
	if err != nil || !slices.Equal(whole, want) || !slices.Equal(parts, want) {
		t.Fatalf("the tasks give other scores, or %v", err)
	}
}

func TestCombineChecksWhatItIsGiven(t *testing.T) {
	two := []Neighbour{{0, 1}, {1, 1}, {1, 1}, {0, 1}}
	for name, c := range map[string]struct {
		scores     []float64
		neighbours []Neighbour
		windows    []int
	}{
		"too few":          {[]float64{1, 2}, two[:3], []int{2}},
		"too many":         {[]float64{1, 2}, two, []int{1}},
		"window zero":      {[]float64{1, 2}, two, []int{0}},
		"no such image":    {[]float64{1, 2}, []Neighbour{{0, 1}, {2, 1}, {1, 1}, {0, 1}}, []int{2}},
		"a negative image": {[]float64{1, 2}, []Neighbour{{0, 1}, {-1, 1}, {1, 1}, {0, 1}}, []int{2}},
	} {
		_, err := CombineRows(c.scores, 0, len(c.scores), c.neighbours, c.windows)
		if fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Scale(nil); fault.KindOf(err) != fault.Usage {
		t.Errorf("no images: %v", err)
	}
	if _, err := CombineRows([]float64{0, 1}, 1, 3, two, []int{2}); fault.KindOf(err) != fault.Usage {
		t.Errorf("a row too many: %v", err)
	}
}
