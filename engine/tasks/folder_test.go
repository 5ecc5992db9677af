package tasks

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"musc/engine/fault"
)

func TestExpressionIsThatOfAJobArray(t *testing.T) {
	for want, numbers := range map[string][]int{
		"": nil, "7": {7}, "3,4": {3, 4}, "0-3,17,40-99": append([]int{0, 1, 2, 3, 17}, run(40, 99)...),
	} {
		if got := Expression(numbers); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func run(first, last int) (numbers []int) {
	for k := first; k <= last; k++ {
		numbers = append(numbers, k)
	}
	return numbers
}

// leave puts something where a phase would leave its files.
func leave(t testing.TB, f Folder, phase Phase, numbers ...int) {
	t.Helper()
	for _, number := range numbers {
		if err := saveJSON(f.File(phase, number), number); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnlyFilesOfAPhaseCount(t *testing.T) {
	f := Folder{Output: t.TempDir()}
	if got, err := f.present(PhaseScore); len(got) != 0 || err != nil {
		t.Errorf("before any: %v, %v", got, err)
	}
	leave(t, f, PhaseScore, 12, 3, 1_234_567)
	for _, other := range []string{".musc-tmp-123", "000005.json", "x.npz", "000006.npz.old"} {
		if err := os.WriteFile(f.Path("score", other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := f.present(PhaseScore); !slices.Equal(got, []int{3, 12, 1_234_567}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if got := filepath.Base(f.File(PhaseScore, 17)); got != "000017.npz" {
		t.Errorf("the file of 17 is %s", got)
	}
}

// A file that another machine has written comes into sight late.
func TestFilesAreWaitedFor(t *testing.T) {
	plan, _ := makePlan(t, request(t, 30, 3))
	f := Folder{Output: t.TempDir(), Wait: time.Hour}
	leave(t, f, PhaseScore, 0, 2)
	go func() {
		time.Sleep(20 * time.Millisecond)
		saveJSON(f.File(PhaseScore, 1), 1)
	}()
	if err := plan.Await(context.Background(), f, PhaseScore, run(0, 2), "merge"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := plan.Await(ctx, f, PhaseDepth, []int{0}, "score"); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestALongWaitIsToldOnce(t *testing.T) {
	plan, _ := makePlan(t, request(t, 4, 2))
	for wait, want := range map[time.Duration]int{0: 0, 100 * time.Millisecond: 0, 3500 * time.Millisecond: 1} {
		t.Run(wait.String(), func(t *testing.T) {
			t.Parallel()
			said := 0
			f := Folder{Output: t.TempDir(), Wait: wait, Waits: func(string) { said++ }}
			if err := plan.Await(t.Context(), f, PhaseScore, []int{0, 1}, "merge"); err == nil {
				t.Error("what nobody writes is there")
			}
			if said != want {
				t.Errorf("told %d times, not %d", said, want)
			}
		})
	}
}

func TestMissingTasksAreNamed(t *testing.T) {
	r := request(t, 40, 20)
	r.Tasks = 7 // of three subsets each
	plan, _ := makePlan(t, r)
	f := Folder{Output: t.TempDir()}
	leave(t, f, PhaseScore, slices.Concat(run(0, 2), run(6, 10), run(12, 17), []int{19})...)
	err := plan.Await(context.Background(), f, PhaseScore, run(0, 19), "merge")
	if fault.KindOf(err) != fault.Input {
		t.Fatalf("%v of kind %v", err, fault.KindOf(err))
	}
	for _, part := range []string{"cannot merge: 3 of 7 tasks of the phase score are not done: 1,3,6;",
		"musc task " + f.Output + " score 1;", "musc status " + f.Output} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %q", part, err)
		}
	}
	if err := plan.Await(context.Background(), f, PhaseScore, run(6, 8), "draw"); err != nil {
		t.Errorf("those that are there: %v", err)
	}
}
