package verdict

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"musc/engine/anomalymap"
	"musc/engine/fault"
)

// levels are thresholds that are known.
func levels(threshold, review float64) *Thresholds {
	return &Thresholds{Method: "test", Threshold: threshold, Review: review}
}

// sameRegions compares all but the last bits of the means.
func sameRegions(t *testing.T, got, want []Region) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d regions, want %d", len(got), len(want))
	}
	for k := range got {
		a, b := got[k], want[k]
		if !slices.Equal(a.Runs, b.Runs) {
			t.Fatalf("region %d: runs %v, want %v", k, a.Runs, b.Runs)
		}
		if a.X != b.X || a.Y != b.Y || a.Width != b.Width || a.Height != b.Height || a.Area != b.Area ||
			a.PeakX != b.PeakX || a.PeakY != b.PeakY || a.Peak != b.Peak ||
			math.Abs(a.CentroidX-b.CentroidX)+math.Abs(a.CentroidY-b.CentroidY) > 1e-9 ||
			math.Abs(a.Mean-b.Mean) > 1e-12 {
			t.Fatalf("region %d: %+v, want %+v", k, a, b)
		}
	}
}

// randomGrid has few different values, so that levels are met exactly, or many.
func randomGrid(random *rand.Rand, height, width int) Grid {
	grid := Grid{make([]float64, height*width), height, width}
	steps := []int{2, 5, 1 << 20}[random.IntN(3)]
	for i := range grid.Scores {
		grid.Scores[i] = .2 + float64(random.IntN(steps))/float64(steps)/2
	}
	return grid
}

func TestRegionsAreThoseOfTheWholeMap(t *testing.T) {
	sizes := [][2]int{{1, 1}, {1, 2}, {2, 1}, {3, 2}, {1, 5000}, {5000, 1}, {2, 301}, {7, 7}, {15, 17}, {64, 48},
		{101, 97}, {224, 224}}
	grids := [][2]int{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {5, 7}, {16, 16}, {37, 37}}
	random := rand.New(rand.NewPCG(5, 6))
	found, filled := 0, 0
	for _, size := range sizes {
		for _, of := range grids {
			for range 6 {
				grid := randomGrid(random, of[0], of[1])
				width, height := size[0], size[1]
				square, err := anomalymap.New(of[0], of[1], 24, 24)
				if err != nil {
					t.Fatal(err)
				}
				score := square.Max(grid.Scores)
				threshold := score - []float64{0, 0, .01, .1, .3, .6}[random.IntN(6)]
				review := threshold - []float64{0, 0, .05, .2, 1}[random.IntN(5)]
				got, err := Regions(grid, width, height, score, levels(threshold, review))
				if err != nil {
					t.Fatal(err)
				}
				n := newNaive(t, grid, width, height, score)
				want := n.regions(of[0]*of[1], review, threshold)
				sameRegions(t, got, want)
				if len(got) == 0 {
					t.Fatalf("no region in %v at %v of %v", size, threshold, score)
				}
				found += len(got)
				for _, g := range got {
					for _, r := range g.Runs {
						for x := r.From; x < r.To; x++ {
							if n.values[r.Y*width+x] < review {
								filled++
							}
						}
					}
				}
			}
		}
	}
	if found < 500 || filled < 500 {
		t.Errorf("only %d regions and %d filled pixels: the test shows little", found, filled)
	}
}

// A pixel is defective exactly if the image is, whichever of the two maps is larger.
func TestImageIsDefectiveIfAPixelIs(t *testing.T) {
	grid := Grid{[]float64{.1, .2, .3, .6, .5, .2, .1, .2, .3}, 3, 3}
	for _, size := range [][2]int{{1, 1}, {2, 2}, {3, 3}, {50, 40}} {
		for _, score := range []float64{.05, .3, .55, .6, .8} { // the map's maximum is .1 to .6
			for _, c := range []struct {
				threshold float64
				want      bool
			}{{score, true}, {score - .01, true}, {score - 10, true}, {above(score), false}, {.9, false}} {
				name := fmt.Sprintf("%v, score %v, threshold %v", size, score, c.threshold)
				limits := levels(c.threshold, c.threshold-.04)
				got, err := Regions(grid, size[0], size[1], score, limits)
				if err != nil {
					t.Fatal(name, err)
				}
				if (len(got) > 0) != c.want || c.want != (limits.Of(score) == Defective) {
					t.Errorf("%s: %d regions, the image is %s", name, len(got), limits.Of(score))
				}
				if c.want && got[0].Peak != score {
					t.Errorf("%s: peak %v", name, got[0].Peak)
				}
			}
		}
	}
}

