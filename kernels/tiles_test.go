package kernels

import (
	"math"
	"testing"
)

func TestTheTileWithTheLeastWasteIsChosen(t *testing.T) {
	for _, test := range []struct {
		patches, columns int
		useful           float64 // percent
	}{
		{37 * 37, 232, 95.6}, // ViT-L-14-336 at 518, the paper's
		{32 * 32, 256, 100},  // the paper's other shape
		{1, 232, 0.0034},
		{232, 232, 90.625},
		{233, 256, 82.8},
		{256, 256, 100},
		{257, 232, 37.07},
		{16 * 16, 256, 100},
		{24 * 24, 232, 74.5},
		{27 * 27, 256, 90.1},
		{28 * 28, 232, 73.9},
	} {
		tile := hopperTileFor(test.patches)
		useful := 100 * tile.usefulShare(test.patches)
		if tile.columns != test.columns || math.Abs(useful-test.useful) > 0.05 {
			t.Errorf("%d patches: %d columns, %.4f %% useful; want %d, %.4f", test.patches, tile.columns,
				useful, test.columns, test.useful)
		}
	}
}

// The budget: at least 95 % of the products are useful for the paper's two shapes.
func TestUsefulShareOfThePapersShapes(t *testing.T) {
	for _, patches := range []int{37 * 37, 32 * 32} {
		if useful := hopperTileFor(patches).usefulShare(patches); useful < 0.95 {
			t.Errorf("%d patches: %.1f %%", patches, 100*useful)
		}
	}
}

// No other number of columns that the box of a copy allows is chosen, whatever the patches are.
func TestNoTileWastesMore(t *testing.T) {
	for patches := 1; patches <= 5000; patches++ {
		chosen := hopperTileFor(patches)
		for _, tile := range hopperTiles {
			if tile.usefulShare(patches) > chosen.usefulShare(patches) {
				t.Fatalf("%d patches: %s wastes less than %s", patches, tile.kernel, chosen.kernel)
			}
		}
	}
}
