package verdict

import (
	"cmp"
	"math"
	"slices"

	"musc/engine/anomalymap"
	"musc/engine/fault"
)

// Grid are the patch scores [Height,Width] of an image.
type Grid struct {
	Scores []float64
	Height int
	Width  int
}

// Regions are the defects of an image of width x height pixels whose score before RsCIN is score,
// those of the largest peak first. An image has one exactly if its score is at least the threshold;
// without thresholds it has none.
//
// The score is the maximum m* of the map at the model's input size. The map at the photo's size has
// another maximum m^, a little larger or smaller. Its values v are therefore taken as
//
//	v' = score if v = m^, else min(v, score)
//
// so that the largest pixel is the score. The regions are those of v': its pixels of at least
// t.Review, and the holes between them that are smaller than a patch (width height / patches) and do
// not touch the photo's border, 8-connected (holes 4-connected); of these the regions that hold a
// pixel of at least t.Threshold.
//
// Time and memory grow with the regions and the height, not with the area of the photo: runs of
// pixels are found from the patch grid, row by row. A score that is not finite is of kind
// fault.Input.
func Regions(grid Grid, width, height int, score float64, t *Thresholds) ([]Region, error) {
	if !t.Known() || score < t.Threshold {
		return nil, nil
	}
	if grid.Height < 1 || grid.Width < 1 || len(grid.Scores) != grid.Height*grid.Width ||
		width < 1 || height < 1 {
		return nil, fault.New(fault.Internal, "cannot find the defects in a photo of %d x %d pixels with "+
			"%d patch scores of %d x %d", width, height, len(grid.Scores), grid.Width, grid.Height)
	}
	if !finite(score) || !allFinite(grid.Scores) {
		return nil, fault.New(fault.Input, "cannot find the defects in an anomaly map with values that "+
			"are not finite; leave the image out")
	}
	u, err := anomalymap.New(grid.Height, grid.Width, height, width)
	if err != nil {
		return nil, err
	}
	f := &finder{grid: grid, width: width, height: height, rows: u.RowSpans(), columns: u.ColumnSpans(),
		reader: u.Reader(grid.Scores), score: score, values: make([]float64, width)}
	f.largest = f.maximum()
	f.level, f.threshold = min(t.Review, t.Threshold, f.largest), min(t.Threshold, f.largest)
	runs := f.runs()
	runs = f.fill(runs, f.holes(runs))
	return f.regions(runs), nil
}

func allFinite(values []float64) bool {
	return !slices.ContainsFunc(values, func(x float64) bool { return !finite(x) })
}

// finder is one call of Regions.
type finder struct {
	grid          Grid
	width, height int
	rows, columns []anomalymap.Span
	reader        *anomalymap.Reader
	score         float64
	largest       float64   // m^
	level         float64   // of the regions, as a value v
	threshold     float64   // as a value v
	values        []float64 // [width], scratch
}

// maximum is m^. Along a span the map does not turn, so that its ends are enough.
func (f *finder) maximum() float64 {
	largest := math.Inf(-1)
	for y := range f.height {
		f.reader.Seek(y)
		for _, c := range f.columns {
			largest = max(largest, f.reader.At(c.From), f.reader.At(c.To-1))
		}
	}
	return largest
}

// scored is v' of v.
func (f *finder) scored(v float64) float64 {
	if v == f.largest {
		return f.score
	}
	return min(v, f.score)
}

// regions are those of the runs that hold a pixel above the threshold.
func (f *finder) regions(runs []run) []Region {
	type found struct {
		region     Region
		peak       float64 // as v, which tells apart what is clipped to the score
		sum        float64
		sumX, sumY int
	}
	roots := connect(runs)
	members, peaks := make([]int, len(runs)), make([]float64, len(runs)) // by root
	for k, r := range runs {
		if root := roots[k]; root == k {
			members[k], peaks[k] = 1, r.peak
		} else {
			members[root]++
			peaks[root] = max(peaks[root], r.peak)
		}
	}
	list := []*found{}
	at := map[int]*found{}
	for k, r := range runs {
		root := roots[k]
		if peaks[root] < f.threshold {
			continue
		}
		d := at[root]
		if d == nil {
			d = &found{peak: math.Inf(-1), region: Region{X: r.From, Y: r.Y, Runs: make([]Run, 0, members[root])}}
			at[root] = d
			list = append(list, d)
		}
		g := &d.region
		right := max(g.X+g.Width, r.To)
		g.X = min(g.X, r.From)
		g.Width, g.Height = right-g.X, r.Y+1-g.Y
		g.Area += r.To - r.From
		g.Runs = append(g.Runs, r.Run)
		d.sumX += (r.To - r.From) * (r.From + r.To - 1) / 2
		d.sumY += (r.To - r.From) * r.Y
		d.sum += r.sum
		if r.peak > d.peak {
			d.peak, g.PeakX, g.PeakY = r.peak, r.peakX, r.Y
		}
	}
	slices.SortStableFunc(list, func(a, b *found) int { // equal peaks: the first one row by row
		return cmp.Or(cmp.Compare(b.peak, a.peak), cmp.Compare(a.region.PeakY, b.region.PeakY),
			cmp.Compare(a.region.PeakX, b.region.PeakX))
	})
	regions := make([]Region, len(list))
	for k, d := range list {
		g, area := &d.region, float64(d.region.Area)
		g.CentroidX, g.CentroidY = float64(d.sumX)/area, float64(d.sumY)/area
		g.Peak, g.Mean = f.scored(d.peak), d.sum/area
		regions[k] = *g
	}
	return regions
}
