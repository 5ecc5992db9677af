package verdict

import "musc/engine/disjoint"

// holes are the runs of pixels below the level that no way of such pixels, 4-connected, leads from to
// the photo's border, and that are fewer than a patch has pixels; ascending by Y, then From.
func (f *finder) holes(runs []run) (list []Run) {
	gaps := f.gaps(runs)
	border := len(gaps)
	sets := disjoint.New(border + 1)
	next := 0   // the first gap of the row below, or behind it
	inside := 0 // the first gap below that may touch the next gap
	for k, gap := range gaps {
		if k == 0 || gaps[k-1].Y != gap.Y {
			for next = max(next, k); next < len(gaps) && gaps[next].Y == gap.Y; next++ {
			}
			inside = next
		}
		if gap.From == 0 || gap.To == f.width || gap.Y == 0 || gap.Y == f.height-1 {
			sets.Unite(k, border)
		}
		for inside < len(gaps) && gaps[inside].Y == gap.Y+1 && gaps[inside].To <= gap.From {
			inside++
		}
		for i := inside; i < len(gaps) && gaps[i].Y == gap.Y+1 && gaps[i].From < gap.To; i++ {
			sets.Unite(k, i)
		}
	}
	area := make([]int, len(sets))
	for k, gap := range gaps {
		area[sets.Find(k)] += gap.To - gap.From
	}
	patches, pixels := f.grid.Height*f.grid.Width, f.width*f.height
	outside := sets.Find(border)
	for k, gap := range gaps {
		if root := sets.Find(k); root != outside && area[root]*patches < pixels {
			list = append(list, gap)
		}
	}
	return list
}

// gaps are the runs of pixels below the level in the rows that have others, and in those above and
// below them: the rest of the photo is connected to its border anyhow.
func (f *finder) gaps(runs []run) (list []Run) {
	y := 0 // the rows before it are done
	whole := func(row int) {
		if row >= y && row < f.height {
			list = append(list, Run{row, 0, f.width})
			y = row + 1
		}
	}
	for k := 0; k < len(runs); {
		row := runs[k].Y
		whole(row - 1)
		from := 0
		for ; k < len(runs) && runs[k].Y == row; k++ {
			if from < runs[k].From {
				list = append(list, Run{row, from, runs[k].From})
			}
			from = runs[k].To
		}
		if from < f.width {
			list = append(list, Run{row, from, f.width})
		}
		y = row + 1
		if k == len(runs) || runs[k].Y > y {
			whole(y)
		}
	}
	return list
}

// fill adds the holes to the runs.
func (f *finder) fill(runs []run, holes []Run) []run {
	if len(holes) == 0 {
		return runs
	}
	filled := make([]run, 0, len(runs))
	add := func(r run) {
		if last := len(filled) - 1; last >= 0 && filled[last].Y == r.Y && filled[last].To == r.From {
			filled[last].append(r)
		} else {
			filled = append(filled, r)
		}
	}
	for _, r := range runs {
		for len(holes) > 0 && (holes[0].Y < r.Y || holes[0].Y == r.Y && holes[0].From < r.From) {
			hole := holes[0]
			holes = holes[1:]
			f.reader.Seek(hole.Y)
			values := f.values[:hole.To-hole.From]
			f.reader.Read(values, hole.From)
			add(f.measure(values, hole.Y, hole.From))
		}
		add(r)
	}
	return filled
}
