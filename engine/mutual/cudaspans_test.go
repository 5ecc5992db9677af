//go:build cuda && linux

package mutual

import (
	"context"
	"testing"

	"musc/cgo/cuda/fake"
	"musc/engine/features"
	"musc/kernels"
)

// The next images are on their way to the device while those before them are searched, both within
// the rows and for a strip: most copies begin before the search that was asked for before them has
// ended. Were the device waited for in between, none would.
func TestCopyingOverlapsSearching(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 1, Images: 9, Height: 1, Width: 257, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1}, Interval: Interval{0, 0.5}}
	for _, plan := range []devicePlan{{9, 0, 1}, {6, 3, 1}} {
		var spans []kernels.Span
		hear := func(ordinal int, of []kernels.Span) { spans = of }
		if _, err := (CUDA{forced: &plan, Spans: hear}).PatchScores(context.Background(),
			problem); err != nil {
			t.Fatal(err)
		}
		searches, copies, early := 0, 0, 0
		var search *kernels.Span // the last one, until its rows' searches are done
		for _, span := range spans {
			switch span.Step {
			case kernels.Searching:
				search = &span
				searches++
			case kernels.Selecting:
				search = nil
			case kernels.Copying:
				if search == nil {
					continue
				}
				copies++
				if span.Begin < search.End {
					early++
				}
			}
		}
		if searches < 2 || copies < 3 || early < copies*2/3 {
			t.Errorf("%+v: of %d copies after the first of %d searches %d began before the search"+
				" before them had ended", plan, copies, searches, early)
		}
		t.Logf("%+v: %d of %d copies during %d searches", plan, early, copies, searches)
	}
}

// Steps run in the order of the stream, and each takes time.
func TestSpans(t *testing.T) {
	fake.Only(t)
	shape := features.Shape{Stages: 2, Images: 3, Height: 3, Width: 3, Channels: 8}
	problem := &Problem{Images: look(t, shape, 1), Degrees: []int{1, 3}, Interval: Interval{0, 1}}
	took := map[kernels.Step]bool{}
	last := kernels.Span{}
	hear := func(ordinal int, spans []kernels.Span) {
		for _, span := range spans {
			if span.End < span.Begin || span.Step != kernels.Copying && span.Begin < last.End {
				t.Errorf("%v after %v", span, last)
			}
			if span.Step != kernels.Copying {
				last = span
			}
			took[span.Step] = took[span.Step] || span.End > span.Begin
		}
	}
	if _, err := (CUDA{Spans: hear}).PatchScores(context.Background(), problem); err != nil {
		t.Fatal(err)
	}
	for step := kernels.Copying; step <= kernels.Adding; step++ {
		if !took[step] {
			t.Errorf("%v took no time", step)
		}
	}
}
