package engine

import (
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"musc/engine/dataset"
	"musc/engine/evaluation/metrics"
	"musc/engine/frame"
)

// The photos of a brushed plate: a camera of 12 megapixels.
const plateWidth, plateHeight = 4000, 3000

// plate is a photo of a brushed metal plate with 12 bores on a dark table, seen from above. It lies a few
// pixels elsewhere each time, and its brush marks, the light and the sensor's noise are other ones.
func plate(seed uint64) *image.Gray {
	random := rand.New(rand.NewPCG(seed, 18))
	photo := image.NewGray(image.Rect(0, 0, plateWidth, plateHeight))
	shiftX, shiftY := random.IntN(7)-3, random.IntN(7)-3
	light, fall := 148+6*random.Float64(), 20+6*random.Float64()
	area := image.Rect(300, 250, 3700, 2750).Add(image.Pt(shiftX, shiftY))
	marks := make([]float64, plateWidth) // of the brush: 8 pixels thick, about 60 long
	for y := range plateHeight {
		if y%8 == 0 {
			mark := 0.0
			for x := range marks {
				mark += (40*(random.Float64()-0.5) - mark) / 30
				marks[x] = 3 * mark
			}
		}
		row := photo.Pix[y*photo.Stride:][:plateWidth]
		base := light - fall*float64(y)/plateHeight
		for x := range row {
			value := 28 + 6*(float64(random.Uint32()>>16)/65536-0.5)
			if at := image.Pt(x, y); at.In(area) {
				value += base - 28 + marks[x] + bore(x-area.Min.X, y-area.Min.Y)
			}
			row[x] = uint8(min(max(value, 0), 255))
		}
	}
	return photo
}

// bore is how much darker or lighter the plate is at a place for the nearest of its bores, with a rim that
// the light catches.
func bore(x, y int) float64 {
	const pitchX, pitchY = 850, 833
	dx, dy := float64(x%pitchX-pitchX/2), float64(y%pitchY-pitchY/2)
	switch r := math.Hypot(dx, dy); {
	case r < 110:
		return -110
	case r < 135:
		return 60 * (dx - dy) / (1.5 * r)
	}
	return 0
}

// pit makes a dark pit of 5 pixels, with a bright lower edge, at a place.
func pit(photo *image.Gray, x, y int) {
	for dy := -2; dy <= 2; dy++ {
		for dx := -2; dx <= 2; dx++ {
			level := uint8(15)
			if dy == 2 {
				level = 235
			}
			if dx*dx+dy*dy <= 6 {
				photo.Pix[photo.PixOffset(x+dx, y+dy)] = level
			}
		}
	}
}

// plates are good plates, and as many defective ones as there are pits, as photos in files.
func plates(t *testing.T, good int, pits []image.Point) (items []dataset.Item, defective []bool) {
	t.Helper()
	folder := t.TempDir()
	for k := range good + len(pits) {
		photo := plate(uint64(k))
		if k >= good {
			pit(photo, pits[k-good].X, pits[k-good].Y)
		}
		name := fmt.Sprintf("%02d.png", k)
		file, err := os.Create(filepath.Join(folder, name))
		if err == nil {
			err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(file, photo)
		}
		if err != nil {
			t.Fatal(err)
		}
		file.Close()
		items = append(items, dataset.Item{Path: filepath.Join(folder, name), Name: name})
		defective = append(defective, k >= good)
	}
	return items, defective
}

// peakOf is the pixel of a photo that its patch with the highest score is about.
func peakOf(result *Result, image *Image) (x, y float64) {
	grid, area := image.Content(result.Height, result.Width)
	peak := slices.Index(grid.Scores, slices.Max(grid.Scores))
	return float64(area.X) + (float64(peak%grid.Width)+0.5)*float64(area.Width)/float64(grid.Width),
		float64(area.Y) + (float64(peak/grid.Width)+0.5)*float64(area.Height)/float64(grid.Height)
}

// Pits of 5 pixels in photos of 4,000 x 3,000 are 0.3 of a pixel where 224 are left of the width, and 1.6 in
// 4 x 5 tiles of the plate. 8 photos in 20 tiles are 160 views: half a minute on two cores that have
// nothing else to do, and as much for the photos. A pit is found if its plate scores above all good ones,
// for a peak at the pit.
func TestTilesFindWhatTheWholePhotoDoesNotShow(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	const good = 5
	pits := []image.Point{{1130, 640}, {2890, 1160}, {1830, 2380}}
	job := newJob(t)
	var defective []bool
	job.Images, defective = plates(t, good, pits)
	inside := frame.Rect{X: 400, Y: 300, Width: 3200, Height: 2400} // of the plate's edges
	for _, c := range []struct {
		name  string
		of    frame.Options
		found int
	}{
		{"whole photos", frame.Options{}, 0},
		{"whole plates", frame.Options{Crop: inside}, 0},
		{"tiles", frame.Options{Crop: inside, Tiles: frame.Tiles{Rows: 4, Columns: 5, Overlap: 2}}, len(pits)},
	} {
		job.Frame = c.of
		result := score(t, job)
		var scores []float64
		for _, of := range result.Images {
			scores = append(scores, of.ScoreBefore)
		}
		measured, err := metrics.Images(defective, scores)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: AUROC %v, scores %.3f", c.name, measured.AUROC, scores)
		found := 0
		for k, at := range pits {
			x, y := peakOf(result, &result.Images[good+k])
			if scores[good+k] > slices.Max(scores[:good]) &&
				math.Hypot(x-float64(at.X), y-float64(at.Y)) < 80 {
				found++
			}
		}
		if found != c.found {
			t.Errorf("%s: %d pits are found, not %d", c.name, found, c.found)
		}
	}
}
