package mutual

import (
	"slices"

	"musc/cgo/cpu"
)

// compareWithin scores the images of a tile by each other, all at once; spilled distances go
// strip by strip, so that no more of them are resident than when a strip passes by.
func (r *run) compareWithin(tile []slot) error {
	step := len(tile)
	if r.distances.array.Spilled() {
		step = max(r.strip, 1)
	}
	for columns := range slices.Chunk(tile, step) {
		if err := r.compare(tile, columns); err != nil {
			return err
		}
	}
	return nil
}

// compare scores every row by every column and the other way around; of two images of one tile it
// takes each pair once.
func (r *run) compare(rows, columns []slot) error {
	defer r.distances.release()
	if r.patches == 1 {
		return r.comparePatches(rows, columns)
	}
	group := rowsInCache(r.slots.size)
	return r.parallel(comparing, len(rows)*len(columns), func(worker, task int) {
		i, j := pairOf(task, len(rows), len(columns), group)
		row, column := &rows[i], &columns[j]
		if row.entry >= column.entry || r.journal.has(row.entry, column.entry) {
			return
		}
		if r.needs(row.entry, column.entry) {
			r.comparePair(r.workers[worker].search, row, column)
			r.journal.mark(row.entry, column.entry)
		}
		r.progress.add(r.degrees)
	})
}

// cachedBytes is how much of the last-level cache the images of a group of rows may take.
const cachedBytes = 8 << 20

// rowsInCache is how many images of so many floats a group of rows has, at least one.
func rowsInCache(size int) int { return max(1, cachedBytes/(bytesOfFloat*size)) }

// pairOf gives the row and the column of a task: groups of rows stay in the cache while all columns
// pass by.
func pairOf(task, rows, columns, group int) (row, column int) {
	first := task / (group * columns) * group
	high := min(group, rows-first)
	task -= first * columns
	return first + task%high, task / high
}

// comparePair takes one product, and from it the distances in both directions; references are
// not scored.
func (r *run) comparePair(search *cpu.Search, row, column *slot) {
	var columns []float32
	if column.entry < len(r.members) {
		columns = r.distances.by(column.entry, row.entry)
	}
	search.Distances(r.distances.by(row.entry, column.entry), columns, row.image, column.image)
}
