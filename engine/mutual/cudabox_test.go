//go:build cuda && linux

package mutual

import (
	"testing"

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
