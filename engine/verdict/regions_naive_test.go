package verdict

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"musc/engine/anomalymap"
)

// naive is the definition of Regions: the whole map in memory, its pixels flooded.
type naive struct {
	width, height int
	values        []float64 // v'
	raw           []float64 // v
	inside        []bool
}

func newNaive(t *testing.T, grid Grid, width, height int, score float64) *naive {
	t.Helper()
	u, err := anomalymap.New(grid.Height, grid.Width, height, width)
	if err != nil {
		t.Fatal(err)
	}
	n := &naive{width: width, height: height, raw: make([]float64, width*height)}
	u.Upsample64(n.raw, grid.Scores)
	largest := slices.Max(n.raw)
	for _, v := range n.raw {
		if v == largest {
			n.values = append(n.values, score)
		} else {
			n.values = append(n.values, min(v, score))
		}
	}
	return n
}

// flood collects what is connected with the pixel at, of the same side of the level.
func (n *naive) flood(at int, diagonal bool, seen []bool) (pixels []int) {
	todo := []int{at}
	seen[at] = true
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		pixels = append(pixels, p)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				y, x := p/n.width+dy, p%n.width+dx
				if y < 0 || y >= n.height || x < 0 || x >= n.width || dx != 0 && dy != 0 && !diagonal {
					continue
				}
				if q := y*n.width + x; !seen[q] && n.inside[q] == n.inside[at] {
					seen[q] = true
					todo = append(todo, q)
				}
			}
		}
	}
	slices.Sort(pixels)
	return pixels
}

func (n *naive) regions(patches int, level, threshold float64) (list []Region) {
	n.inside = make([]bool, len(n.values))
	for p, v := range n.values {
		n.inside[p] = v >= level
	}
	seen := make([]bool, len(n.values))
	var holes []int
	for p := range n.values {
		if seen[p] || n.inside[p] {
			continue
		}
		pixels := n.flood(p, false, seen)
		touches := slices.ContainsFunc(pixels, func(q int) bool {
			y, x := q/n.width, q%n.width
			return y == 0 || y == n.height-1 || x == 0 || x == n.width-1
		})
		if !touches && float64(len(pixels)) < float64(n.width)/float64(patches)*float64(n.height) {
			holes = append(holes, pixels...)
		}
	}
	for _, p := range holes {
		n.inside[p] = true
	}
	seen = make([]bool, len(n.values))
	type found struct {
		region Region
		peak   float64
	}
	var all []found
	for p := range n.values {
		if seen[p] || !n.inside[p] {
			continue
		}
		pixels := n.flood(p, true, seen)
		if slices.ContainsFunc(pixels, func(q int) bool { return n.values[q] >= threshold }) {
			region, peak := n.region(pixels)
			all = append(all, found{region, peak})
		}
	}
	slices.SortFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.peak, a.peak), cmp.Compare(a.region.PeakY*n.width+a.region.PeakX,
			b.region.PeakY*n.width+b.region.PeakX))
	})
	for _, f := range all {
		list = append(list, f.region)
	}
	return list
}

// region measures ascending pixels; peak is v.
func (n *naive) region(pixels []int) (g Region, peak float64) {
	left, right, top, bottom := n.width, 0, n.height, 0
	peak = math.Inf(-1)
	var sum, sumX, sumY float64
	for _, p := range pixels {
		y, x := p/n.width, p%n.width
		left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
		sum, sumX, sumY = sum+n.values[p], sumX+float64(x), sumY+float64(y)
		if n.raw[p] > peak {
			peak, g.PeakX, g.PeakY, g.Peak = n.raw[p], x, y, n.values[p]
		}
		if last := len(g.Runs) - 1; last >= 0 && g.Runs[last].Y == y && g.Runs[last].To == x {
			g.Runs[last].To++
		} else {
			g.Runs = append(g.Runs, Run{y, x, x + 1})
		}
	}
	g.X, g.Y, g.Width, g.Height, g.Area = left, top, right-left+1, bottom-top+1, len(pixels)
	count := float64(len(pixels))
	g.CentroidX, g.CentroidY, g.Mean = sumX/count, sumY/count, sum/count
	return g, peak
}
