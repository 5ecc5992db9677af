package kernels

// searchTile is how many rows of a pair's products a tile has, and how many columns in the tiles of
// kernel search.
const searchTile = 128

// hopperTile is a kernel of search_hopper.cu, by the columns of its tiles.
type hopperTile struct {
	kernel  string
	columns int
}

// hopperTiles are all of them. More columns mean fewer bytes for as many products: the wider tile
// is first, and is taken where none is better.
var hopperTiles = []hopperTile{{"search_hopper", 256}, {"search_hopper_232", 232}}

// hopperTileFor chooses the tile of which images of so many patches waste the least: for 37 x 37 =
// 1369 patches 6 times 232 columns are 1392, but 6 times 256 are 1536.
func hopperTileFor(patches int) hopperTile {
	best := hopperTiles[0]
	for _, tile := range hopperTiles[1:] {
		if ceil(patches, tile.columns)*tile.columns < ceil(patches, best.columns)*best.columns {
			best = tile
		}
	}
	return best
}

// HopperTile is the kernel of search_hopper.cu that searches images of so many patches, the columns
// of its tiles, and which part of their products is of two patches.
func HopperTile(patches int) (kernel string, columns int, useful float64) {
	tile := hopperTileFor(patches)
	return tile.kernel, tile.columns, tile.usefulShare(patches)
}

// tiles is how many tiles a pair of images has.
func (t hopperTile) tiles(patches int) int {
	return ceil(patches, searchTile) * ceil(patches, t.columns)
}

// usefulShare is which part of the products of a pair's tiles is of two patches, the rest being
// padding.
func (t hopperTile) usefulShare(patches int) float64 {
	return float64(patches) * float64(patches) /
		(float64(t.tiles(patches)) * float64(searchTile*t.columns))
}

func ceil(a, b int) int { return (a + b - 1) / b }
