//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// The kernels run under the emulator, behind the fake driver; with MUSC_TEST_GPU set, on cuda:0.
func TestMain(m *testing.M) { fake.Main(m, "../../kernels/emulator/kernels.cpp") }

// devicePlans are ways to divide a batch that a bound on the device's memory may force.
func devicePlans(images, references, windows int) []devicePlan {
	all := []devicePlan{{images, references, windows}}
	for degrees := 1; degrees < windows; degrees++ {
		all = append(all, devicePlan{images, references, degrees})
	}
	if references > 1 {
		all = append(all, devicePlan{images, 1, windows})
	}
	for _, rows := range []int{1, 2, images - 1} {
		if 0 < rows && rows < images {
			all = append(all, devicePlan{rows, 1, 1}, devicePlan{rows, 3, windows})
		}
	}
	return all
}

// everyDevicePlan returns the scores, which must be the same bytes under every plan.
func everyDevicePlan(t *testing.T, problem *Problem) []float64 {
	t.Helper()
	return everyDevicePlanBy(t, problem, "")
}

func everyDevicePlanBy(t *testing.T, problem *Problem, kernel kernels.Kernel) []float64 {
	t.Helper()
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	windows := 0
	for _, group := range windowsOf(b.shape, b.Degrees) {
		windows += len(group)
	}
	plans := devicePlans(len(b.members), b.references, windows)
	// The emulator takes about half a millisecond for 32 channels of a tile of 128 x 128
	// patches, and most of it even if there are few of them.
	across := (b.patches + 127) / 128
	tiles := b.pairs() * b.shape.Stages * windows * across * across * (b.shape.Channels + 31) / 32
	if limit := 100; tiles > limit && !fake.OnGPU() {
		plans = []devicePlan{plans[0], {2, 1, min(windows, 2)}}
		if len(b.members) <= 2 || tiles > 3*limit {
			plans = plans[:1]
		}
	}
	var first []float64
	for _, plan := range plans {
		got, err := CUDA{forced: &plan, Kernels: []kernels.Kernel{kernel}}.PatchScores(
			context.Background(), problem)
		if err != nil {
			t.Fatalf("%+v: %v", plan, err)
		}
		if first == nil {
			first = got
		}
		for k := range first {
			if got[k] != first[k] {
				t.Fatalf("%+v: score %d is %v, without a bound %v", plan, k, got[k], first[k])
			}
		}
	}
	return first
}

// The search takes halves: a patch that is farther by no more than their error may be taken for the
// nearest. This is what that may change in a score.
const searchError = 1e-4

func TestCUDAGivesTheOraclesScores(t *testing.T) {
	eachArchitecture(t, givesTheOraclesScores)
}

// eachArchitecture runs body with the kernels for Ampere and those for Hopper; on a GPU, its own.
func eachArchitecture(t *testing.T, body func(t *testing.T)) {
	if fake.OnGPU() {
		body(t)
		return
	}
	for _, capability := range []string{"8.0", "9.0"} {
		t.Run(capability, func(t *testing.T) {
			t.Setenv("MUSC_FAKE_CAPABILITY", capability)
			body(t)
		})
	}
}

func givesTheOraclesScores(t *testing.T) {
	eachFixture(t, func(t *testing.T, f *fixture) {
		problem := f.problem(t)
		d := within(t, "scores", everyDevicePlan(t, problem), f.answer(t, "patch_scores"),
			searchError, 0)
		t.Logf("scores differ from the oracle's by %.1e", d)
		if problem.References == nil {
			return
		}
		problem.ReferencesOnly = true
		d = within(t, "references only", everyDevicePlan(t, problem),
			f.answer(t, "patch_scores_references_only"), searchError, 0)
		t.Logf("by references only: by %.1e", d)
	})
}

func TestCUDAAgreesWithDefinition(t *testing.T) {
	eachArchitecture(t, func(t *testing.T) { agreesWithDefinition(t, everyDevicePlan, 2e-4) })
}

// Every fault of the driver ends in an error that says what was being done, with all memory given
// back: the run after it must succeed.
func TestFaultsOfTheDriver(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 1, Images: 4, Height: 2, Width: 3, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5}}
	want, err := CUDA{}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ operation, says string }{
		{"retain", "opening cuda:0"}, {"load", "loading"}, {"pin", "pinned"}, {"copy", "copying"},
		{"launch", "running kernel"}, {"run", "LAUNCH_FAILED"},
	} {
		failed := 0
		for n := 1; ; n++ {
			t.Setenv("MUSC_FAKE_FAIL", fmt.Sprintf("%s:%d", c.operation, n))
			got, err := CUDA{forced: &devicePlan{3, 1, 1}}.PatchScores(context.Background(), problem)
			t.Setenv("MUSC_FAKE_FAIL", "")
			if err == nil {
				within(t, "after the last "+c.operation, got, want, 0, 0)
				break
			}
			if failed++; !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %d: %v does not say %q", c.operation, n, err, c.says)
			}
			again, err := CUDA{}.PatchScores(context.Background(), problem)
			if err != nil {
				t.Fatalf("after %s %d: %v", c.operation, n, err)
			}
			within(t, "afterwards", again, want, 0, 0)
		}
		if failed == 0 {
			t.Errorf("no %s failed", c.operation)
		}
		t.Logf("%d calls of %s failed in turn", failed, c.operation)
	}
}

