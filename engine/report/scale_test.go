package report

import (
	"fmt"
	"math"
	"math/rand/v2"
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
	scale, err := BatchScale(summaries, 0)
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
	scale, err := BatchScale([]Summary{equal, equal}, 0)
	if err != nil || scale != (Scale{Low: 0.5, High: 0.5}) {
		t.Fatalf("got %v, %v", scale, err)
	}
	empty, err := BatchScale(nil, 0)
	if err != nil || empty != (Scale{}) {
		t.Fatalf("got %v, %v", empty, err)
	}
	odd := []Scale{scale, empty, {Low: 1}, {Low: math.NaN(), High: 1}, {High: math.NaN()},
		{Low: math.Inf(-1), High: math.Inf(1)}, {Low: 1, High: 1, Threshold: 1}}
	for _, scale := range odd {
		for _, value := range []float64{-1, 0, 0.5, 2, math.NaN(), math.Inf(1)} {
			if level := scale.Level(value); level != 0 {
				t.Errorf("%v has %v at level %d", scale, value, level)
			}
		}
		if ticks := scale.barTicks(100, 10); len(ticks) != 1 {
			t.Errorf("%v: %v", scale, ticks)
		}
	}
}

// The anchor: whatever the batch, Low < threshold < High, and the threshold is the middle.
func TestThresholdIsTheMiddleOfTheScale(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		summaries := make([]Summary, 1+random.IntN(6))
		spread := math.Pow(10, 4*random.Float64()-2)
		for i := range summaries {
			shoulder := spread * random.NormFloat64()
			summaries[i] = Summary{shoulder, shoulder + spread*random.ExpFloat64()}
		}
		threshold := math.Pow(10, 6*random.Float64()-3)
		scale, err := BatchScale(summaries, threshold)
		if err != nil {
			t.Fatalf("%v, %v: %v", summaries, threshold, err)
		}
		if !(scale.Low < threshold && threshold < scale.High) || scale.Threshold != threshold {
			t.Fatalf("threshold %v of %v gives %v", threshold, summaries, scale)
		}
		for value, want := range map[float64]float64{
			scale.Low: 0, threshold: 0.5, scale.High: 1, scale.Low - 1: 0, scale.High + 1: 1,
		} {
			if got := scale.Position(value); got != want {
				t.Fatalf("%v has %v at %v, want %v", scale, value, got, want)
			}
		}
		below, above := math.Nextafter(threshold, 0), math.Nextafter(threshold, scale.High)
		if !(scale.Position(below) <= 0.5) || !(scale.Position(above) >= 0.5) {
			t.Fatalf("%v is not monotone at the threshold", scale)
		}
	}
}

func TestPositionRisesWithTheValue(t *testing.T) {
	for _, scale := range []Scale{
		{Low: 0.2, High: 0.9},
		{Low: 0.2, High: 0.9, Threshold: 0.3}, {Low: 0.2, High: 0.9, Threshold: 0.85},
		{Low: -1, High: 1e9, Threshold: 1e-9},
		{Low: 0.2, High: 0.9, Threshold: 0.9}, {Low: 0.2, High: 0.9, Threshold: 2}, // bend nothing
	} {
		before := 0.0
		for i := range 1001 {
			value := scale.Low + (scale.High-scale.Low)*float64(i)/1000
			position := scale.Position(value)
			if !(position >= before && position <= 1) {
				t.Fatalf("%v has %v at %v, after %v", scale, value, position, before)
			}
			defective := value >= scale.Threshold
			if scale.Anchored() && (scale.Level(value) >= 128) != defective {
				t.Fatalf("%v has %v at level %d", scale, value, scale.Level(value))
			}
			before = position
		}
		if position := scale.Position(scale.High); position != 1 {
			t.Fatalf("%v ends at %v", scale, position)
		}
	}
}

// One photo of another world, five times the threshold, must not pale a defect at 1.2 thresholds.
func TestExtremeDefectLeavesTheOthersTheirColours(t *testing.T) {
	good := Summary{Shoulder: 0.25, Peak: 0.33}
	batch := []Summary{good, good, good, good, {0.3, 0.42}}
	one, err := BatchScale(batch, 0.35)
	if err != nil {
		t.Fatal(err)
	}
	other, err := BatchScale(append(batch, Summary{1.2, 1.75}), 0.35)
	if err != nil {
		t.Fatal(err)
	}
	if position := other.Position(0.42); position < 0.65 {
		t.Errorf("beside 1.75, 0.42 is at %.3f of %v", position, other)
	}
	if one.Position(0.42) != 1 {
		t.Errorf("alone, 0.42 is at %.3f of %v", one.Position(0.42), one)
	}
}

// Of good images a few reach the threshold: they must not look like the worst defects.
func TestFalseAlarmDoesNotGlow(t *testing.T) {
	good := Summary{Shoulder: 0.25, Peak: 0.33}
	scale, err := BatchScale([]Summary{good, good, good, good, {0.26, 0.36}}, 0.35)
	if position := scale.Position(0.36); err != nil || !(position > 0.5 && position < 0.65) {
		t.Errorf("0.36 is at %.3f of %v, %v", position, scale, err)
	}
}

func TestThresholdsThatAreNoDistanceAnchorNothing(t *testing.T) {
	batch := []Summary{{0.2, 0.4}, {0.3, 0.5}}
	want, err := BatchScale(batch, 0)
	if err != nil || want.Anchored() {
		t.Fatalf("%v, %v", want, err)
	}
	for _, threshold := range []float64{
		math.NaN(), math.Inf(1), math.Inf(-1), -0.1, 5e-324, math.MaxFloat64,
	} {
		if scale, err := BatchScale(batch, threshold); scale != want || err != nil {
			t.Errorf("%v gives %v, %v", threshold, scale, err)
		}
	}
	if scale, err := BatchScale(nil, 0.3); err != nil || scale != (Scale{}) {
		t.Errorf("no images: %v, %v", scale, err)
	}
}

func TestScaleNamesTheDamagedMap(t *testing.T) {
	good := Summarise([]float64{1, 2, 3})
	for _, scores := range [][]float64{{1, math.NaN()}, {math.Inf(1), 0}, {}} {
		_, err := BatchScale([]Summary{good, Summarise(scores), good}, 0)
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "image 2 of 3") {
			t.Errorf("%v: got %v", scores, err)
		}
	}
}
