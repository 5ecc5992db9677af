package kernels

// NearGrid is how many lines or columns a patch grid may have at most where patches must be near
// each other: near.h packs both in one number.
const NearGrid = 1 << 13

// boxReach is the greatest radius of a window that box_search filters for.
const boxReach = 2

// rectangle is some lines and columns of a grid, the last ones included.
type rectangle struct{ top, bottom, left, right int }

// rectanglesOf are the patches from first to before end of a grid: up to two lines in part, and the
// whole ones between them.
func rectanglesOf(first, end, width int) []rectangle {
	top, bottom := first/width, (end-1)/width
	left, right := first%width, (end-1)%width
	if top == bottom {
		return []rectangle{{top, top, left, right}}
	}
	parts := []rectangle{{top, top, left, width - 1}, {bottom, bottom, 0, right}}
	if top+1 < bottom {
		parts = append(parts, rectangle{top + 1, bottom - 1, 0, width - 1})
	}
	return parts
}

// near says whether any two patches of them are at most so many lines and columns apart.
func (r rectangle) near(other rectangle, reach int) bool {
	return r.top-other.bottom <= reach && other.top-r.bottom <= reach &&
		r.left-other.right <= reach && other.left-r.right <= reach
}

func anyNear(some, others []rectangle, reach int) bool {
	for _, one := range some {
		for _, other := range others {
			if one.near(other, reach) {
				return true
			}
		}
	}
	return false
}

// nearTiles lists the tiles of a pair of images, of so many columns, in which any patch is at most
// reach lines and columns from any: as row << 16 | column, counted in tiles.
func nearTiles(height, width, columns, reach int) (tiles []uint32) {
	cut := func(size int) (parts [][]rectangle) {
		for first := 0; first < height*width; first += size {
			parts = append(parts, rectanglesOf(first, min(first+size, height*width), width))
		}
		return parts
	}
	across := cut(columns)
	for row, rows := range cut(searchTile) {
		for column, columns := range across {
			if anyNear(rows, columns, reach) {
				tiles = append(tiles, uint32(row)<<16|uint32(column))
			}
		}
	}
	return tiles
}

// hopperTileNear chooses the tile of which the fewest products are taken, as hopperTileFor does for
// all of a pair's.
func hopperTileNear(height, width, reach int) hopperTile {
	best, least := hopperTile{}, 0
	for _, tile := range hopperTiles {
		products := len(nearTiles(height, width, tile.columns, reach)) * tile.columns
		if best.columns == 0 || products < least {
			best, least = tile, products
		}
	}
	return best
}

// NearTiles is how many of a pair's tiles a kernel takes where patches must be near each other, and
// how many there are: of box_product those that box_search reads.
func NearTiles(kernel Kernel, height, width, near int) (taken, all int) {
	columns, reach := searchTile, near
	switch kernel {
	case SearchHopper:
		columns = hopperTileNear(height, width, near).columns
	case Box:
		reach += 2 * boxReach
	}
	return len(nearTiles(height, width, columns, reach)),
		ceil(height*width, searchTile) * ceil(height*width, columns)
}
