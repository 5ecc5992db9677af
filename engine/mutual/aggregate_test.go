package mutual

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"musc/engine/features"
)

// The tokens are those that the definition gives, of every window, also where there are more windows
// than one search takes.
func TestAggregationGivesTheTokensThatAreCompared(t *testing.T) {
	for _, c := range []struct {
		height, width int
		degrees       []int
		windows       []int
	}{
		{4, 5, []int{1, 3, 5}, []int{1, 1, 1}},
		{1, 1, []int{1, 3, 5}, []int{3}},
		{3, 2, []int{7, 1, 9, 3}, []int{1, 1, 2}},
		{12, 2, []int{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}, slices.Repeat([]int{1}, 10)},
	} {
		t.Run(fmt.Sprint(c.height, c.width, c.degrees), func(t *testing.T) {
			store := newStore(t, features.Shape{Stages: 2, Images: 2, Height: c.height, Width: c.width,
				Channels: 7})
			random := rand.New(rand.NewPCG(1, 2))
			for k := range store.Tokens(1, 1) {
				store.Tokens(1, 1)[k] = float32(random.NormFloat64())
			}
			a := NewAggregation(store.Shape(), c.degrees)
			if !slices.Equal(a.Windows(), c.windows) {
				t.Fatalf("windows for %v degrees, want %v", a.Windows(), c.windows)
			}
			a.Load(store, 1, 1)
			degrees, first := slices.Sorted(slices.Values(c.degrees)), 0
			for window, count := range c.windows {
				want := aggregateAll(store, 1, []int{1}, degrees[first])[0]
				within(t, fmt.Sprint("window ", window), widen(a.Tokens(window)), want.tokens, 1e-6, 0)
				first += count
			}
		})
	}
}

func TestIntervalAverageOfOnePatch(t *testing.T) {
	for name, c := range map[string]struct {
		problem   Problem
		distances []float64
		want      float64
	}{
		"two of four":     {Problem{Interval: Interval{0, 0.5}}, []float64{4, 1, 3, 2}, 1.5},
		"one at least":    {Problem{Interval: Interval{0, 0.3}}, []float64{4, 2}, 2},
		"the largest":     {Problem{Interval: Interval{0, 0.5}, Average: Max}, []float64{4, 1, 3, 2}, 2},
		"references only": {Problem{Interval: Interval{0, 1}, ReferencesOnly: true}, []float64{4, 3}, 3},
	} {
		if got := c.problem.IntervalAverage(c.distances); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
