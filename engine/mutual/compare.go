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
	if r.patches == 1 && !r.masked {
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

// comparePatches is compare for images of one patch. There are often thousands of them, each pair
// is little work, and so they go in blocks.
func (r *run) comparePatches(rows, columns []slot) error {
	const high, wide = 8, 128 // images of a block
	across := (len(columns) + wide - 1) / wide
	down := (len(rows) + high - 1) / high
	return r.parallel(comparing, down*across, func(worker, task int) {
		row, column := rows[task/across*high:], columns[task%across*wide:]
		row, column = row[:min(high, len(row))], column[:min(wide, len(column))]
		if row[0].entry >= column[len(column)-1].entry {
			return
		}
		w := &r.workers[worker]
		w.block = slices.Grow(w.block[:0], high*wide*len(r.group))[:high*wide*len(r.group)]
		w.search.PatchDistances(w.block, row[0].onwards(), len(row),
			column[0].onwards(), len(column), r.slots.size)
		compared := 0
		for i, one := range row {
			for j, other := range column {
				if one.entry >= other.entry {
					continue
				}
				at := (i*len(column) + j) * len(r.group)
				distances := w.block[at : at+len(r.group)]
				copy(r.distances.by(one.entry, other.entry), distances)
				if other.entry < len(r.members) {
					copy(r.distances.by(other.entry, one.entry), distances)
				}
				compared++
			}
		}
		r.progress.add(compared * r.degrees)
	})
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
