package rscin

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
	"musc/engine/npy/npytest"
)

func TestScoresAgreeWithOracle(t *testing.T) {
	folders, err := filepath.Glob("../../testdata/fixtures/rscin_*")
	if err != nil || len(folders) < 6 {
		t.Fatalf("found %d fixtures, %v", len(folders), err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			var params struct{ Windows []int }
			text, err := os.ReadFile(filepath.Join(folder, "case.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &params); err != nil {
				t.Fatal(err)
			}
			scores := npytest.Values(t, filepath.Join(folder, "scores.npy"))
			tokens, shape := npytest.Singles(t, filepath.Join(folder, "class_tokens.npy"))
			want := npytest.Values(t, filepath.Join(folder, "rescored.npy"))
			got, err := Rescore(scores, tokens, shape[0], shape[1], params.Windows)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, want, 1e-9)
		})
	}
}

// definition is Eq. 4 and 5 as they read: a stable sort of every row of W.
func definition(scores []float64, tokens []float32, n, d int, windows []int) []float64 {
	low, high := slices.Min(scores), slices.Max(scores)
	scaled := make([]float64, n)
	for i, score := range scores {
		if high > low {
			scaled[i] = (score - low) / (high - low)
		}
	}
	result := slices.Clone(scaled)
	terms := 1.0
	for _, k := range windows {
		if k == 1 {
			continue
		}
		terms++
		for i := range n {
			similarity, order := make([]float64, n), make([]int, n)
			for j := range n {
				order[j] = j
				for c := range d {
					similarity[j] += float64(tokens[i*d+c]) * float64(tokens[j*d+c])
				}
			}
			slices.SortStableFunc(order, func(a, b int) int {
				switch {
				case similarity[a] > similarity[b]:
					return -1
				case similarity[a] < similarity[b]:
					return 1
				}
				return 0
			})
			var weighted, sum float64
			for _, j := range order[:min(k, n)] {
				weighted += similarity[j] * scaled[j]
				sum += similarity[j]
			}
			result[i] += weighted / sum
		}
	}
	for i := range result {
		result[i] /= terms
	}
	return result
}

// Small integers as tokens make every similarity exact, and ties frequent: duplicates among the
// rows, and other rows that are as similar. Sizes straddle the block of rows
// of the definition.
func TestTiesGoToTheLowestRow(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 3, 7, gemmRows - 1, gemmRows, 2*gemmRows + 1} {
		for _, windows := range [][]int{{2, 3}, {1}, {}, {1, 5}, {n}, {n + 3}, {9, 8, 9}} {
			t.Run(fmt.Sprintf("%d images, windows %v", n, windows), func(t *testing.T) {
				scores, tokens := make([]float64, n), make([]float32, 3*n)
				for i := range scores {
					scores[i] = random.Float64()
				}
				for i := range tokens {
					tokens[i] = float32(1 + random.IntN(3))
				}
				before := slices.Clone(scores)
				got, err := Rescore(scores, tokens, n, 3, windows)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(scores, before) {
					t.Fatal("the scores passed in were changed")
				}
				compare(t, got, definition(scores, tokens, n, 3, windows), 1e-12)
			})
		}
	}
}

func TestFaultsNameTheRow(t *testing.T) {
	nan := float32(math.NaN())
	cases := map[string]struct {
		scores []float64
		tokens []float32 // [n,2]
		row    int
	}{
		"zero class token":      {[]float64{1, 2, 3}, []float32{1, 0, 0, 0, 1, 1}, 1},
		"NaN in a class token":  {[]float64{1, 2, 3}, []float32{1, 0, 1, 1, 1, nan}, 2},
		"cancelling weights":    {[]float64{1, 2}, []float32{1, 0, -1, 0}, 0},
		"score is not a number": {[]float64{1, math.NaN(), 3}, []float32{1, 0, 0, 1, 1, 1}, 1},
		"score is infinite":     {[]float64{1, 2, math.Inf(1)}, []float32{1, 0, 0, 1, 1, 1}, 2},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Rescore(c.scores, c.tokens, len(c.scores), 2, []int{2})
			var row *RowError
			if !errors.As(err, &row) || row.Row != c.row || fault.KindOf(err) != fault.Input {
				t.Fatalf("got %v of kind %v, want row %d", err, fault.KindOf(err), c.row)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("row %d", c.row)) {
				t.Fatalf("%q does not name row %d", err, c.row)
			}
		})
	}
}

func TestProblemsAreTold(t *testing.T) {
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		scores []float64
		tokens []float32 // [n,2]
		want   string
	}{
		"token":      {[]float64{1, 2, 3}, []float32{1, 0, 1, 1, 1, nan}, "entry 1 of its class token is NaN"},
		"score":      {[]float64{1, math.Inf(1)}, []float32{1, 0, 0, 1}, "its score is +Inf"},
		"neighbours": {[]float64{1, 2}, []float32{1, 0, -1, 0}, "to its 2 nearest images sum to zero"},
	} {
		_, err := Rescore(c.scores, c.tokens, len(c.scores), 2, []int{2})
		var row *RowError
		if !errors.As(err, &row) || !strings.Contains(row.Problem, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Class tokens of one entry: W(i,j) = t(i) t(j).
func TestClassTokensOfOneEntry(t *testing.T) {
	got, err := Rescore([]float64{0, 0.5, 1}, []float32{1, 2, 4}, 3, 1, []int{2})
	if err != nil {
		t.Fatal(err)
	}
	mean := (4*1 + 2*0.5) / (4 + 2.) // images 2 and 1 are the nearest of all
	compare(t, got, []float64{mean / 2, (0.5 + mean) / 2, (1 + mean) / 2}, 1e-15)
}

// Weights whose sum is 2^-40 of their absolute values are rounding error, larger ones are not,
// whatever the size of the weights.
func TestWeightsThatCancel(t *testing.T) {
	for _, scale := range []float64{0x1p-20, 1, 0x1p20} {
		for rest, usable := range map[float64]bool{0: false, 0x1p-40: false, 0x1.1p-40: true, 0.5: true} {
			nearest := []Neighbour{{0, scale * (1 + rest)}, {1, -scale * (1 - rest)}}
			_, ok := weightedMean([]float64{1, 0}, nearest) // rest = sum / sum of |w|
			if ok != usable {
				t.Errorf("weights %v, of which %g remains: usable %v", nearest, rest, ok)
			}
		}
	}
}

func TestLengthsAndWindowsAreChecked(t *testing.T) {
	cases := map[string]struct{ scores, tokens, n, d, window int }{
		"no images":    {0, 0, 0, 2, 2},
		"no entries":   {2, 0, 2, 0, 2},
		"short tokens": {2, 3, 2, 2, 2},
		"extra scores": {3, 4, 2, 2, 2},
		"window zero":  {1, 1, 1, 1, 0},
	}
	for name, c := range cases {
		_, err := Rescore(make([]float64, c.scores), make([]float32, c.tokens), c.n, c.d, []int{c.window})
		if err == nil || fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func compare(t *testing.T, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d scores, want %d", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Fatalf("row %d: got %v, want %v", i, got[i], want[i])
		}
	}
}
