//go:build cuda && linux

package mutual

import (
	"context"
	"slices"
	"testing"
	"time"

	"musc/cgo/cuda/fake"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// byBox scores with the box filter, under every plan.
func byBox(t *testing.T, problem *Problem) []float64 {
	t.Helper()
	return everyDevicePlanBy(t, problem, kernels.Box)
}

// The box filter has the product of X in halves, where the direct search has those of every
// degree: its choice may differ, its distances may not.
func TestBoxGivesTheOraclesScores(t *testing.T) {
	eachFixture(t, func(t *testing.T, f *fixture) {
		problem := f.problem(t)
		d := within(t, "scores", byBox(t, problem), f.answer(t, "patch_scores"), searchError, 0)
		t.Logf("scores differ from the oracle's by %.1e", d)
		if problem.References == nil {
			return
		}
		problem.ReferencesOnly = true
		d = within(t, "references only", byBox(t, problem),
			f.answer(t, "patch_scores_references_only"), searchError, 0)
		t.Logf("by references only: by %.1e", d)
	})
}

func TestBoxAgreesWithDefinition(t *testing.T) {
	agreesWithDefinition(t, func(t *testing.T, problem *Problem) []float64 {
		got, err := CUDA{Kernels: []kernels.Kernel{kernels.Box}}.PatchScores(t.Context(), problem)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}, 2e-4)
}

// A measurement chooses one of both kernels, and the scores are that one's.
func TestMeasurementChooses(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 4, Height: 3, Width: 3, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5}}
	kernel, err := Faster(t.Context(), 0, kernels.Search, shape, problem.Degrees, 0)
	if err != nil || kernel != kernels.Search && kernel != kernels.Box {
		t.Fatalf("%q, %v", kernel, err)
	}
	if one, err := Faster(t.Context(), 0, kernels.Search, shape, []int{1}, 0); one != kernels.Search ||
		err != nil {
		t.Errorf("%q for one degree, %v", one, err)
	}
	scores := func(c CUDA) []float64 {
		t.Helper()
		got, err := c.PatchScores(t.Context(), problem)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, chosen := range []kernels.Kernel{kernels.Search, kernels.Box} {
		want := scores(CUDA{Kernels: []kernels.Kernel{chosen}})
		got := scores(CUDA{Kernels: []kernels.Kernel{kernels.Search},
			Choose: func(_ context.Context, ordinal int, direct kernels.Kernel, of features.Shape,
				degrees []int, near int) (kernels.Kernel, error) {
				if ordinal != 0 || direct != kernels.Search || of != shape || len(degrees) != 2 || near != 0 {
					t.Errorf("asked for cuda:%d, %s, %+v, degrees %v, near %d", ordinal, direct, of, degrees, near)
				}
				return chosen, nil
			}})
		if !slices.Equal(got, want) {
			t.Errorf("%s: other scores", chosen)
		}
	}
	for _, c := range []struct {
		took [2]time.Duration
		want kernels.Kernel
	}{
		{[2]time.Duration{1000, 899}, kernels.Box},
		{[2]time.Duration{1000, 900}, kernels.Search},
		{[2]time.Duration{1000, 2000}, kernels.Search},
	} {
		if got := faster(kernels.Search, c.took); got != c.want {
			t.Errorf("%v: %s", c.took, got)
		}
	}
}

// Box is for all devices or for none.
func TestMeasurementOfSeveralDevices(t *testing.T) {
	own := []kernels.Kernel{kernels.SearchHopper, kernels.Search}
	for _, c := range []struct {
		by   [2]kernels.Kernel
		want []kernels.Kernel
	}{
		{[2]kernels.Kernel{kernels.Box, kernels.Box}, []kernels.Kernel{kernels.Box, kernels.Box}},
		{[2]kernels.Kernel{kernels.Box, kernels.Search}, own},
		{[2]kernels.Kernel{kernels.SearchHopper, kernels.Box}, own},
	} {
		scorer := CUDA{Ordinals: []int{0, 1}, Kernels: own, Choose: func(_ context.Context, ordinal int,
			_ kernels.Kernel, _ features.Shape, _ []int, _ int) (kernels.Kernel, error) {
			return c.by[ordinal], nil
		}}
		got, err := scorer.choose(t.Context(), &batch{Problem: &Problem{}})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, %v", c.by, got, err)
		}
	}
}

// What the box filter finds is in units of its own: no device takes it from another kernel's.
func TestBoxSearchesEverywhereOrNowhere(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "2")
	shape := features.Shape{Stages: 1, Images: 4, Height: 2, Width: 2, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5}}
	_, err := CUDA{Ordinals: []int{0, 1}, Kernels: []kernels.Kernel{kernels.Box, kernels.Search}}.
		PatchScores(t.Context(), problem)
	if fault.KindOf(err) != fault.Usage {
		t.Errorf("got %v", err)
	}
}
