//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"iter"
	"slices"

	"musc/cgo/cuda"
	"musc/kernels"
)

// deviceRun is the scoring of a share of a batch on one device.
type deviceRun struct {
	*batch
	share
	ctx      context.Context
	device   *kernels.Scoring
	plan     devicePlan
	windows  []window
	progress *progress

	// Of the stage and the windows at hand.
	stage   int
	degrees int   // that the windows stand for
	radii   []int // of the windows
	chosen  func(Chosen)
}

// newRun takes the memory of the fastest plan that fits; where the device turns out to have less,
// that of a plan for half of it.
func (c CUDA) newRun(ctx context.Context, b *batch, of share, device *kernels.Device,
	progress *progress) (*deviceRun, error) {

	available := c.Memory
	if available == 0 {
		free, err := device.Free()
		if err != nil {
			return nil, err
		}
		available = free / 10 * 9
	}
	r := &deviceRun{batch: b, share: of, ctx: ctx, progress: progress, chosen: c.Chosen,
		windows: slices.Concat(windowsOf(b.shape, b.Degrees)...)}
	var refused error
	for {
		plan, err := newDevicePlan(available, b, of.images(), len(r.windows))
		if err != nil && refused != nil {
			err = refused
		}
		if err != nil {
			return nil, err
		}
		if c.forced != nil {
			plan = *c.forced
		}
		r.plan = plan
		r.device, err = device.NewScoring(plan.sizes(b))
		var failed *cuda.Error
		if err == nil || !errors.As(err, &failed) || failed.Code != cuda.OutOfMemory {
			return r, err
		}
		refused = err
		available = plan.sizes(b).DeviceBytes() / 2
	}
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
	samples := min(len(r.members), centreImages)
	err := r.device.Begin(r.radii, func(k int) []float32 {
		return r.Images.Tokens(stage, r.members[k*len(r.members)/samples])
	}, samples)
	for first := r.share.first; first < r.share.end && err == nil; first += r.plan.rows {
		err = r.scoreRows(first, min(r.plan.rows, r.share.end-first), weights)
	}
	return err
}

// scoreRows scores images first to first+rows-1.
func (r *deviceRun) scoreRows(first, rows int, weights []float64) error {
	var interval kernels.Interval
	var average Average
	interval.Start, interval.Stop, average = r.selection()
	interval.Average = int(average)

	if err := r.load(0, first, rows); err != nil {
		return err
	}
	if err := r.device.Clear(); err != nil {
		return err
	}
	others := r.others(first, rows)
	if err := r.searchWithin(first, rows); err != nil {
		return err
	}
	for _, strip := range others {
		if err := r.load(rows, strip.first, strip.count); err != nil {
			return err
		}
		if err := r.searchStrip(first, rows, strip); err != nil {
			return err
		}
	}
	if err := r.tellChosen(first, rows); err != nil {
		return err
	}
	self := first - r.base()
	if err := r.device.Select(rows, self, interval); err != nil {
		return err
	}
	add := func(slot int, s strip) error {
		return r.device.AddDistances(rows, self, slot, s.first-r.base(), s.count, interval)
	}
	within := strip{first, rows}
	for _, strip := range others {
		if strip.first > first && within.count > 0 { // the rows' own turn among the scorers
			if err := r.addWithin(add, &within); err != nil {
				return err
			}
		}
		if len(others) > 1 {
			if err := r.load(rows, strip.first, strip.count); err != nil {
				return err
			}
		}
		if err := add(rows, strip); err != nil {
			return err
		}
	}
	if err := r.addWithin(add, &within); err != nil {
		return err
	}
	return r.device.AddScores(rows, first, weights, interval)
}

// addWithin adds the rows' distances to each other, once.
func (r *deviceRun) addWithin(add func(int, strip) error, within *strip) error {
	rows := *within
	if within.count = 0; rows.count == 0 || r.ReferencesOnly {
		return nil
	}
	return add(0, rows)
}

// strip is some scorers in a row: entries below N are images, the others references.
type strip struct{ first, count int }

// base is the entry of the first scorer.
func (r *deviceRun) base() int {
	if r.ReferencesOnly {
		return len(r.members)
	}
	return 0
}

// others are the scorers besides the rows, in strips that the device has room for.
func (r *deviceRun) others(first, rows int) []strip {
	var strips []strip
	divide := func(from, to int) {
		for ; from < to; from += r.plan.strip {
			strips = append(strips, strip{from, min(r.plan.strip, to-from)})
		}
	}
	if !r.ReferencesOnly {
		divide(0, first)
		divide(first+rows, len(r.members))
	}
	divide(len(r.members), len(r.members)+r.references)
	return strips
}

// load brings entries to slots.
func (r *deviceRun) load(slot, first, count int) error {
	for k := range count {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		store, image := r.References, first+k-len(r.members)
		if first+k < len(r.members) {
			store, image = r.Images, r.members[first+k]
		}
		if err := r.device.Load(slot+k, store.Tokens(r.stage, image)); err != nil {
			return err
		}
		store.Release(r.stage, image)
	}
	return nil
}

// searchWithin compares every two of the rows.
func (r *deviceRun) searchWithin(first, rows int) error {
	if r.ReferencesOnly {
		return nil
	}
	return r.search(func(yield func(kernels.Pair, bool) bool) {
		for i := range rows {
			for j := i + 1; j < rows; j++ {
				pair := kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: first + j,
					Columns: j, RowOfColumns: j, ScorerOfColumns: first + i}
				if !yield(pair, true) {
					return
				}
			}
		}
	})
}

// searchStrip compares the rows with a strip, whose features are in the slots after theirs. The
// lower entry comes first in a pair, as it does within the rows: equal products give equal bytes.
func (r *deviceRun) searchStrip(first, rows int, s strip) error {
	return r.search(func(yield func(kernels.Pair, bool) bool) {
		for k := range s.count {
			other := s.first + k
			for i := range rows {
				scorer := other - r.base()
				pair := kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: scorer,
					Columns: rows + k, RowOfColumns: -1}
				if other < first {
					pair = kernels.Pair{Rows: rows + k, RowOfRows: -1,
						Columns: i, RowOfColumns: i, ScorerOfColumns: scorer}
				}
				if !yield(pair, other > first) {
					return
				}
			}
		}
	})
}

// search compares pairs; the flag says which of them are new: two images of different rows meet
// once for each.
func (r *deviceRun) search(pairs iter.Seq2[kernels.Pair, bool]) error {
	batch := make([]kernels.Pair, 0, r.device.SearchPairs())
	fresh := 0
	flush := func() error {
		if err := r.ctx.Err(); err != nil || len(batch) == 0 {
			return err
		}
		if err := r.device.Search(batch); err != nil {
			return err
		}
		r.progress.add(fresh * r.degrees)
		batch, fresh = batch[:0], 0
		return nil
	}
	for pair, isNew := range pairs {
		if len(batch) == cap(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
		if batch = append(batch, pair); isNew {
			fresh++
		}
	}
	return flush()
}
