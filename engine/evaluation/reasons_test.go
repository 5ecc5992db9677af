package evaluation

import (
	"image"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"musc/engine/evaluation/labelled"
	"musc/engine/evaluation/labelled/labelledtest"
)

// Why figures are missing is said, a line a reason.
func TestReasons(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.png")
	labelledtest.Save(t, image.NewGray(image.Rect(0, 0, labelledtest.Side, labelledtest.Side)), empty)
	isDefective := func(i labelled.Image) bool { return i.Defective }
	for name, c := range map[string]struct {
		change func(class *labelled.Class)
		pixels bool // there are pixel metrics
		want   []string
	}{
		"all is there": {func(*labelled.Class) {}, true, []string{"fewer than 100000 pixels: no AUPIMO"}},
		"no images":    {func(c *labelled.Class) { c.Test = nil }, false, []string{"it has no test images: no metrics"}},
		"only good": {func(c *labelled.Class) { c.Test = slices.DeleteFunc(c.Test, isDefective) }, false,
			[]string{"none of its 4 images is defective: no metrics"}},
		"only defective": {func(c *labelled.Class) {
			c.Test = slices.DeleteFunc(c.Test, func(i labelled.Image) bool { return !i.Defective })
		}, true, []string{"none of its 6 images is good: no image metrics, and pixel metrics are of defective",
			"no AUPIMO"}},
		"a mask is missing": {func(c *labelled.Class) { c.Test[5].Masks = nil }, false,
			[]string{"1 of 6 defective images have no mask: no pixel metrics"}},
		"an empty mask": {func(c *labelled.Class) { c.Test[5].Masks = []string{empty} }, true,
			[]string{"the masks of 1 of its 6 defective images are empty: their pixels count as good", "no AUPIMO",
				"empty.png: it is empty, though its image is labelled hole"}},
		"empty masks": {func(c *labelled.Class) {
			for i := range c.Test {
				c.Test[i].Masks = []string{empty}
			}
		}, false, []string{"the masks of all its 6 defective images are empty: no pixel metrics",
			"labelled hole (3 like it)", "labelled scratch (3 like it)"}},
	} {
		class := nut(t)
		c.change(class)
		side := labelledtest.Side
		result, err := measure(t.Context(), "nut", predictions(class, func(i int) float64 {
			return float64(i)
		}), func(i int) ([]float32, int, int, error) {
			values := make([]float32, side*side)
			for p := range values {
				values[p] = float32((p*7 + i) % 1000)
			}
			return values, side, side, nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, defined := result.Pixel.AUROC.Get(); defined != c.pixels {
			t.Errorf("%s: pixel metrics %+v", name, result.Pixel)
		}
		if len(result.Notes) != len(c.want) {
			t.Errorf("%s: %q, want %q", name, result.Notes, c.want)
			continue
		}
		for i, note := range result.Notes {
			if !strings.Contains(note, c.want[i]) {
				t.Errorf("%s: %q, want %q", name, note, c.want[i])
			}
		}
	}
}
