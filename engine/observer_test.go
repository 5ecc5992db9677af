package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Steps that take turns have one timing each, of all their turns; others' turns are not in it.
func TestStepsThatTakeTurns(t *testing.T) {
	c := &clock{observer: Silent{}}
	ago := func(d time.Duration) { c.begun = c.begun.Add(-d) } // the open turn has lasted d longer
	c.begin(StepBackbone, 4)
	ago(time.Hour)
	c.begin(StepMutual, 4)
	ago(2 * time.Hour)
	c.begin(StepBackbone, 4)
	ago(4 * time.Hour)
	c.begin(StepMutual, 4)
	ago(8 * time.Hour)
	c.end()
	c.end() // nothing is open: nothing is added
	c.begin(StepImage, 4)
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
}
