package main

import (
	"math"
	"testing"
)

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		values  []float64
		q, want float64
	}{
		{[]float64{3}, 0.25, 3},
		{[]float64{2, 1}, 0.5, 1.5},
		{[]float64{9, 1, 5}, 0.5, 5},
		{[]float64{4, 1, 3, 2, 5}, 0.25, 2},
		{[]float64{4, 1, 3, 2, 5}, 1, 5},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile %v of %v = %v, want %v", c.q, c.values, got, c.want)
		}
	}
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("median of nothing = %v, want NaN", got)
	}
}

func TestRatiosPairSampleBySample(t *testing.T) {
	// Medians alone would give 10/2 = 5; each round says 3, 5 and 10.
	theirs, ours := &Case{Samples: []float64{30, 10, 10}}, &Case{Samples: []float64{10, 2, 1}}
	got := ratios(theirs, ours)
	want := []float64{3, 5, 10}
	for k := range want {
		if got[k] != want[k] {
			t.Errorf("round %d: %v, want %v", k, got[k], want[k])
		}
	}
	if ratios(nil, ours) != nil || ratios(theirs, nil) != nil {
		t.Error("a ratio without both sides must be empty")
	}
}

func TestRateRatiosCountWork(t *testing.T) {
	product := &Case{Work: 100, Samples: []float64{2}} // 50 a second
	ceiling := &Case{Work: 500, Samples: []float64{5}} // 100 a second
	if got := rateRatios(product, ceiling)[0]; got != 0.5 {
		t.Errorf("the product reaches %v of the ceiling, want 0.5", got)
	}
	if rateRatios(&Case{Samples: []float64{1}}, ceiling) != nil {
		t.Error("a case without work has no rate")
	}
}
