package engine

import (
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/anomalymap"
	"musc/engine/backbone"
	"musc/engine/frame"
	"musc/engine/npy"
	"musc/engine/results"
	"musc/engine/verdict"
)

// framed is an image of which a part was looked at, letterboxed on a canvas of 6 x 8 patches, some of
// which a mask left out.
func framed(random *rand.Rand) *Image {
	m := &Image{Width: 20 + random.IntN(60), Height: 20 + random.IntN(60), PatchScores: make([]float64, 48)}
	if random.IntN(3) > 0 {
		x, y := random.IntN(m.Width-1), random.IntN(m.Height-1)
		m.Place.Area = frame.Rect{X: x, Y: y, Width: 1 + random.IntN(m.Width-x-1), Height: 1 + random.IntN(m.Height-y-1)}
	}
	if random.IntN(3) > 0 {
		rows, columns := 1+random.IntN(6), 1+random.IntN(8)
		m.Place.Rows, m.Place.Columns = rows, columns
		m.Place.Top, m.Place.Left = (6-rows)/2, (8-columns)/2
	}
	top, left, rows, columns := m.Place.Content(6, 8)
	for y := top; y < top+rows; y++ {
		for x := left; x < left+columns; x++ {
			if random.IntN(4) > 0 {
				m.PatchScores[y*8+x] = random.Float64()
			}
		}
	}
	return m
}

// flooded are the pixels of a map [height,width] that are connected over sides and corners at or above
// the level with one at or above the threshold.
func flooded(values []float64, width int, level, threshold float64) []bool {
	inside := make([]bool, len(values))
	var next []int
	for p, value := range values {
		if inside[p] = value >= threshold; inside[p] {
			next = append(next, p)
		}
	}
	for len(next) > 0 {
		p := next[len(next)-1]
		next = next[:len(next)-1]
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				x, q := p%width+dx, p+dy*width+dx
				if x >= 0 && x < width && q >= 0 && q < len(values) && !inside[q] && values[q] >= level {
					inside[q] = true
					next = append(next, q)
				}
			}
		}
	}
	return inside
}

// With crops, letterboxes and masks an image is defective exactly if it has a region, and its regions lie
// on the photo where its map is: all pixels that flooding finds, and no others but holes.
func TestDefectiveExactlyIfThereIsARegion(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	info := &backbone.Info{GridHeight: 6, GridWidth: 8, ImageSize: 48}
	defective := 0
	for range 500 {
		m := framed(random)
		var err error
		if m.ScoreBefore, err = newMapMaxima(info, 48, 6, 8).of(m.PatchScores, m.Place); err != nil {
			t.Fatal(err)
		}
		threshold := 0.4 + 0.6*random.Float64()
		levels := &verdict.Thresholds{Method: "test", Threshold: threshold, Review: threshold * 0.9}
		regions, err := m.Regions(6, 8, levels)
		if err != nil {
			t.Fatal(err)
		}
		if is := m.ScoreBefore >= threshold; is != (len(regions) > 0) {
			t.Fatalf("%+v: score %v, threshold %v, %d regions", m, m.ScoreBefore, threshold, len(regions))
		}
		if len(regions) == 0 {
			continue
		}
		defective++
		grid, area := m.Content(6, 8)
		u, err := anomalymap.New(grid.Height, grid.Width, area.Height, area.Width)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float64, area.Height*area.Width)
		u.Upsample64(values, grid.Scores)
		largest := slices.Max(values)
		want := flooded(values, area.Width, min(levels.Review, largest), min(threshold, largest))
		got := make([]bool, len(values))
		for _, region := range regions {
			for _, run := range region.Runs {
				for x := run.From; x < run.To; x++ {
					if x < area.X || x >= area.X+area.Width || run.Y < area.Y || run.Y >= area.Y+area.Height {
						t.Fatalf("%+v: pixel %d,%d is not in the area", m.Place, x, run.Y)
					}
					got[(run.Y-area.Y)*area.Width+x-area.X] = true
				}
			}
			if at := (region.PeakY-area.Y)*area.Width + region.PeakX - area.X; !want[at] {
				t.Fatalf("%+v: the peak %d,%d is in no region", m.Place, region.PeakX, region.PeakY)
			}
		}
		holes := 0
		for p := range got {
			if want[p] && !got[p] {
				t.Fatalf("%+v: pixel %d is in no region", m.Place, p)
			}
			if got[p] && !want[p] {
				holes++
			}
		}
		if holes > len(values)/4 {
			t.Fatalf("%+v: %d of %d pixels are no defect", m.Place, holes, len(values))
		}
	}
	if defective < 100 {
		t.Fatalf("only %d were defective", defective)
	}
}

func TestPicturesOfAPartOfThePhoto(t *testing.T) {
	d := newDrawing(t)
	m := scored(t, 60, 40)
	m.Place = frame.Place{Area: frame.Rect{X: 20, Y: 5, Width: 30, Height: 10}, Top: 1, Rows: 1, Columns: 3}
	order := Order{Image: m, File: "one", Pictures: true, Regions: true, Mask: true, Thumbnail: "t.jpg"}
	for patch := range 6 {
		order.Crops = append(order.Crops, Crop{fmt.Sprint(patch, ".jpg"), patch})
	}
	drawn := drawOne(t, d, order)
	if drawn.Note != "" || len(drawn.Regions) != 1 {
		t.Fatalf("%+v", drawn)
	}
	if size := openJPEG(t, filepath.Join(d.Folder, "t.jpg")).Bounds().Size(); size != image.Pt(30, 10) {
		t.Errorf("the thumbnail spans %v", size)
	}
	values, shape, err := npy.Load(filepath.Join(d.Folder, "maps/one.npy"))
	if err != nil || shape[0] != 40 || shape[1] != 60 {
		t.Fatal(shape, err)
	}
	for p, value := range values {
		inside := image.Pt(p%60, p/60).In(image.Rect(20, 5, 50, 15))
		if inside != (value > 0) {
			t.Fatalf("the map is %v at %d,%d", value, p%60, p/60)
		}
	}
	if values[5*60+49] != 0.5 || float32(values[5*60+20]) != 0.2 {
		t.Errorf("the map goes from %v to %v", values[5*60+20], values[5*60+49])
	}
	file, err := os.Open(filepath.Join(d.Folder, results.MasksFolder, "one.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	mask, err := png.Decode(file)
	if err != nil || mask.Bounds().Size() != image.Pt(60, 40) {
		t.Fatal(mask.Bounds(), err)
	}
	for y := range 40 {
		for x := range 60 {
			white, _, _, _ := mask.At(x, y).RGBA()
			if at := image.Pt(x, y); white != 0 && !at.In(image.Rect(20, 5, 50, 15)) {
				t.Fatalf("the mask is white at %v", at)
			}
		}
	}
	if region := drawn.Regions[0]; region.PeakX != 49 || region.PeakY != 5 {
		t.Errorf("the peak is at %d,%d", region.PeakX, region.PeakY)
	}
}

func TestTheColourScaleCountsWhatTookPart(t *testing.T) {
	m := &Image{PatchScores: []float64{0, 0, 0, 0.4, 0.2, 0.3}}
	if got := m.Summary(); got.Shoulder != 0.3 || got.Peak != 0.4 {
		t.Errorf("%+v", got)
	}
	m.PatchScores = make([]float64, 6)
	if got := m.Summary(); got.Shoulder != 0 || got.Peak != 0 {
		t.Errorf("%+v", got)
	}
}
