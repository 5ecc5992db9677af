package frame

import (
	"math"
	"slices"
	"testing"
)

// tilesOf are the tiles of scores that depend on the place on the canvas.
func tilesOf(o Options, m Model, score func(y, x int) float64) (tiles [][]float64) {
	for tile := range o.Count() {
		top, left := o.Corner(tile, m)
		scores := make([]float64, m.Height*m.Width)
		for p := range scores {
			scores[p] = score(top+p/m.Width, left+p%m.Width)
		}
		tiles = append(tiles, scores)
	}
	return tiles
}

// framings are tiles with every overlap that the model allows.
func framings(m Model) (list []Options) {
	for _, grid := range [][2]int{{1, 1}, {1, 2}, {2, 1}, {2, 3}, {4, 5}} {
		for overlap := range min(m.Height, m.Width)/2 + 1 {
			list = append(list, Options{Tiles: Tiles{Rows: grid[0], Columns: grid[1], Overlap: overlap}})
		}
	}
	return list
}

func TestStitchKeepsEqualScoresExactly(t *testing.T) {
	for _, side := range []int{1, 2, 5, 8} {
		m := Model{ImageSize: side, Patch: 1, Height: side, Width: side}
		for _, o := range framings(m) {
			const score = 0.1234567891234567
			stitched := o.Stitch(tilesOf(o, m, func(int, int) float64 { return score }), nil, m)
			height, width := o.Canvas(m)
			if len(stitched) != height*width {
				t.Fatalf("%+v: %d scores of %d x %d", o, len(stitched), height, width)
			}
			if slices.Min(stitched) != score || slices.Max(stitched) != score {
				t.Errorf("%+v: from %v to %v", o, slices.Min(stitched), slices.Max(stitched))
			}
		}
	}
}

func TestStitchKeepsWhatTilesAgreeOn(t *testing.T) {
	m := Model{ImageSize: 8, Patch: 1, Height: 8, Width: 8}
	ramp := func(y, x int) float64 { return float64(3*y) + float64(x)/7 }
	for _, o := range framings(m) {
		stitched := o.Stitch(tilesOf(o, m, ramp), nil, m)
		_, width := o.Canvas(m)
		for p, got := range stitched {
			if want := ramp(p/width, p%width); math.Abs(got-want) > 1e-12 {
				t.Fatalf("%+v: %v at %d,%d instead of %v", o, got, p/width, p%width, want)
			}
		}
	}
}

// Two tiles that disagree by 1 go over into each other in equal steps.
func TestStitchBlendsWithoutASeam(t *testing.T) {
	m := Model{ImageSize: 8, Patch: 1, Height: 8, Width: 8}
	o := Options{Tiles: Tiles{Rows: 1, Columns: 2, Overlap: 3}}
	tiles := [][]float64{slices.Repeat([]float64{1}, 64), slices.Repeat([]float64{2}, 64)}
	row := o.Stitch(tiles, nil, m)[:13]
	want := []float64{1, 1, 1, 1, 1, 1.25, 1.5, 1.75, 2, 2, 2, 2, 2}
	for x := range row {
		if math.Abs(row[x]-want[x]) > 1e-15 {
			t.Fatalf("%v instead of %v", row, want)
		}
	}
}

// The definition: sums of weighted scores over sums of weights.
func TestStitchIsTheWeightedMeanOfActivePatches(t *testing.T) {
	m := Model{ImageSize: 6, Patch: 1, Height: 6, Width: 6}
	o := Options{Tiles: Tiles{Rows: 3, Columns: 2, Overlap: 2}}
	height, width := o.Canvas(m)
	tiles, active := make([][]float64, o.Count()), make([][]bool, o.Count())
	number := uint32(1)
	next := func() float64 { number = number*1664525 + 1013904223; return float64(number>>8) / (1 << 24) }
	sums, weights := make([]float64, height*width), make([]float64, height*width)
	for tile := range tiles {
		if tile == 4 { // left out
			continue
		}
		tiles[tile], active[tile] = make([]float64, 36), make([]bool, 36)
		for p := range 36 {
			tiles[tile][p], active[tile][p] = next(), next() > 0.3
			row, column := p/6, p%6
			weight := 1.0
			for _, w := range []struct {
				shared bool
				steps  int
			}{{tile/2 > 0, row + 1}, {tile/2 < 2, 6 - row}, {tile%2 > 0, column + 1}, {tile%2 < 1, 6 - column}} {
				if w.shared {
					weight *= min(float64(w.steps)/3, 1)
				}
			}
			if active[tile][p] {
				to := (tile/2*4+row)*width + tile%2*4 + column
				sums[to] += weight * tiles[tile][p]
				weights[to] += weight
			}
		}
	}
	for p, got := range o.Stitch(tiles, active, m) {
		want := 0.0
		if weights[p] > 0 {
			want = sums[p] / weights[p]
		}
		if math.Abs(got-want) > 1e-14 {
			t.Fatalf("%v at %d,%d instead of %v", got, p/width, p%width, want)
		}
	}
}
