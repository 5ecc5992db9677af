package mutual

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"musc/cgo/cpu"
	"musc/engine/features"
)

func TestDefinitionGivesTheOraclesScores(t *testing.T) {
	eachFixture(t, func(t *testing.T, f *fixture) {
		problem := f.problem(t)
		got, err := Definition{}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "scores", got, f.answer(t, "patch_scores"), 0, 1e-9)
		if problem.References == nil {
			return
		}
		problem.ReferencesOnly = true
		if got, err = (Definition{}).PatchScores(context.Background(), problem); err != nil {
			t.Fatal(err)
		}
		within(t, "references only", got, f.answer(t, "patch_scores_references_only"), 0, 1e-9)
	})
}

func TestDefinitionGivesTheOraclesSteps(t *testing.T) {
	eachFixture(t, func(t *testing.T, f *fixture) {
		store := f.store(t, "stage", f.Images)
		for _, degree := range f.Degrees {
			images := aggregateAll(store, 0, upTo(f.Images), degree)
			if want := f.answer(t, fmt.Sprint("aggregated", degree)); want != nil {
				var got []float64
				for _, image := range images {
					got = append(got, image.tokens...)
				}
				within(t, fmt.Sprint("aggregated, degree ", degree), got, want, 1e-12, 1e-9)
			}
			// [N,P,N], of which a(p,i,i) means nothing
			want := f.answer(t, fmt.Sprint("min_distances", degree))
			patches := f.Height * f.Width
			b := &batch{shape: store.Shape(), patches: patches}
			got := make([]float64, len(want))
			for i, image := range images {
				for p := range patches {
					for j, scorer := range images {
						k := (i*patches+p)*f.Images + j
						if got[k] = want[k]; i != j {
							got[k] = b.nearestDistance(p, image, []grid{scorer})
						}
					}
				}
			}
			within(t, fmt.Sprint("distances, degree ", degree), got, want, 1e-12, 1e-9)
		}
	})
}

func TestCPUGivesTheOraclesSteps(t *testing.T) {
	eachLevel(t, func() { eachFixture(t, givesTheOraclesSteps) })
}

func givesTheOraclesSteps(t *testing.T, f *fixture) {
	problem := f.problem(t)
	problem.References = nil
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	group := windowsOf(b.shape, f.Degrees)[0]
	r, err := newRun(context.Background(), b, group, 2, newProgress(b))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := r.fillDistances(0); err != nil {
		t.Fatal(err)
	}
	shape := searchShape(b.shape, group, 0)
	for k, w := range group {
		degree := 2*w.radius + 1
		if want := f.answer(t, fmt.Sprint("aggregated", degree)); want != nil {
			var got []float64
			for _, slot := range r.slots.all[:f.Images] {
				got = append(got, widen(shape.Tokens(slot.image, k))...)
			}
			d := within(t, fmt.Sprint("aggregated, degree ", degree), got, want, 1e-6, 0)
			t.Logf("degree %d: aggregated tokens differ by %.1e", degree, d)
		}
		want := f.answer(t, fmt.Sprint("min_distances", degree))
		got := append([]float64(nil), want...) // a(p,i,i) is not computed
		for i := range f.Images {
			for j := range f.Images {
				if i == j {
					continue
				}
				for p, distance := range r.distances.by(i, j)[k*b.patches:][:b.patches] {
					got[(i*b.patches+p)*f.Images+j] = float64(distance)
				}
			}
		}
		d := within(t, fmt.Sprint("distances, degree ", degree), got, want, 1e-5, 0)
		t.Logf("degree %d: distances differ by %.1e", degree, d)
	}
}

// Every level must give the oracle's scores; one of them is enough for all plans.
func TestCPUGivesTheOraclesScoresAtEveryLevel(t *testing.T) {
	eachLevel(t, func() {
		eachFixture(t, func(t *testing.T, f *fixture) {
			got, err := CPU{}.PatchScores(context.Background(), f.problem(t))
			if err != nil {
				t.Fatal(err)
			}
			d := within(t, "scores", got, f.answer(t, "patch_scores"), 1e-5, 0)
			t.Logf("%s: scores differ from the oracle's by %.1e", cpu.Level(), d)
		})
	})
}

