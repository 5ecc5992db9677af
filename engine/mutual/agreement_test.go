package mutual

import (
	"context"
	"fmt"
	"testing"

	"musc/engine/features"
)

// agreementCases are odd sizes: few images, one patch, grids of one row or column, numbers of
// patches around the 128 of a GPU's tile and of channels around the 32 of its steps, windows beyond
// the grid, subsets, references.
var agreementCases = []struct {
	images, height, width, channels, references int
	degrees                                     []int
	interval                                    Interval
	average                                     Average
	members                                     []int
}{
	{2, 1, 1, 5, 0, []int{1}, lowest, Mean, nil},
	{12, 1, 1, 64, 0, []int{1, 3}, lowest, Mean, nil},
	{3, 1, 2, 31, 0, []int{3}, everyScorer, Mean, nil},
	{3, 1, 13, 2, 0, []int{3}, everyScorer, Mean, nil},
	{5, 47, 1, 3, 0, []int{1, 5}, everyScorer, Max, nil},
	{4, 6, 8, 17, 0, []int{1, 3, 5}, lowest, Min, nil},
	{3, 7, 7, 31, 0, []int{5}, everyScorer, Mean, nil},
	{6, 5, 10, 16, 0, []int{9, 25}, Interval{0.3, 0.9}, Mean, nil},
	{2, 5, 19, 33, 0, []int{3}, lowest, Mean, nil},
	{2, 1, 127, 33, 0, []int{1}, lowest, Mean, nil},
	{3, 8, 16, 32, 0, []int{1, 3}, lowest, Mean, nil},
	{2, 3, 43, 97, 1, []int{3}, everyScorer, Mean, nil},
	{1, 6, 6, 24, 1, []int{1, 3}, lowest, Mean, nil},
	{1, 4, 4, 8, 5, []int{3}, everyScorer, Max, nil},
	{5, 4, 3, 12, 3, []int{1, 3}, Interval{0.2, 0.6}, Mean, nil},
	{9, 3, 4, 12, 0, []int{1, 3}, lowest, Mean, []int{7, 0, 3, 8}},
	{9, 3, 4, 12, 2, []int{1, 3}, Interval{0.5, 1}, Min, []int{8, 2}},
}

// The paper takes the lowest 30 %.
var everyScorer, lowest = Interval{0, 1}, Interval{0, 0.3}

// agreesWithDefinition compares a scorer with the definition, with all scorers and with references
// only. score fails the test if the scores depend on how the problem is divided.
func agreesWithDefinition(t *testing.T, score func(*testing.T, *Problem) []float64, bound float64) {
	for _, c := range agreementCases {
		name := fmt.Sprintf("%d images %dx%dx%d, %d references, %v %v %v of %v", c.images, c.height,
			c.width, c.channels, c.references, c.degrees, c.interval, c.average, c.members)
		t.Run(name, func(t *testing.T) {
			shape := features.Shape{Stages: 2, Images: c.images, Height: c.height,
				Width: c.width, Channels: c.channels}
			problem := &Problem{Images: look(t, shape, 1), Members: c.members,
				Degrees: c.degrees, Interval: c.interval, Average: c.average}
			if c.references > 0 {
				shape.Images = c.references
				problem.References = look(t, shape, 2)
			}
			for _, only := range []bool{false, true} {
				if only && c.references == 0 {
					continue
				}
				problem.ReferencesOnly = only
				want, err := Definition{}.PatchScores(context.Background(), problem)
				if err != nil {
					t.Fatal(err)
				}
				d := within(t, "scores", score(t, problem), want, bound, 0)
				t.Logf("scores differ by %.1e", d)
			}
		})
	}
}