// pixels makes a grid whose map, at the same size, is the drawing: '#' .8, '+' .5, '.' .1.
func pixels(lines ...string) Grid {
	grid := Grid{Height: len(lines), Width: len(lines[0])}
	for _, line := range lines {
		for _, c := range line {
			grid.Scores = append(grid.Scores, map[rune]float64{'#': .8, '+': .5, '.': .1}[c])
		}
	}
	return grid
}

func TestRegionsByHand(t *testing.T) {
	for name, c := range map[string]struct {
		grid Grid
		want []Region
	}{
		"review pixels extend a region, and are none alone": {pixels(
			"..++.",
			".#+.+",
			"....."),
			[]Region{{X: 1, Y: 0, Width: 4, Height: 2, Area: 5, CentroidX: 12. / 5, CentroidY: 3. / 5, PeakX: 1,
				PeakY: 1, Peak: .8, Mean: 2.8 / 5, Runs: []Run{{0, 2, 4}, {1, 1, 3}, {1, 4, 5}}}}},
		"two regions, one at the border": {pixels(
			"#..+.",
			"...#.",
			"....."),
			[]Region{
				{X: 0, Y: 0, Width: 1, Height: 1, Area: 1, Peak: .8, Mean: .8, Runs: []Run{{0, 0, 1}}},
				{X: 3, Y: 0, Width: 1, Height: 2, Area: 2, CentroidX: 3, CentroidY: .5, PeakX: 3, PeakY: 1,
					Peak: .8, Mean: .65, Runs: []Run{{0, 3, 4}, {1, 3, 4}}}}},
		"a review region without a peak is none": {pixels(
			"+..#",
			"+...",
			"+..."),
			[]Region{{X: 3, Y: 0, Width: 1, Height: 1, Area: 1, CentroidX: 3, PeakX: 3, Peak: .8, Mean: .8,
				Runs: []Run{{0, 3, 4}}}}},
		"diagonal pixels are connected": {pixels(
			"#..",
			".#.",
			"..#"),
			[]Region{{Width: 3, Height: 3, Area: 3, CentroidX: 1, CentroidY: 1, Peak: .8, Mean: .8,
				Runs: []Run{{0, 0, 1}, {1, 1, 2}, {2, 2, 3}}}}},
		"a hole of a patch stays": {pixels( // a pixel is a patch here
			"###",
			"#.#",
			"###"),
			[]Region{{Width: 3, Height: 3, Area: 8, CentroidX: 1, CentroidY: 1, Peak: .8, Mean: .8,
				Runs: []Run{{0, 0, 3}, {1, 0, 1}, {1, 2, 3}, {2, 0, 3}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Regions(c.grid, c.grid.Width, c.grid.Height, .8, levels(.7, .4))
			if err != nil {
				t.Fatal(err)
			}
			sameRegions(t, got, c.want)
		})
	}
}

// Around patches below the level the map of a larger photo has a ring. A single one leaves a hole
// that is smaller than a patch, two by two leave a larger one, and at the border it is no hole.
func TestHoles(t *testing.T) {
	const side = 10 // pixels between grid points
	for name, c := range map[string]struct {
		grid   Grid
		filled bool
	}{
		"small": {pixels(
			"#####",
			"#####",
			"##.##",
			"#####",
			"#####"), true},
		"large": {pixels(
			"######",
			"######",
			"##..##",
			"##..##",
			"######",
			"######"), false},
		"at the border": {pixels(
			"#####",
			"#####",
			".####",
			"#####",
			"#####"), false},
		"in a corner": {pixels(
			".####",
			"#####",
			"#####",
			"#####",
			"#####"), false},
	} {
		width, height := (c.grid.Width-1)*side+1, (c.grid.Height-1)*side+1
		got, err := Regions(c.grid, width, height, .8, levels(.7, .35))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || (got[0].Area == width*height) != c.filled {
			t.Errorf("%s: %d regions, the first of %d pixels of %d", name, len(got), got[0].Area, width*height)
		}
	}
}

// An island in a small hole becomes part of the region around it.
func TestIslandInAHole(t *testing.T) {
	f := &finder{grid: Grid{Height: 1, Width: 3}, width: 9, height: 5} // a patch has 15 pixels
	runs := []run{{Run: Run{0, 1, 7}}, {Run: Run{1, 1, 2}}, {Run: Run{1, 6, 7}}, {Run: Run{2, 1, 2}},
		{Run: Run{2, 3, 5}}, {Run: Run{2, 6, 7}}, {Run: Run{3, 1, 2}}, {Run: Run{3, 6, 7}}, {Run: Run{4, 1, 7}}}
	want := []Run{{1, 2, 6}, {2, 2, 3}, {2, 5, 6}, {3, 2, 6}} // 10 pixels, without the island
	if got := f.holes(runs); !slices.Equal(got, want) {
		t.Errorf("holes %v, want %v", got, want)
	}
	f.grid.Width = 5 // 9 pixels
	if got := f.holes(runs); got != nil {
		t.Errorf("holes %v, want none", got)
	}
}

func TestNoThresholdsNoRegions(t *testing.T) {
	for name, limits := range map[string]*Thresholds{"none": {}, "why not": {Method: "auto", Why: "too few"}} {
		if got, err := Regions(pixels("#"), 1, 1, .8, limits); got != nil || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestRegionsOfOddInput(t *testing.T) {
	bad := pixels("#.")
	bad.Scores[1] = math.NaN()
	for name, c := range map[string]struct {
		grid          Grid
		width, height int
		score         float64
		kind          fault.Kind
	}{
		"NaN in the map": {bad, 4, 4, .8, fault.Input},
		"infinite score": {pixels("#"), 4, 4, math.Inf(1), fault.Input},
		"NaN as score":   {pixels("#"), 4, 4, math.NaN(), fault.Input},
		"no width":       {pixels("#"), 0, 4, .8, fault.Internal},
		"no patches":     {Grid{}, 4, 4, .8, fault.Internal},
		"wrong grid":     {Grid{[]float64{1, 2}, 1, 3}, 4, 4, .8, fault.Internal},
	} {
		if got, err := Regions(c.grid, c.width, c.height, c.score, levels(.5, .5)); err == nil ||
			fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// 12 megapixels with a defect, and the worst case: the whole photo is one.
func BenchmarkRegions(b *testing.B) {
	grid := Grid{make([]float64, 256), 16, 16}
	for i := range grid.Scores {
		grid.Scores[i] = .3 + float64(i*i%97)/2000
	}
	grid.Scores[16*7+5], grid.Scores[16*7+6] = .6, .5
	for name, threshold := range map[string]float64{"defect": .4, "whole": .1} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Regions(grid, 4000, 3000, .6, levels(threshold, threshold)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The regions of a part are those of the photo in which all around it is nothing.
func TestShiftedRegionsAreThoseOfThePhoto(t *testing.T) {
	const x, y, width, height = 3, 2, 7, 9 // of the part, in a photo of 12 x 13 pixels
	part, photo := make([]float64, width*height), make([]float64, 12*13)
	for _, p := range [][2]int{{0, 0}, {1, 1}, {2, 1}, {5, 8}, {6, 7}} {
		value := float64(1 + p[0])
		part[p[1]*width+p[0]], photo[(p[1]+y)*12+p[0]+x] = value, value
	}
	levels := &Thresholds{Method: "number", Threshold: 2, Review: 1}
	found, err := Regions(Grid{part, height, width}, width, height, 7, levels)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Regions(Grid{photo, 13, 12}, 12, 13, 7, levels)
	if err != nil || len(want) != 2 {
		t.Fatal(want, err)
	}
	Shift(found, x, y)
	for k := range want { // the means of centroids are rounded elsewhere
		if math.Abs(found[k].CentroidX-want[k].CentroidX)+math.Abs(found[k].CentroidY-want[k].CentroidY) > 1e-12 {
			t.Errorf("the centroid is %v,%v", found[k].CentroidX, found[k].CentroidY)
		}
		found[k].CentroidX, found[k].CentroidY = want[k].CentroidX, want[k].CentroidY
	}
	if !reflect.DeepEqual(found, want) {
		t.Errorf("%+v instead of %+v", found, want)
	}
}