// plans are every way to divide a problem that a test can force.
func plans(t *testing.T, images int) []Plan {
	folder := t.TempDir()
	var all []Plan
	for _, tile := range []int{0, 1, 2, 3, images + 1} {
		for _, strip := range []int{0, 2} {
			for _, spill := range []bool{false, true} {
				for _, spillDistances := range []bool{false, true} {
					all = append(all, Plan{Spill: spill, SpillDistances: spillDistances,
						Folder: folder, TileImages: tile, StripImages: strip})
				}
			}
		}
	}
	return all
}

func TestCPUGivesTheOraclesScoresUnderEveryPlan(t *testing.T) {
	t.Logf("computed by %s", cpu.Level())
	eachFixture(t, func(t *testing.T, f *fixture) {
		problem := f.problem(t)
		first := everyPlan(t, problem)
		d := within(t, "scores", first, f.answer(t, "patch_scores"), 1e-5, 0)
		t.Logf("scores differ from the oracle's by %.1e", d)
		if problem.References == nil {
			return
		}
		problem.ReferencesOnly = true
		first = everyPlan(t, problem)
		d = within(t, "references only", first, f.answer(t, "patch_scores_references_only"), 1e-5, 0)
		t.Logf("by references only: by %.1e", d)
	})
}

// everyPlan scores under every plan and several thread counts, and fails unless all give the same
// bytes, which it returns; those of Pairs, too.
func everyPlan(t *testing.T, problem *Problem) []float64 {
	t.Helper()
	memory := storesOf(problem)
	var spilled []*features.Store
	for _, store := range memory {
		spilled = append(spilled, spill(t, store))
	}
	defer setStores(problem, memory)
	threadCounts := []int{1, 2, 3, 7}
	all := plans(t, problem.Images.Shape().Images)
	if problem.Images.Shape().Patches() > 1000 { // the large grid: fewer of each
		all, threadCounts = []Plan{{}, all[len(all)/2-1]}, []int{1, 3}
	}
	if testing.Short() { // each tile and strip with all in memory and with all spilled
		threadCounts = []int{2}
		all = slices.DeleteFunc(all, func(plan Plan) bool { return plan.Spill != plan.SpillDistances })
	}
	var first []float64
	var firstPairs []float32
	for _, plan := range all {
		problem.Plan = plan
		setStores(problem, memory)
		if plan.Spill {
			setStores(problem, spilled)
		}
		for _, threads := range threadCounts {
			got, err := CPU{Threads: threads}.PatchScores(context.Background(), problem)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first, firstPairs = got, slices.Clone(problem.Pairs)
			}
			if !slices.Equal(problem.Pairs, firstPairs) {
				t.Fatalf("%+v, %d threads: other distances of pairs", plan, threads)
			}
			for k := range first {
				if got[k] != first[k] {
					t.Fatalf("%+v, %d threads: score %d is %v, was %v",
						plan, threads, k, got[k], first[k])
				}
			}
		}
	}
	return first
}

// storesOf are those of the images, the references, and the further views of both.
func storesOf(problem *Problem) []*features.Store {
	return slices.Concat([]*features.Store{problem.Images, problem.References}, problem.Views,
		problem.ReferenceViews)
}

// setStores is the other way around.
func setStores(problem *Problem, stores []*features.Store) {
	problem.Images, problem.References = stores[0], stores[1]
	further := stores[2:]
	problem.Views = slices.Clone(further[:len(problem.Views)])
	problem.ReferenceViews = slices.Clone(further[len(problem.Views):])
}

// spill copies a store into a file.
func spill(t *testing.T, memory *features.Store) *features.Store {
	t.Helper()
	if memory == nil {
		return nil
	}
	store, err := features.NewSpilled(memory.Shape(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	for stage := range memory.Shape().Stages {
		for image := range memory.Shape().Images {
			copy(store.Tokens(stage, image), memory.Tokens(stage, image))
			store.Release(stage, image)
		}
	}
	for image := range memory.Shape().Images {
		store.SetActive(image, memory.Active(image))
	}
	return store
}

func widen(values []float32) []float64 {
	wide := make([]float64, len(values))
	for k, x := range values {
		wide[k] = float64(x)
	}
	return wide
}
