package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"musc/engine/fault"
)

// grid is an image of 100 patches: 90 at 0.2, 10 edges at edge, and some of these at defect.
func grid(edge, defect float64, defective int) []float64 {
	scores := slices.Repeat([]float64{0.2}, 100)
	for i := range 10 {
		scores[i] = edge + 0.001*float64(i)
	}
	for i := range defective {
		scores[i] = defect
	}
	return scores
}

func batch(t *testing.T, good, bad int) Scale {
	t.Helper()
	var summaries []Summary
	for range good {
		summaries = append(summaries, Summarise(grid(0.3, 0, 0)))
	}
	for range bad {
		summaries = append(summaries, Summarise(grid(0.3, 0.8, 4)))
	}
	scale, err := BatchScale(summaries)
	if err != nil {
		t.Fatal(err)
	}
	return scale
}

func TestGoodImagesStayDarkAndDefectsGlow(t *testing.T) {
	for _, c := range []struct{ good, bad int }{{199, 1}, {100, 100}, {60, 140}, {1, 1}} {
		t.Run(fmt.Sprintf("%d good, %d defective", c.good, c.bad), func(t *testing.T) {
			scale := batch(t, c.good, c.bad)
			for i, score := range grid(0.3, 0, 0) {
				if position := scale.Position(score); position > 0.02 {
					t.Errorf("patch %d of a good image is at %.3f", i, position)
				}
			}
			if position := scale.Position(0.8); position != 1 {
				t.Errorf("the defect is at %.3f", position)
			}
		})
	}
}

func TestBatchWithoutDefectsDoesNotGlow(t *testing.T) {
	scale := batch(t, 50, 0)
	if position := scale.Position(0.309); !(position > 0 && position <= 1.0/headroom+1e-9) {
		t.Fatalf("the peak of a good image is at %.3f of %v", position, scale)
	}
}

func TestScaleWithoutExtentColoursNothing(t *testing.T) {
	equal := Summarise([]float64{0.5, 0.5, 0.5})
	scale, err := BatchScale([]Summary{equal, equal})
	if err != nil || scale != (Scale{0.5, 0.5}) {
		t.Fatalf("got %v, %v", scale, err)
	}
	empty, err := BatchScale(nil)
	if err != nil || empty != (Scale{}) {
		t.Fatalf("got %v, %v", empty, err)
	}
	odd := []Scale{scale, empty, {1, 0}, {math.NaN(), 1}, {0, math.NaN()}, {math.Inf(-1), math.Inf(1)}}
	for _, scale := range odd {
		for _, value := range []float64{-1, 0, 0.5, 2, math.NaN(), math.Inf(1)} {
			if level := scale.level(value); level != 0 {
				t.Errorf("%v has %v at level %d", scale, value, level)
			}
		}
		if values, labels := tickLabels(scale, 5); len(values) != len(labels) {
			t.Errorf("%v: %d ticks, %d labels", scale, len(values), len(labels))
		}
	}
}

func TestScaleNamesTheDamagedMap(t *testing.T) {
	good := Summarise([]float64{1, 2, 3})
	for _, scores := range [][]float64{{1, math.NaN()}, {math.Inf(1), 0}, {}} {
		_, err := BatchScale([]Summary{good, Summarise(scores), good})
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "image 2 of 3") {
			t.Errorf("%v: got %v", scores, err)
		}
	}
}

func TestTicksAreRoundValuesOnTheScale(t *testing.T) {
	cases := []struct {
		scale Scale
		most  int
		want  string
	}{
		{Scale{0.246, 0.62}, 8, "0.25 0.30 0.35 0.40 0.45 0.50 0.55 0.60"},
		{Scale{0.246, 0.62}, 5, "0.3 0.4 0.5 0.6"},
		{Scale{0, 1}, 6, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{Scale{0.5, 0.503}, 4, "0.500 0.501 0.502 0.503"},
		{Scale{-3, 212}, 5, "0 50 100 150 200"},
		{Scale{0.5, 0.5}, 5, "0.5"},
	}
	for _, c := range cases {
		_, labels := tickLabels(c.scale, c.most)
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v, at most %d: got %s, want %s", c.scale, c.most, got, c.want)
		}
	}
}
