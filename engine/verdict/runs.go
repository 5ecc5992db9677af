package verdict

import "musc/engine/disjoint"

// run is a run of pixels with what its region needs of them.
type run struct {
	Run
	sum   float64 // of v'
	peak  float64 // v
	peakX int     // the first pixel with it
}

// runs are all runs of pixels of at least the level, ascending by Y, then From. What lies between
// grid points below the level is not looked at.
func (f *finder) runs() (list []run) {
	width := f.grid.Width
	for _, rows := range f.rows {
		if !f.reaches(f.grid.Scores[rows.Low*width:][:width]) &&
			!f.reaches(f.grid.Scores[rows.High*width:][:width]) {
			continue
		}
		for y := rows.From; y < rows.To; y++ {
			list = f.runsOfRow(list, y)
		}
	}
	return list
}

// reaches tells whether a value is at least the level.
func (f *finder) reaches(values []float64) bool {
	for _, v := range values {
		if v >= f.level {
			return true
		}
	}
	return false
}

// runsOfRow appends those of row y.
func (f *finder) runsOfRow(list []run, y int) []run {
	f.reader.Seek(y)
	grid := f.reader.Grid()
	first := len(list)
	for _, span := range f.columns {
		if max(grid[span.Low], grid[span.High]) < f.level {
			continue
		}
		values := f.values[:span.To-span.From]
		f.reader.Read(values, span.From)
		for i := 0; i < len(values); i++ {
			if values[i] < f.level {
				continue
			}
			from := i
			for i < len(values) && values[i] >= f.level {
				i++
			}
			next := f.measure(values[from:i], y, span.From+from)
			if last := len(list) - 1; last >= first && list[last].To == next.From {
				list[last].append(next)
			} else {
				list = append(list, next)
			}
		}
	}
	return list
}

// measure makes a run of values v in row y from the column from on.
func (f *finder) measure(values []float64, y, from int) run {
	r := run{Run: Run{y, from, from + len(values)}, peak: values[0], peakX: from}
	for i, v := range values {
		r.sum += v
		if v > r.peak {
			r.peak, r.peakX = v, from+i
		}
	}
	if r.peak >= min(f.score, f.largest) { // v' is not v everywhere
		r.sum = 0
		for _, v := range values {
			r.sum += f.scored(v)
		}
	}
	return r
}

// append adds the run that follows in the same row.
func (r *run) append(next run) {
	r.To = next.To
	r.sum += next.sum
	if next.peak > r.peak {
		r.peak, r.peakX = next.peak, next.peakX
	}
}

// connect gives each run the index of the first one of its 8-connected region.
func connect(runs []run) []int {
	sets := disjoint.New(len(runs))
	above := 0 // the first run that may touch the next one from the row above it
	for k, r := range runs {
		for above < k && (runs[above].Y < r.Y-1 || runs[above].Y == r.Y-1 && runs[above].To < r.From) {
			above++
		}
		for i := above; i < k && runs[i].Y == r.Y-1 && runs[i].From <= r.To; i++ {
			sets.Unite(i, k)
		}
	}
	roots := make([]int, len(runs))
	for k := range runs {
		roots[k] = sets.Find(k)
	}
	return roots
}