// A device with less memory than it said gets a smaller plan, and the same scores.
func TestOutOfDeviceMemory(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 1, Images: 9, Height: 20, Width: 20, Channels: 160}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0, 0.5}}
	want, err := CUDA{}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	note := func(text string) { notes = append(notes, text) }
	t.Setenv("MUSC_FAKE_FAIL", "alloc:4")
	got, err := CUDA{Note: note}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "scores", got, want, 0, 0)
	if len(notes) != 1 || strings.Contains(notes[0], "9 of 9 images") {
		t.Errorf("the plan was not smaller: %q", notes)
	}
}

func TestDeviceMemoryBound(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 40, Height: 37, Width: 37, Channels: 1024}
	b := &batch{Problem: &Problem{}, shape: shape, members: upTo(40), references: 30, patches: 1369}
	kind := deviceKind{cache: 50 << 20}
	least := int64(1) << 62
	last := devicePlan{}
	for bound := int64(1) << 34; ; bound = bound * 9 / 10 {
		plan, err := newDevicePlan(bound, kind, b, 40, 3)
		if err != nil {
			if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "at least") {
				t.Errorf("%v of kind %d", err, fault.KindOf(err))
			}
			break
		}
		needs := plan.sizes(b, kind).DeviceBytes()
		if needs > bound {
			t.Fatalf("%+v needs %d bytes of %d", plan, needs, bound)
		}
		if plan.rows > last.rows && last.rows > 0 {
			t.Errorf("less memory gives more rows: %+v after %+v", plan, last)
		}
		least, last = min(least, needs), plan
	}
	if last.rows != 1 || last.strip != 1 || last.degrees != 1 {
		t.Errorf("the smallest plan is %+v, of %d bytes", last, least)
	}
}

func TestCancellingCUDA(t *testing.T) {
	shape := features.Shape{Stages: 3, Images: 9, Height: 4, Width: 4, Channels: 8}
	ctx, cancel := context.WithCancel(context.Background())
	last, all := 0, 0
	problem := &Problem{Images: look(t, shape, 5), Degrees: []int{1, 3}, Interval: Interval{0, 0.3},
		Progress: func(done, total int) {
			last, all = done, total
			cancel()
		}}
	_, err := CUDA{}.PatchScores(ctx, problem)
	if !errors.Is(err, context.Canceled) || last == 0 || last > all/2 {
		t.Errorf("%v after %d of %d pairs", err, last, all)
	}
}

func TestProgressOfCUDA(t *testing.T) {
	shape := features.Shape{Stages: 2, Images: 5, Height: 2, Width: 2, Channels: 4}
	problem := &Problem{Images: look(t, shape, 6), Degrees: []int{1, 3}}
	shape.Images = 3
	problem.References = look(t, shape, 7)
	for _, plan := range devicePlans(5, 3, 2) {
		last, want := 0, 2*2*(5*4/2+5*3)
		problem.Progress = func(done, total int) {
			if done <= last || total != want {
				t.Errorf("%+v: %d of %d after %d of %d", plan, done, total, last, want)
			}
			last = done
		}
		if _, err := (CUDA{forced: &plan}).PatchScores(context.Background(), problem); err != nil {
			t.Fatal(err)
		}
		if last != want {
			t.Errorf("%+v ends at %d of %d", plan, last, want)
		}
	}
}

// Scores are the same bytes however many scorers and channels stay in the device's cache while
// their distances are added.
func TestBlocksOfDistances(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 1, Images: 6, Height: 2, Width: 2, Channels: 300}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0.1, 0.8}}
	var want []float64
	chunk := 8 * 256 * 4 * 4 / 3 // bytes of cache for 256 channels of a scorer
	for _, cache := range []int{0, 4 * chunk, 5 * chunk, 1 << 30} {
		t.Setenv("MUSC_FAKE_L2", strconv.Itoa(cache+8))
		for _, plan := range []devicePlan{{6, 0, 1}, {5, 1, 1}} {
			got, err := CUDA{forced: &plan}.PatchScores(context.Background(), problem)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			within(t, fmt.Sprintf("%+v with a cache of %d bytes", plan, cache), got, want, 0, 0)
		}
	}
}
