package main

import (
	"context"
	"time"
)

// task is a part of a plan: a row or two of the result.
type task struct {
	name   string
	cost   time.Duration // about what it takes where the plan's time is enough for everything
	within limits        // of the rows, which run is given as far as there is time for them
	run    func(ctx context.Context, within limits) error
}

// leastShare is the part of its cost below which a task is left out: what is measured in less is
// not worth what it takes from the others.
const leastShare = 0.2

// runAll runs the tasks within the plan's time. Each gets its share of what is left, by its cost: where
// everything takes longer than planned, later tasks shrink, and some are left out with a note.
func (b *bench) runAll(ctx context.Context, tasks []task) error {
	for k, t := range tasks {
		share := shareOf(tasks[k:], b.plan.total-time.Since(b.begun))
		if share < leastShare {
			b.note("%s left out: no time was left for it", t.name)
			continue
		}
		b.say("%s", t.name)
		if err := t.run(ctx, t.allotted(share)); err != nil {
			return err
		}
	}
	return nil
}

// shareOf is how much of its cost each of the tasks may take, all of them within the time left. A task
// may take more than it costs.
func shareOf(tasks []task, left time.Duration) float64 {
	var all time.Duration
	for _, t := range tasks {
		all += t.cost
	}
	return float64(left) / float64(all)
}

// slowestCase is the part of a task's time that one case may take before it is dropped.
const slowestCase = 3

// allotted are the limits of a task that gets that share of its cost, from now on.
func (t task) allotted(share float64) limits {
	whole, within := scaled(t.cost, share), t.within
	within.end = time.Now().Add(whole)
	within.budget = scaled(within.budget, min(share, 1))
	if within.each == 0 || within.each > whole/slowestCase {
		within.each = whole / slowestCase
	}
	return within
}

func scaled(d time.Duration, by float64) time.Duration { return time.Duration(float64(d) * by) }
