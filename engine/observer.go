package engine

import (
	"slices"
	"time"
)

// Observer hears how a job goes. Its methods are called from one goroutine at a time.
type Observer interface {
	// Begin opens a step of the job, with as many units of work as total says.
	Begin(step Step, total int)
	// Resume goes on with a step that was begun before: steps may take turns, as backbone and mutual
	// scoring do over the subsets of a batch.
	Resume(step Step)
	// Advance says that n more units are done of the step of the last Begin or Resume.
	Advance(n int)
	// Note is one line that a user should know but need not act on: the plan, the device.
	Note(text string)
	// Skipped names an image that was left out, and why.
	Skipped(path, reason string)
}

// Step is a part of the job whose time is reported by itself.
type Step string

// The steps of a job, in order.
const (
	StepLoad     Step = "load model"
	StepDecode   Step = "decoding"     // only of an Inspector, whose photos come one by one
	StepDepth    Step = "sample depth" // only with photos of more than 8 bits a sample
	StepBackbone Step = "backbone"
	StepPrepare  Step = "prepare bank" // for an Inspector
	StepMutual   Step = "mutual scoring"
	StepShared   Step = "shared defects" // scoring without those that share one; only where that was asked for
	StepImage    Step = "image scores"
	StepEvidence Step = "evidence"       // only where Config.Explain asks for it
	StepNearest  Step = "nearest images" // for RsCIN, in a run by a plan
	StepRank     Step = "ranks"          // RsCIN and the colour scale, too
	StepVerdict  Step = "verdict"        // only of an Inspector
	StepReport   Step = "maps and reports"
)

// Silent is the Observer that tells nobody.
type Silent struct{}

// Begin implements Observer.
func (Silent) Begin(Step, int) {}

// Resume implements Observer.
func (Silent) Resume(Step) {}

// Advance implements Observer.
func (Silent) Advance(int) {}

// Note implements Observer.
func (Silent) Note(string) {}

// Skipped implements Observer.
func (Silent) Skipped(string, string) {}

// Timing is how long one step took.
type Timing struct {
	Step    Step    `json:"step"`
	Seconds float64 `json:"seconds"`
}

// clock measures the steps of a job: one is open at a time, and a step that is begun again adds to the
// timing it has.
type clock struct {
	observer Observer
	timings  []Timing
	open     int // index in timings of the step that was begun last
	begun    time.Time
}

func (c *clock) begin(step Step, total int) {
	c.start(step)
	c.observer.Begin(step, total)
}

// resume goes on with a step that was begun before.
func (c *clock) resume(step Step) {
	c.start(step)
	c.observer.Resume(step)
}

func (c *clock) start(step Step) {
	c.end()
	c.open = slices.IndexFunc(c.timings, func(t Timing) bool { return t.Step == step })
	if c.open < 0 {
		c.open = len(c.timings)
		c.timings = append(c.timings, Timing{Step: step})
	}
	c.begun = time.Now()
}

// end closes the open step, if any; begin does so by itself.
func (c *clock) end() {
	if !c.begun.IsZero() {
		c.timings[c.open].Seconds += time.Since(c.begun).Seconds()
		c.begun = time.Time{}
	}
}
