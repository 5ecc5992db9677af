package mutual

import "slices"

// Further views score in one direction only: the patches of a first view are compared with theirs, and
// the lesser distance stays. That needs no order of the views. All further views of an entry are
// compared with one image by one goroutine, or one after the other, so that no two write to one place.

// furtherOf is how many further views the images, or the references, score by.
func (b *batch) furtherOf() (images, references int) {
	if b.ReferencesOnly {
		return 0, len(b.ReferenceViews)
	}
	return len(b.Views), len(b.ReferenceViews)
}

// furtherViews is how many there are of all entries.
func (b *batch) furtherViews() int {
	images, references := b.furtherOf()
	return len(b.members)*images + b.references*references
}

// furtherView is the k-th of them, entry by entry.
func (b *batch) furtherView(k int) source {
	images, references := b.furtherOf()
	if n := len(b.members); k < n*images {
		e := k / images
		return source{e, b.Views[k%images], b.members[e]}
	}
	k -= len(b.members) * images
	e := k / references
	return source{len(b.members) + e, b.ReferenceViews[k%references], e}
}

// compareFurther compares the rows with all further views, a strip at a time.
func (r *run) compareFurther(rows, strip []slot) error {
	kept := r.kept.further(r.references)
	if err := r.compareViews(rows, kept); err != nil {
		return err
	}
	for next, all := len(kept), r.furtherViews(); next < all; next += len(strip) {
		strip = strip[:min(len(strip), all-next)]
		if err := r.loadAll(strip, next, r.furtherView); err != nil {
			return err
		}
		if err := r.compareViews(rows, strip); err != nil {
			return err
		}
	}
	return nil
}

// compareViews lowers the distances of the rows to those of the columns, further views that lie
// together by their entry.
func (r *run) compareViews(rows, columns []slot) error {
	defer r.distances.release()
	entries := byEntry(columns)
	group := rowsInCache(r.slots.size)
	return r.parallel(comparing, len(rows)*len(entries), func(worker, task int) {
		i, j := pairOf(task, len(rows), len(entries), group)
		row, views := &rows[i], entries[j]
		if row.entry == views[0].entry {
			return
		}
		if r.scores(row.entry, views[0].entry) {
			r.lower(&r.workers[worker], row, views)
		}
		r.progress.add(len(views) * r.degrees)
	})
}

// lower compares a row with the views of one entry.
func (r *run) lower(w *worker, row *slot, views []slot) {
	least := r.distances.by(row.entry, views[0].entry)
	w.block = slices.Grow(w.block[:0], len(least))[:len(least)]
	for k := range views {
		w.search.Distances(w.block, nil, row.image, views[k].image)
		for p, distance := range w.block {
			least[p] = min(least[p], distance)
		}
	}
}

// byEntry cuts slots where the entry changes.
func byEntry(slots []slot) (entries [][]slot) {
	for first, k := 0, 1; k <= len(slots); k++ {
		if k == len(slots) || slots[k].entry != slots[first].entry {
			entries = append(entries, slots[first:k])
			first = k
		}
	}
	return entries
}
