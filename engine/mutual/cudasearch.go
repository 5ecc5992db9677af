//go:build cuda && linux

package mutual

import "musc/kernels"

// Each image is searched against those before it as soon as it is asked for: the device copies the
// raw tokens of those to come (package kernels has room for a few) while it searches.

// searchWithin brings the rows to the first slots and compares every two of them.
func (r *deviceRun) searchWithin(first, rows int) error {
	for j := range rows {
		if err := r.load(j, first+j); err != nil {
			return err
		}
		if r.ReferencesOnly {
			continue
		}
		for i := range j {
			if err := r.enqueue(kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: first + j,
				Columns: j, RowOfColumns: j, ScorerOfColumns: first + i}, true); err != nil {
				return err
			}
		}
		if err := r.flushIfEnough(); err != nil {
			return err
		}
	}
	return r.flush()
}

// searchStrip brings a strip to its slots and compares the rows with it. The lower entry comes
// first in a pair, as it does within the rows: equal products give equal bytes. Images that another
// device compares with the rows are brought only if they stay.
func (r *deviceRun) searchStrip(first, rows int, s strip, resident bool) error {
	for k := range s.count {
		other, slot := s.first+k, s.slot+k
		dealt, mine := r.dealt(other)
		if !mine && !resident {
			continue
		}
		if err := r.load(slot, other); err != nil {
			return err
		}
		switch {
		case dealt != nil:
			if err := r.courier.compare(*dealt, other, slot); err != nil {
				return err
			}
		case mine:
			if err := r.compare(first, rows, other, slot); err != nil {
				return err
			}
		}
	}
	if r.courier != nil { // the next strip takes the slots
		if err := r.courier.flush(); err != nil {
			return err
		}
	}
	return r.flush()
}

// dealt is the block that an entry of another device is in, nil if the device's rows are compared
// with it for themselves alone; mine is whether this device does that at all.
func (r *deviceRun) dealt(entry int) (dealt *block, mine bool) {
	if r.courier == nil || entry >= len(r.members) {
		return nil, true
	}
	for k := range r.courier.blocks {
		if block := &r.courier.blocks[k]; block.others.has(entry) {
			return block, true
		}
	}
	return nil, false
}

// compare enqueues the pairs of the rows with another entry, for the rows.
func (r *deviceRun) compare(first, rows, other, slot int) error {
	for i := range rows {
		scorer := other - r.base()
		pair := kernels.Pair{Rows: i, RowOfRows: i, ScorerOfRows: scorer,
			Columns: slot, RowOfColumns: -1}
		if other < first {
			pair = kernels.Pair{Rows: slot, RowOfRows: -1,
				Columns: i, RowOfColumns: i, ScorerOfColumns: scorer}
		}
		if err := r.enqueue(pair, other > first); err != nil {
			return err
		}
	}
	return r.flushIfEnough()
}

// search is pairs that are to be compared, until they are enough to keep the device busy.
type search struct {
	pairs []kernels.Pair
	fresh int // of them, those that no other rows meet: two images of different rows meet twice
}

func (r *deviceRun) enqueue(pair kernels.Pair, fresh bool) error {
	if len(r.search.pairs) == cap(r.search.pairs) {
		if err := r.flush(); err != nil {
			return err
		}
	}
	r.search.pairs = append(r.search.pairs, pair)
	if fresh {
		r.search.fresh++
	}
	return nil
}

func (r *deviceRun) flushIfEnough() error {
	if len(r.search.pairs) < r.device.EnoughPairs() {
		return nil
	}
	return r.flush()
}

func (r *deviceRun) flush() error {
	if err := r.ctx.Err(); err != nil || len(r.search.pairs) == 0 {
		return err
	}
	if err := r.device.Search(r.search.pairs); err != nil {
		return err
	}
	r.progress.add(r.search.fresh * r.degrees)
	r.search.pairs, r.search.fresh = r.search.pairs[:0], 0
	if r.courier != nil {
		return r.courier.turn(false)
	}
	return nil
}
