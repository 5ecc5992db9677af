//go:build cuda && linux

package mutual

import (
	"context"
	"math"
	"testing"

	"musc/engine/features"
)

// What the search found is told once for each image, scorer and window, and is as near as any.
func TestChosenPatches(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 4, Height: 3, Width: 5, Channels: 24}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5},
		Members: []int{3, 0, 2}}
	shape.Images = 2
	problem.References = look(t, shape, 2)
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	all := []devicePlan{{3, 2, 2}, {1, 1, 1}, {2, 1, 2}}
	for _, only := range []bool{false, true} {
		problem.ReferencesOnly = only
		for _, plan := range all {
			type place struct{ stage, degree, image, scorer int }
			told := map[place]bool{}
			hear := func(c Chosen) {
				at := place{c.Stage, c.Degree, c.Image, c.Scorer}
				if told[at] || len(c.Nearest) != 15 {
					t.Errorf("%v is told twice, or %d patches", at, len(c.Nearest))
				}
				told[at] = true
				image := aggregateAll(problem.Images, c.Stage, problem.Members, c.Degree)[c.Image]
				scorers := aggregateAll(problem.References, c.Stage, upTo(2), c.Degree)
				scorer := scorers[max(c.Scorer-3, 0)]
				if c.Scorer < 3 {
					scorer = aggregateAll(problem.Images, c.Stage, problem.Members, c.Degree)[c.Scorer]
				}
				for patch, nearest := range c.Nearest {
					one := grid{scorer.tokens, make([]bool, 15)}
					one.active[nearest] = true
					got := b.nearestDistance(patch, image, []grid{one})
					want := b.nearestDistance(patch, image, []grid{scorer})
					if math.Abs(got-want) > 1e-4 {
						t.Errorf("%v: patch %d at %v, nearest at %v", at, nearest, got, want)
					}
				}
			}
			if _, err := (CUDA{forced: &plan, Chosen: hear, Multiprocessors: 1}).PatchScores(
				context.Background(), problem); err != nil {
				t.Fatal(err)
			}
			if want := 2 * 2 * 3 * map[bool]int{false: 4, true: 2}[only]; len(told) != want {
				t.Errorf("%+v, references only %v: %d told, want %d", plan, only, len(told), want)
			}
		}
	}
}
