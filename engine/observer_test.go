package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// heard writes down what an observer is told of steps.
type heard struct {
	Silent
	lines []string
}

func (h *heard) Begin(step Step, total int) {
	h.lines = append(h.lines, fmt.Sprintf("begin %s %d", step, total))
}

func (h *heard) Resume(step Step) { h.lines = append(h.lines, fmt.Sprint("resume ", step)) }

// Steps that take turns have one timing each, of all their turns; others' turns are not in it.
func TestStepsThatTakeTurns(t *testing.T) {
	observer := &heard{}
	c := &clock{observer: observer}
	ago := func(d time.Duration) { c.begun = c.begun.Add(-d) } // the open turn has lasted d longer
	c.begin(StepBackbone, 4)
	ago(time.Hour)
	c.begin(StepMutual, 4)
	ago(2 * time.Hour)
	c.resume(StepBackbone)
	ago(4 * time.Hour)
	c.resume(StepMutual)
	ago(8 * time.Hour)
	c.end()
	c.end() // nothing is open: nothing is added
	c.resume(StepImage)
	ago(time.Hour)
	c.end()
	var got []string
	for _, timing := range c.timings {
		got = append(got, fmt.Sprintf("%s %.0f h", timing.Step, timing.Seconds/3600))
	}
	want := []string{"backbone 5 h", "mutual scoring 10 h", "image scores 1 h"}
	if !slices.Equal(got, want) {
		t.Errorf("timings %q, want %q", got, want)
	}
	want = []string{"begin backbone 4", "begin mutual scoring 4", "resume backbone",
		"resume mutual scoring", "resume image scores"}
	if !slices.Equal(observer.lines, want) {
		t.Errorf("heard %q, want %q", observer.lines, want)
	}
}
