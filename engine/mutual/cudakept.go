//go:build cuda && linux

package mutual

import (
	"slices"
	"sync"
)

// collector keeps the sums of several devices: each tells what it has for its share after a step,
// and the last to do so writes the sums of all. A step is a stage and a window here; a device takes
// some windows at once, and several devices need not take equally many: theirs are kept after whole
// stages. The sums do not depend on that.
type collector struct {
	kept    *keeper
	done    int // steps of an earlier run
	windows int // of a stage
	devices int

	lock  sync.Mutex
	steps map[int]*collected // that some devices have done; nil: it is not kept
}

// collected are the sums after a step, of the devices that are there.
type collected struct {
	sums    []float64 // [N,P]
	missing int       // devices
}

// newCollector takes the sums of an earlier run's steps into account. A nil keeper keeps nothing.
func newCollector(kept *keeper, runs []*deviceRun, done int) *collector {
	r := runs[0]
	before := 0
	for k := range done {
		before += r.windows[k%len(r.windows)].count
	}
	r.progress.add(before * r.pairs())
	return &collector{kept: kept, done: done, windows: len(r.windows), devices: len(runs),
		steps: map[int]*collected{}}
}

// windows are those of all groups.
func (b *batch) windows() []window { return slices.Concat(windowsOf(b.shape, b.Degrees)...) }

// add takes a device's sums after so many steps, if they are to be kept: the first device that
// comes so far says so. It waits for the device.
func (c *collector) add(r *deviceRun, done int) error {
	if c.kept == nil || c.devices > 1 && done%c.windows != 0 {
		return nil
	}
	of := c.at(r, done)
	if of == nil {
		return nil
	}
	mine := of.sums[r.share.first*r.patches : r.share.end*r.patches]
	if err := r.device.Scores(mine, r.share.first); err != nil {
		return err
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	if of.missing--; of.missing == 0 {
		delete(c.steps, done)
		c.kept.save(done, of.sums)
	}
	return nil
}

// at are the sums after a step, nil if they are not kept.
func (c *collector) at(r *deviceRun, done int) *collected {
	c.lock.Lock()
	defer c.lock.Unlock()
	of, begun := c.steps[done]
	if !begun {
		if c.kept.worthSaving() {
			of = &collected{make([]float64, len(r.members)*r.patches), c.devices}
		}
		c.steps[done] = of
	}
	return of
}

// worthSaving tells whether save would write at once.
func (k *keeper) worthSaving() bool {
	k.saving.Lock()
	defer k.saving.Unlock()
	return !k.failed && k.due()
}
