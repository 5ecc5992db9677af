//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/features"
)

// Killed over and over, with other plans each time, devices end with the same bytes as without a
// break. One device keeps each of its steps, several keep whole stages.
func TestDevicesGoOnAfterBreaks(t *testing.T) {
	t.Setenv("MUSC_FAKE_DEVICES", "3")
	shape := features.Shape{Stages: 3, Images: 5, Height: 3, Width: 3, Channels: 8}
	base := Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5}}
	shape.Images = 1
	base.References = look(t, shape, 2)
	want, err := CUDA{}.PatchScores(context.Background(), &base)
	if err != nil {
		t.Fatal(err)
	}
	breakDevices(t, base, CUDA{}, want, "none")
	if !fake.OnGPU() {
		breakDevices(t, base, CUDA{Ordinals: []int{0, 1, 2}}, want, "none")
	}
	if !testing.Short() {
		breakDevices(t, base, CUDA{}, want, "truncated")
		breakDevices(t, base, CUDA{}, want, "former")
	}
}

func breakDevices(t *testing.T, problem Problem, c CUDA, want []float64, loss string) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, uint64(len(loss)+10*len(c.Ordinals))))
	former := map[string][]byte{}
	problem.Checkpoint = &Checkpoint{Folder: t.TempDir(), Key: "key", Every: always}
	b, err := problem.check()
	if err != nil {
		t.Fatal(err)
	}
	const steps = 3 * 2
	perStep := b.pairs()
	for range 5 {
		c.forced = &devicePlan{1 + random.IntN(5), 1 + random.IntN(3), 1 + random.IntN(2)}
		before, last := b.stepsDone(c.Name(), steps), 0
		ctx, cancel := context.WithCancel(context.Background())
		stop := 1 + random.IntN(perStep*steps)
		problem.Progress = func(done, total int) {
			if last = done; done >= stop {
				cancel()
			}
		}
		got, err := c.PatchScores(ctx, &problem)
		if err == nil {
			within(t, "not broken", got, want, 0, 0)
		} else if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		cancel()
		whole := (last - 1) / perStep // of those steps the sums were asked for
		if c.forced.degrees > 1 {
			whole = whole / 2 * 2
		}
		after := b.stepsDone(c.Name(), steps)
		if after < before || len(c.Ordinals) < 2 && after < whole {
			t.Errorf("%v: %d steps before, %d after %d of %d pairs", c.Ordinals, before, after, last,
				perStep*steps)
		}
		lose(t, problem.Checkpoint.Folder, loss, former, random)
	}
	last, all := 0, 0
	problem.Progress = func(done, total int) { last, all = done, total }
	var notes []string
	problem.Checkpoint.Note = func(text string) { notes = append(notes, text) }
	for range 2 {
		got, err := c.PatchScores(context.Background(), &problem)
		if err != nil {
			t.Fatal(err)
		}
		within(t, "in the end", got, want, 0, 0)
		if last != all {
			t.Errorf("ends at %d of %d pairs", last, all)
		}
	}
	if k := len(notes) - 1; k < 0 || !strings.HasSuffix(notes[k], "after 6 of 6 steps") {
		t.Errorf("notes %q", notes)
	}
}

// A device that cannot take the sums of an earlier run back says so.
func TestSumsThatADeviceDoesNotTake(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 3, Images: 3, Height: 2, Width: 2, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: everyScorer,
		Checkpoint: &Checkpoint{Folder: t.TempDir(), Every: always}}
	ctx, cancel := context.WithCancel(context.Background())
	problem.Progress = func(done, total int) {
		if done > total/3 {
			cancel()
		}
	}
	if _, err := (CUDA{}).PatchScores(ctx, problem); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	t.Setenv("MUSC_FAKE_FAIL", "copy:1")
	_, err := CUDA{}.PatchScores(context.Background(), problem)
	if err == nil || !strings.Contains(err.Error(), "copying scores to the device") {
		t.Errorf("got %v", err)
	}
}
