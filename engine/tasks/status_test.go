package tasks

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"musc/engine/fault"
)

// states is the status by phase.
func states(t testing.TB, plan *Plan, f Folder) map[Phase]State {
	t.Helper()
	list, err := plan.Status(f)
	if err != nil || len(list) != len(Phases) {
		t.Fatalf("%v, %v", list, err)
	}
	byPhase := map[Phase]State{}
	for k, state := range list {
		if state.Phase != Phases[k] || len(state.Done)+len(state.Missing) != state.Tasks {
			t.Errorf("%+v", state)
		}
		byPhase[state.Phase] = state
	}
	return byPhase
}

func TestATaskIsDoneWhenAllItsFilesAreThere(t *testing.T) {
	r := request(t, 100, 10)
	r.Tasks = 4 // three subsets each, the last one has one
	plan, _ := makePlan(t, r)
	f := Folder{Output: t.TempDir()}
	for phase, state := range states(t, plan, f) {
		if len(state.Done) > 0 {
			t.Errorf("before any work: %s has %v done", phase, state.Done)
		}
	}
	leave(t, f, PhaseScore, 0, 1, 2, 3, 5, 9, 10, 4711)
	leave(t, f, PhaseDepth, 0)
	leave(t, f, PhaseMerge, 0)
	leave(t, f, PhaseDraw, 2)
	got := states(t, plan, f)
	for phase, want := range map[Phase]State{
		PhaseDepth:   {PhaseDepth, 1, []int{0}, nil, nil},
		PhaseScore:   {PhaseScore, 4, []int{0, 3}, []int{1, 2}, nil},
		PhaseNearest: {PhaseNearest, 1, nil, []int{0}, nil},
		PhaseMerge:   {PhaseMerge, 1, []int{0}, nil, nil},
		PhaseDraw:    {PhaseDraw, 4, []int{2}, []int{0, 1, 3}, nil},
	} {
		if !reflect.DeepEqual(got[phase], want) {
			t.Errorf("%+v, not %+v", got[phase], want)
		}
	}
}

func TestFailuresAreToldUntilTheTaskSucceeds(t *testing.T) {
	plan, _ := makePlan(t, request(t, 100, 10))
	f := Folder{Output: t.TempDir()}
	t.Setenv("SLURMD_NODENAME", "node7")
	for task, err := range map[int]error{3: fault.New(fault.Setup, "no GPU"), 8: errors.New("bug")} {
		if err := f.noteFailure(PhaseScore, task, err); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.noteFailure(PhaseDepth, 0, fault.New(fault.Output, "disk full")); err != nil {
		t.Fatal(err)
	}
	failed := states(t, plan, f)[PhaseScore].Failed
	if len(failed) != 2 || failed[0].Task != 3 || failed[0].Kind != "setup" ||
		failed[0].Message != "no GPU" || failed[0].Host != "node7" || failed[0].Time.IsZero() ||
		failed[1].Task != 8 || failed[1].Kind != "internal" {
		t.Errorf("%+v", failed)
	}
	for range 2 { // also where there is none
		if err := f.forgetFailure(PhaseScore, 8); err != nil {
			t.Fatal(err)
		}
	}
	leave(t, f, PhaseDepth, 0) // by another copy of the task
	got := states(t, plan, f)
	if failed := got[PhaseScore].Failed; len(failed) != 1 || failed[0].Task != 3 {
		t.Errorf("after one has succeeded: %+v", failed)
	}
	if failed := got[PhaseDepth].Failed; len(failed) != 0 {
		t.Errorf("of a task that is done: %+v", failed)
	}
	if err := os.WriteFile(f.failure(PhaseScore, 3), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if failed := states(t, plan, f)[PhaseScore].Failed; len(failed) != 1 || failed[0].Task != 3 ||
		!strings.Contains(failed[0].Message, "damaged") {
		t.Errorf("a damaged note: %+v", failed)
	}
}
