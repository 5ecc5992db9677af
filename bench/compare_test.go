package main

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// The ranks that the interval begins at, from tables of the Mann-Whitney test at 5 %, two-sided:
// the largest statistic that rejects, plus one.
func TestRejectedAgreesWithTables(t *testing.T) {
	for _, c := range []struct{ n, m, want int }{
		{3, 3, 0}, {3, 5, 1}, {4, 4, 1}, {4, 5, 2}, {5, 5, 3}, {5, 8, 7}, {8, 8, 14}, {10, 10, 24},
		{0, 5, 0},
	} {
		if got := rejected(c.n, c.m); got != c.want {
			t.Errorf("%d and %d samples: %d, want %d", c.n, c.m, got, c.want)
		}
	}
}

// oneRow is a result with one case, whose samples are scaled and spread by a fixed seed.
func oneRow(seed uint64, rounds int, scale, noise, pulse float64) *Result {
	random := rand.New(rand.NewPCG(seed, 1))
	row := Row{Group: groupScorers, Shape: "s", Images: 8, Threads: 2, Unit: seconds}
	c := Case{Name: caseMusc}
	for range rounds {
		row.Pulse = append(row.Pulse, pulse)
		c.Samples = append(c.Samples, pulse*scale*math.Exp(noise*random.NormFloat64()))
	}
	row.Cases = []Case{c}
	return &Result{Schema: schema, Rows: []Row{row}}
}

// busyRow is a slower result that other processes disturbed.
func busyRow() *Result {
	r := oneRow(2, 7, 2, 0.02, 1)
	r.Rows[0].Others = 0.5
	return r
}

func onlyChange(t *testing.T, before, after *Result) change {
	t.Helper()
	changes, _ := compare(before, after)
	if len(changes) != 1 {
		t.Fatalf("%d changes, want 1", len(changes))
	}
	return changes[0]
}

func TestCompareVerdicts(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after *Result
		want          string
	}{
		{"a slowdown by a fifth", oneRow(1, 7, 1, 0.02, 1), oneRow(2, 7, 1.2, 0.02, 1), "slower"},
		{"a gain by a fifth", oneRow(1, 7, 1, 0.02, 1), oneRow(2, 7, 0.8, 0.02, 1), "faster"},
		{"nothing but noise", oneRow(1, 7, 1, 0.05, 1), oneRow(2, 7, 1, 0.05, 1), "within noise"},
		{"a gain lost in noise", oneRow(1, 5, 1, 0.5, 1), oneRow(5, 5, 0.9, 0.5, 1), "within noise"},
		{"certain but small", oneRow(1, 9, 1, 0.001, 1), oneRow(2, 9, 1.08, 0.001, 1),
			"within noise"},
		{"too few samples", oneRow(1, 3, 1, 0.01, 1), oneRow(2, 3, 2, 0.01, 1), "too few samples"},
		{"a machine slower throughout", oneRow(1, 7, 1, 0.02, 1), oneRow(2, 7, 1, 0.02, 1.5),
			"within noise"},
		{"slower, on a faster machine", oneRow(1, 7, 1, 0.02, 1), oneRow(2, 7, 1.5, 0.02, 0.67),
			"slower"},
		{"a slowdown while others were busy", oneRow(1, 7, 1, 0.02, 1), busyRow(), "disturbed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := onlyChange(t, c.before, c.after)
			if got.verdict() != c.want {
				t.Errorf("%s, want %s: %+v", got.verdict(), c.want, got)
			}
		})
	}
}

// Equal programs must rarely be told apart: at 95 % confidence and with the least change that is
// told, in fewer than one of twenty comparisons.
func TestCompareRarelyCriesWolf(t *testing.T) {
	const tries = 200
	wrong := 0
	for seed := range uint64(tries) {
		got := onlyChange(t, oneRow(2*seed, 5, 1, 0.1, 1), oneRow(2*seed+1, 5, 1, 0.1, 1))
		if got.verdict() != "within noise" {
			wrong++
		}
	}
	if wrong > tries/20 {
		t.Errorf("%d of %d comparisons of equal programs found a difference", wrong, tries)
	}
}

func TestOneWildSampleChangesNothing(t *testing.T) {
	before, after := oneRow(1, 7, 1, 0.01, 1), oneRow(2, 7, 1, 0.01, 1)
	after.Rows[0].Cases[0].Samples[3] *= 40
	if got := onlyChange(t, before, after); got.verdict() != "within noise" || got.ratio > 1.02 {
		t.Errorf("one disturbed round made it %s: %+v", got.verdict(), got)
	}
}

func TestCompareTellsOfMemoryAndOfWhatIsMissing(t *testing.T) {
	before, after := oneRow(1, 5, 1, 0, 1), oneRow(1, 5, 1, 0, 1)
	memory := func(size float64) Row {
		return Row{Group: groupMemory, Shape: "s", Images: 8, Unit: bytes,
			Cases: []Case{{Name: caseMusc, Samples: []float64{size}}}}
	}
	before.Rows = append(before.Rows, memory(100e6),
		Row{Group: groupSteps, Shape: "gone", Cases: []Case{{Name: "x"}}})
	after.Rows = append(after.Rows, memory(130e6))
	after.Machine.Cores = 64
	changes, notes := compare(before, after)
	if len(changes) != 2 || changes[1].verdict() != "more" {
		t.Errorf("30 %% more memory: %+v", changes)
	}
	var text strings.Builder
	if err := writeComparison(&text, changes, notes); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"machines differ", "1 cases of the old result are not in the new",
		"100 MB", "130 MB", "1.300", "1 more, 1 within noise"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, text.String())
		}
	}
}
