package export

import (
	"slices"

	"musc/engine/disjoint"
	"musc/engine/verdict"
)

// point is a corner of pixels: pixel (x, y) has the corners (x, y) to (x+1, y+1).
type point struct{ x, y int }

// polygon is a closed line along the edges of pixels, clockwise as one looks at the photo: the
// inside is on its right. Lines turn at every point, the first one is not repeated.
type polygon []point

// simplePolygons are polygons that do not overlap and together cover exactly the pixels of the
// runs. None touches itself. A region without holes, whose pixels are connected by their edges, is
// one; a hole is opened by a cut, which makes one more.
func simplePolygons(runs []verdict.Run) []polygon {
	return outlines(runs, joinSimple)
}

// slitPolygons are one polygon a connected region, if pixels are connected by their corners, too.
// It touches itself where it has to: it goes into holes by a slit of no width, there and back.
// Under the even-odd rule as under the non-zero rule it covers exactly the pixels of the runs.
func slitPolygons(runs []verdict.Run) []polygon {
	return outlines(runs, joinAll)
}

// outlines joins runs to trees and walks around each. Two runs of neighbouring rows may be joined
// where they touch; join says which of those above a run are.
func outlines(runs []verdict.Run, join func(*forest, int, []contact)) []polygon {
	f := &forest{make([]node, len(runs)), disjoint.New(len(runs)), disjoint.New(len(runs))}
	var contacts []contact
	for i, first := 0, 0; i < len(runs); i++ {
		run := runs[i]
		f.nodes[i].Run = run
		for runs[first].Y < run.Y-1 || runs[first].Y == run.Y-1 && runs[first].To < run.From {
			first++
		}
		contacts = contacts[:0]
		for k := first; k < i && runs[k].Y == run.Y-1 && runs[k].From <= run.To; k++ {
			contacts = append(contacts, contact{k, max(run.From, runs[k].From), min(run.To, runs[k].To)})
		}
		join(f, i, contacts)
	}
	var all []polygon
	for i := range f.nodes {
		if f.pieces.Find(i) == i {
			all = append(all, f.around(i))
		}
	}
	return all
}

// contact is a run in a neighbouring row and the part of the line between the rows, from..to, where
// both lie; it is a point if only corners touch.
type contact struct{ run, from, to int }

type node struct {
	verdict.Run
	above, below []contact // that it is joined to, from left to right
}

type forest struct {
	nodes    []node
	pieces   disjoint.Sets // the trees; the first run stands for its tree
	touching disjoint.Sets // trees that touch each other somewhere
}

func (f *forest) join(i int, c contact) {
	f.nodes[i].above = append(f.nodes[i].above, c)
	f.nodes[c.run].below = append(f.nodes[c.run].below, contact{i, c.from, c.to})
	f.pieces.Unite(i, c.run)
}

// joinAll joins a run to all above but where that would close a circle.
func joinAll(f *forest, i int, contacts []contact) {
	for _, c := range contacts {
		if f.pieces.Find(i) != f.pieces.Find(c.run) {
			f.join(i, c)
		}
	}
}

// joinSimple joins a run to all above by whole edges if none of them have touched each other so
// far: what comes of it does not touch itself. Else it joins the first tree that it touches but
// once, or none.
func joinSimple(f *forest, i int, contacts []contact) {
	apart := true
	for k, c := range contacts {
		apart = apart && !slices.ContainsFunc(contacts[:k], func(other contact) bool {
			return f.touching.Find(other.run) == f.touching.Find(c.run)
		})
	}
	for _, c := range contacts {
		if c.from == c.to {
			continue
		}
		if apart {
			f.join(i, c)
			continue
		}
		times := 0
		for _, other := range contacts {
			if f.pieces.Find(other.run) == f.pieces.Find(c.run) {
				times++
			}
		}
		if times == 1 {
			f.join(i, c)
			break
		}
	}
	for _, c := range contacts {
		f.touching.Unite(i, c.run)
	}
}

// around walks around the tree that run i is the first of, clockwise. It begins at the upper left
// corner of that run, which is a corner of the polygon.
func (f *forest) around(i int) polygon {
	var line polygon
	f.visit(i, -1, &line)
	line = line.add(line[0])
	return line[:len(line)-1]
}

// visit goes around run i and all that is joined to it: along its upper edge from left to right,
// down its right edge, back along its lower edge and up its left one, with a visit to each run on
// the way. It begins and ends where it came from: at the run of that number, or, if that is -1, at
// the upper left corner.
func (f *forest) visit(i, came int, line *polygon) {
	n := &f.nodes[i]
	above, below := len(n.above), len(n.below)
	stops, begin := above+below+4, 0 // upper left, above, upper right, lower right, below, lower left
	last := stops
	if at, ok := find(n.above, came); ok {
		begin, last = 1+at+1, stops-1
	} else if at, ok := find(n.below, came); ok {
		begin, last = above+3+(below-1-at)+1, stops-1
	}
	for k := range last {
		switch stop := (begin + k) % stops; {
		case stop == 0:
			*line = line.add(point{n.From, n.Y})
		case stop <= above:
			c := n.above[stop-1]
			*line = line.add(point{c.from, n.Y})
			f.visit(c.run, i, line)
			*line = line.add(point{c.to, n.Y})
		case stop == above+1:
			*line = line.add(point{n.To, n.Y})
		case stop == above+2:
			*line = line.add(point{n.To, n.Y + 1})
		case stop < stops-1:
			c := n.below[below-1-(stop-above-3)]
			*line = line.add(point{c.to, n.Y + 1})
			f.visit(c.run, i, line)
			*line = line.add(point{c.from, n.Y + 1})
		default:
			*line = line.add(point{n.From, n.Y + 1})
		}
	}
}

// find is the index of a run among contacts, which ascend.
func find(contacts []contact, run int) (at int, found bool) {
	return slices.BinarySearchFunc(contacts, run, func(c contact, run int) int { return c.run - run })
}

// add goes on to a point. A point between two others on one line is left out, and so is the way to
// a point and back.
func (line polygon) add(to point) polygon {
	for n := len(line); n > 0; n = len(line) {
		last := line[n-1]
		between := n > 1 && (line[n-2].x == last.x && last.x == to.x ||
			line[n-2].y == last.y && last.y == to.y)
		if last != to && !between {
			break
		}
		line = line[:n-1]
	}
	return append(line, to)
}
