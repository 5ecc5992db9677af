package evaluation

import (
	"testing"

	"musc/engine"
	"musc/engine/backbone"
	"musc/engine/frame"
)

// Maps are those of whole photos, of patches of 4 x 4 pixels: 0 around what was looked at.
func TestMapsOfWholePhotos(t *testing.T) {
	model := backbone.Info{ImageSize: 8, GridHeight: 2, GridWidth: 2}
	for _, c := range []struct {
		name                     string
		canvas                   [2]int
		photo                    [2]int
		place                    frame.Place
		width, height            int
		left, top, right, bottom int // of what is not 0
	}{
		{"as the model takes it", [2]int{2, 2}, [2]int{100, 50}, frame.Place{}, 8, 8, 0, 0, 8, 8},
		{"tiles", [2]int{3, 5}, [2]int{100, 50}, frame.Place{}, 20, 12, 0, 0, 20, 12},
		{"letterboxed", [2]int{2, 2}, [2]int{100, 50}, frame.Place{Rows: 1, Columns: 2}, 8, 4, 0, 0, 8, 4},
		{"a crop", [2]int{2, 2}, [2]int{100, 50},
			frame.Place{Area: frame.Rect{X: 50, Y: 0, Width: 50, Height: 25}}, 16, 16, 8, 0, 16, 8},
		{"a crop of a small photo", [2]int{2, 2}, [2]int{6, 6},
			frame.Place{Area: frame.Rect{X: 0, Y: 3, Width: 2, Height: 3}}, 6, 6, 0, 3, 2, 6},
		{"a pixel", [2]int{2, 2}, [2]int{3, 1000},
			frame.Place{Area: frame.Rect{X: 2, Y: 999, Width: 1, Height: 1}}, 3, 1000, 2, 999, 3, 1000},
	} {
		image := engine.Image{Width: c.photo[0], Height: c.photo[1], Place: c.place,
			PatchScores: make([]float64, c.canvas[0]*c.canvas[1])}
		for p := range image.PatchScores {
			image.PatchScores[p] = 1
		}
		maps := engineMaps{found: &engine.Result{Images: []engine.Image{image, image}, Height: c.canvas[0],
			Width: c.canvas[1], Model: model}, side: 8}
		for i := range 2 { // the second time on memory that was in use
			values, width, height, err := maps.of(i)
			if err != nil || width != c.width || height != c.height || len(values) != width*height {
				t.Errorf("%s: %d x %d pixels, %v", c.name, width, height, err)
				continue
			}
			for p, value := range values {
				x, y := p%width, p/width
				inside := x >= c.left && x < c.right && y >= c.top && y < c.bottom
				if inside != (value == 1) || !inside && value != 0 {
					t.Errorf("%s: %v at %d,%d", c.name, value, x, y)
					break
				}
			}
		}
	}
}
