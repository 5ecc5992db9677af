package rscin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"musc/cgo/cpu"
	"musc/engine/fault"
)

// nearestByGemm is what Nearest must return for all rows: the same bytes.
func nearestByGemm(tokens []float32, n, d, k int) []Neighbour {
	result := make([]Neighbour, 0, n*min(k, n))
	for _, row := range similarities(tokens, n, d) {
		for _, j := range largest(row, min(k, n)) {
			result = append(result, Neighbour{int32(j), row[j]})
		}
	}
	return result
}

func eachLevel(t *testing.T, test func()) {
	t.Helper()
	before := cpu.Level()
	defer func() {
		if err := cpu.Use(before); err != nil {
			t.Fatal(err)
		}
	}()
	for _, name := range cpu.Levels() {
		if err := cpu.Use(name); err != nil {
			t.Fatal(err)
		}
		test()
	}
}

// same fails unless the neighbours are the same to the last bit.
func same(t *testing.T, what string, got, want []Neighbour, k int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s, %s: %d neighbours, want %d", what, cpu.Level(), len(got), len(want))
	}
	for i := range want {
		if got[i].Row != want[i].Row ||
			math.Float64bits(got[i].Similarity) != math.Float64bits(want[i].Similarity) {
			t.Fatalf("%s, %s: neighbour %d of row %d: %v, want %v", what, cpu.Level(), i%k, i/k,
				got[i], want[i])
		}
	}
}

// Images around where gonum's product changes its order of additions (64), its blocks of rows (256)
// and ours (96, 2048); entries around the products it sums up by themselves (64).
func TestNeighboursAreThoseOfGemmToTheBit(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ n, d int }{
		{1, 1}, {1, 70}, {2, 3}, {3, 64}, {7, 65}, {63, 130}, {64, 130}, {65, 130}, {65, 63},
		{97, 33}, {128, 200}, {129, 129}, {257, 384}, {300, 1}, {1000, 67},
	} {
		for name, batch := range batches {
			if size.n == 1000 && name != "near duplicates" && name != "of every size" {
				continue // the others take their time
			}
			if raceEnabled && size.n > 150 {
				continue // threads meet in the smaller ones as well
			}
			tokens := batch(random, size.n, size.d)
			all := nearestByGemm(tokens, size.n, size.d, size.n)
			for _, k := range []int{1, 9, size.n, size.n + 3} {
				if k >= size.n && size.n > 100 && name != "duplicates" {
					continue // everything in float64: once will do
				}
				var want []Neighbour
				for i := range size.n {
					want = append(want, all[i*size.n:][:min(k, size.n)]...)
				}
				eachLevel(t, func() {
					got, err := Nearest(t.Context(), InMemory(tokens, size.d), 0, size.n, k,
						Options{Threads: 1 + random.IntN(4)})
					if err != nil {
						t.Fatal(err)
					}
					same(t, fmt.Sprintf("%s, %v, k %d", name, size, k), got, want, min(k, size.n))
				})
			}
		}
	}
}

// More images than a block of rows and two of columns.
func TestBlocksChangeNoBit(t *testing.T) {
	const n, d, k = 2*blockColumns + 77, 24, 5
	random := rand.New(rand.NewPCG(1, 3))
	for _, name := range []string{"near duplicates", "a few are huge"} {
		if raceEnabled && name != "near duplicates" {
			continue
		}
		tokens := batches[name](random, n, d)
		want := nearestByGemm(tokens, n, d, k)
		for _, rows := range [][2]int{{0, n}, {1, 98}, {2047, 2049}, {n - 1, n}, {5, 5}, {90, 4090}} {
			for _, threads := range []int{0, 2, 3, 8} {
				done := 0
				got, err := Nearest(t.Context(), InMemory(tokens, d), rows[0], rows[1], k,
					Options{Threads: threads, Progress: func(rows int) {
						if rows < done {
							t.Errorf("progress fell from %d to %d", done, rows)
						}
						done = rows
					}})
				if err != nil {
					t.Fatal(err)
				}
				same(t, fmt.Sprintf("%s, rows %v, %d threads", name, rows, threads), got,
					want[rows[0]*k:rows[1]*k], k)
				if done != rows[1]-rows[0] {
					t.Errorf("rows %v: told of %d", rows, done)
				}
			}
		}
	}
}

// A source that fails, a context that ends and rows that are not there.
func TestNearestTellsWhatWentWrong(t *testing.T) {
	nan := float32(math.NaN())
	good := InMemory(make([]float32, 3*blockColumns), 1)
	bad := make([]float32, 3*blockColumns)
	bad[blockColumns+3] = nan
	ended, end := context.WithCancel(t.Context())
	end()
	broken := errors.New("the disk is gone")
	ioKind := fault.KindOf(broken)
	for name, c := range map[string]struct {
		ctx            context.Context
		tokens         Tokens
		first, last, k int
		kind           fault.Kind
		is             error
		says           string
	}{
		"a row too many": {t.Context(), good, 0, 3*blockColumns + 1, 1, fault.Usage, nil, "among 6144"},
		"negative row":   {t.Context(), good, -1, 2, 1, fault.Usage, nil, "images -1 to 1"},
		"rows reversed":  {t.Context(), good, 3, 2, 1, fault.Usage, nil, "images 3 to 1"},
		"no neighbours":  {t.Context(), good, 0, 2, 0, fault.Usage, nil, "the 0 nearest"},
		"not a number": {t.Context(), InMemory(bad, 1), 0, 2, 1, fault.Input, nil,
			"row 2051: entry 0 of its class token is NaN"},
		"ended": {ended, good, 0, 2, 1, fault.KindOf(context.Canceled), context.Canceled, ""},
		"unreadable rows": {t.Context(), failing{good, 0, broken}, 0, 2, 1, ioKind, broken,
			"images 0 to 1"},
		"unreadable columns": {t.Context(), failing{good, 5000, broken}, 0, 2, 1, ioKind, broken,
			"images 4096 to 6143"},
	} {
		_, err := Nearest(c.ctx, c.tokens, c.first, c.last, c.k, Options{Threads: 2})
		if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) ||
			c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v of kind %v", name, err, fault.KindOf(err))
		}
	}
}

// failing cannot read image `at`.
type failing struct {
	Tokens
	at  int
	err error
}

func (f failing) Read(dst []float32, first, count int) error {
	if first <= f.at && f.at < first+count {
		return f.err
	}
	return f.Tokens.Read(dst, first, count)
}
