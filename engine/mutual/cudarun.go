//go:build cuda && linux

package mutual

import (
	"context"

	"musc/kernels"
)

// deviceRun is the scoring of a share of a batch on one device.
type deviceRun struct {
	*batch
	share
	ordinal  int
	ctx      context.Context
	windows  []window
	progress *progress
	chosen   func(Chosen)

	opened    *kernels.Device
	available int64 // of its memory, in bytes
	refused   error // why it is less than the device said
	plan      devicePlan
	sizes     kernels.Sizes
	device    *kernels.Scoring
	search    search
	courier   *courier // nil: nothing is exchanged

	// Of the stage and the windows at hand.
	stage   int
	degrees int   // that the windows stand for
	radii   []int // of the windows
}

// score adds the averages of one stage and some windows to the scores.
func (r *deviceRun) score(stage int, windows []window) error {
	r.stage, r.degrees, r.radii = stage, 0, make([]int, len(windows))
	weights := make([]float64, len(windows))
	for k, w := range windows {
		r.radii[k] = w.radius
		weights[k] = float64(w.count)
		r.degrees += w.count
	}
	store, typical := r.typical(stage)
	err := r.device.Begin(r.radii, func(k int) []float32 { return store.Tokens(stage, typical[k]) },
		len(typical))
	for first := r.share.first; first < r.share.end && err == nil; first += r.plan.rows {
		err = r.scoreRows(first, min(r.plan.rows, r.share.end-first), weights)
	}
	return err
}

// scoreRows scores images first to first+rows-1.
func (r *deviceRun) scoreRows(first, rows int, weights []float64) error {
	var interval kernels.Interval
	var average Average
	interval.Start, interval.Stop, average = r.selection(r.scorers())
	interval.Average = int(average)

	if err := r.device.Clear(); err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.searchWithin(first, rows); err != nil {
		return err
	}
	others, resident := r.others(first, rows)
	for _, strip := range others {
		if err := r.searchStrip(first, rows, strip, resident); err != nil {
			return err
		}
	}
	if err := r.finish(); err != nil {
		return err
	}
	if err := r.tellChosen(first, rows); err != nil {
		return err
	}
	self := first - r.base()
	if err := r.device.Select(rows, self, interval); err != nil {
		return err
	}
	add := func(s strip) error {
		return r.device.AddDistances(rows, self, s.slot, s.first-r.base(), s.count, interval)
	}
	within := strip{first, rows, 0}
	for _, strip := range others {
		if strip.first > first && within.count > 0 { // the rows' own turn among the scorers
			if err := r.addWithin(add, &within); err != nil {
				return err
			}
		}
		for k := 0; k < strip.count && !resident; k++ {
			if err := r.load(strip.slot+k, strip.first+k); err != nil {
				return err
			}
		}
		if err := add(strip); err != nil {
			return err
		}
	}
	if err := r.addWithin(add, &within); err != nil {
		return err
	}
	return r.device.AddScores(rows, first, weights, interval)
}

// addWithin adds the rows' distances to each other, once.
func (r *deviceRun) addWithin(add func(strip) error, within *strip) error {
	rows := *within
	if within.count = 0; rows.count == 0 || r.ReferencesOnly {
		return nil
	}
	return add(rows)
}

// strip is some scorers in a row, and where their features are or go: in that slot and those after
// it. Entries below N are images, the others references.
type strip struct{ first, count, slot int }

// base is the entry of the first scorer.
func (r *deviceRun) base() int {
	if r.ReferencesOnly {
		return len(r.members)
	}
	return 0
}

// others are the scorers besides the rows, in strips that the device has room for; resident says
// that it has room for all at once.
func (r *deviceRun) others(first, rows int) (strips []strip, resident bool) {
	ranges := []share{{len(r.members), len(r.members) + r.references}}
	if !r.ReferencesOnly {
		ranges = []share{{0, first}, {first + rows, len(r.members)}, ranges[0]}
	}
	total := 0
	for _, of := range ranges {
		total += of.images()
	}
	resident = total <= r.plan.strip
	slot := rows
	for _, of := range ranges {
		for from := of.first; from < of.end; from += r.plan.strip {
			next := strip{from, min(r.plan.strip, of.end-from), slot}
			strips = append(strips, next)
			if resident {
				slot += next.count
			}
		}
	}
	return strips, resident
}

// load brings an entry to a slot.
func (r *deviceRun) load(slot, entry int) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	store, image := r.References, entry-len(r.members)
	if entry < len(r.members) {
		store, image = r.Images, r.members[entry]
	}
	if err := r.device.Load(slot, store.Tokens(r.stage, image)); err != nil {
		return err
	}
	store.Release(r.stage, image)
	return nil
}
