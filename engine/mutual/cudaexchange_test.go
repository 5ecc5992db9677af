//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// Several devices give the same bytes as one: where they exchange keys, in parcels of any size, and
// where the plan has no room for that; also where there are more devices than images. Every pair is
// compared once, or by both.
func TestSeveralDevices(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "6")
	shape := features.Shape{Stages: 1, Images: 5, Height: 3, Width: 3, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 0.5}}
	shape.Images = 1
	problem.References = look(t, shape, 2)
	for _, only := range []bool{false, true} {
		problem.ReferencesOnly = only
		want, err := CUDA{}.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatal(err)
		}
		for _, ordinals := range [][]int{{1}, {1, 0}, {0, 2, 4}, {0, 1, 2, 3, 4, 5}} {
			cases := []CUDA{{}, {forced: &devicePlan{1, 1, 1}}, {packed: 1},
				{forced: &devicePlan{2, 2, 2}, packed: 3}, {forced: &devicePlan{3, 1, 1}, packed: 2}}
			if only || len(ordinals) == 1 { // nothing is exchanged
				cases = cases[:2]
			}
			for _, c := range cases {
				last, all := 0, 0
				problem.Progress = func(done, total int) { last, all = done, total }
				var notes []string
				c.Note = func(text string) { notes = append(notes, text) }
				c.Ordinals = ordinals
				got, err := c.PatchScores(context.Background(), problem)
				if err != nil {
					t.Fatal(err)
				}
				within(t, fmt.Sprint(ordinals), got, want, 0, 0)
				if last != all {
					t.Errorf("%v: ends at %d of %d pairs", ordinals, last, all)
				}
				says := "by one of them"
				if c.forced != nil && c.forced.rows*len(ordinals) < 5 {
					says = "by both: memory or kernels allow no exchange"
				}
				for _, note := range notes {
					if got := strings.Contains(note, says); got == (only || len(ordinals) == 1) {
						t.Errorf("%v, %+v, references only %v: %q", ordinals, c.forced, only, note)
					}
				}
			}
		}
	}
	_, err := CUDA{Ordinals: []int{0, 6}}.PatchScores(context.Background(), problem)
	if fault.KindOf(err) != fault.Setup || !strings.Contains(err.Error(), "cuda:6") {
		t.Errorf("cuda:6 of 6: %v", err)
	}
}

// A device that compares no pair for the other may be far behind: what it gets is merged after its
// keys were cleared, and not before its round.
func TestDeviceThatOnlyReceives(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "2")
	shape := features.Shape{Stages: 3, Images: 2, Height: 2, Width: 2, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0, 1}}
	want, err := CUDA{}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	ahead := make(chan struct{}) // closed when the first device has sent everything
	hear := func(c Chosen) {
		switch {
		case c.Image == 0 && c.Stage == 2:
			close(ahead)
		case c.Image == 1 && c.Stage == 0:
			<-ahead
		}
	}
	got, err := CUDA{Ordinals: []int{0, 1}, Chosen: hear}.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	within(t, "scores", got, want, 0, 0)
}

// Whatever fails on one of several devices ends all of them with what it was: none waits for ever.
func TestFaultsOfOneOfSeveralDevices(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "3")
	shape := features.Shape{Stages: 1, Images: 6, Height: 2, Width: 2, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0, 0.5}}
	three := CUDA{Ordinals: []int{0, 1, 2}, packed: 2}
	want, err := three.PatchScores(context.Background(), problem)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ operation, says string }{
		{"retain", "opening cuda:"}, {"pin", "pinned"}, {"copy", "copying"},
		{"launch", "running kernel"}, {"run", "LAUNCH_FAILED"},
	} {
		failed := 0
		for n := 1; ; n += 1 + n/4 {
			t.Setenv("MUSC_FAKE_FAIL", fmt.Sprintf("%s:%d", c.operation, n))
			got, err := CUDA{Ordinals: three.Ordinals, packed: 2,
				forced: &devicePlan{2, 1, 1}}.PatchScores(context.Background(), problem)
			t.Setenv("MUSC_FAKE_FAIL", "")
			if err == nil {
				within(t, "after the last "+c.operation, got, want, 0, 0)
				break
			}
			if failed++; !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s %d: %v does not say %q", c.operation, n, err, c.says)
			}
		}
		if failed == 0 {
			t.Errorf("no %s failed", c.operation)
		}
		again, err := three.PatchScores(context.Background(), problem)
		if err != nil {
			t.Fatalf("after %s: %v", c.operation, err)
		}
		within(t, "afterwards", again, want, 0, 0)
		t.Logf("%d of %s's calls failed", failed, c.operation)
	}
}

// Devices that wait for each other end when they are told to.
func TestCancellingSeveralDevices(t *testing.T) {
	fake.Only(t)
	t.Setenv("MUSC_FAKE_DEVICES", "3")
	shape := features.Shape{Stages: 2, Images: 6, Height: 2, Width: 2, Channels: 8}
	images := look(t, shape, 1)
	for after := 1; after < 60; after += 7 {
		ctx, cancel := context.WithCancel(context.Background())
		problem := &Problem{Images: images, Degrees: []int{1, 3}, Interval: Interval{0, 0.5},
			Progress: func(done, total int) {
				if done >= after {
					cancel()
				}
			}}
		_, err := CUDA{Ordinals: []int{0, 1, 2}, packed: 1}.PatchScores(ctx, problem)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d of 60 pairs: %v", after, err)
		}
		cancel()
	}
}

// Keys that are exchanged are counted in a bound on memory; where they have no room, or not all
// images of a device at once, they are not exchanged. All devices take as many degrees at once.
func TestMemoryBoundOfExchange(t *testing.T) {
	shape := features.Shape{Stages: 1, Images: 40, Height: 37, Width: 37, Channels: 1024}
	b := &batch{Problem: &Problem{}, shape: shape, members: upTo(40), references: 3, patches: 1369}
	exchanged, not := 0, 0
	for bound := int64(1) << 32; bound > 1<<26; bound = bound * 9 / 10 {
		var runs []*deviceRun
		for k, of := range shares(40, 2) {
			runs = append(runs, &deviceRun{batch: b, share: of, windows: make([]window, 3),
				available: bound << k, opened: &kernels.Device{}})
		}
		if (CUDA{}).choosePlans(runs) != nil {
			break
		}
		for _, r := range runs {
			if needs := r.sizes.DeviceBytes(); needs > r.available {
				t.Errorf("%+v needs %d bytes of %d", r.plan, needs, r.available)
			}
			switch {
			case r.sizes.Packed == 0:
				not++
			case r.plan.rows != 20 || r.plan.degrees != runs[0].plan.degrees:
				t.Errorf("%+v exchanges keys with %+v", r.plan, runs[0].plan)
			case r.sizes.Packed < 32:
				t.Errorf("%+v sends %d pairs at once", r.plan, r.sizes.Packed)
			default:
				exchanged++
			}
		}
	}
	if exchanged < 10 || not < 4 {
		t.Errorf("%d devices exchange keys, %d do not", exchanged, not)
	}
}
