package frame

import (
	"fmt"
	"image"
	"slices"
)

// Tiles that are chosen by Resolve: at most so many along an axis, fewer if the canvas then has a half of
// the photo's pixels along each, nearly.
const (
	mostAutoTiles = 8
	wantedShare   = 0.5
	nearly        = 0.9
)

// Resolve chooses the tiles of Tiles.Auto and says why, for people; other options are returned as they
// are, with "". sizes are those of the photos in pixels; their median, axis by axis, counts. The canvas
// gets at least about half the pixels of the Area along each axis, by 8 tiles along an axis at most; if
// these are too few along one axis, the other gets fewer as well, so that the aspect stays near.
func Resolve(o Options, sizes []image.Point, m Model) (Options, string) {
	if !o.Tiles.Auto {
		return o, ""
	}
	o.Tiles.Auto = false
	width, height := o.Crop.Width, o.Crop.Height
	if o.Crop == (Rect{}) {
		width, height = medians(sizes)
	}
	if min(width, height) < 1 {
		o.Tiles = Tiles{}
		return o, "tiles auto: one, since no photo could be looked at"
	}
	// Canvases of so many pixels, by the number of tiles along an axis.
	rows, columns := lengths(m.Height, o.Tiles.Overlap, m.Patch), lengths(m.Width, o.Tiles.Overlap, m.Patch)
	share := min(wantedShare, float64(rows[mostAutoTiles])/float64(height),
		float64(columns[mostAutoTiles])/float64(width))
	o.Tiles.Rows, o.Tiles.Columns = least(rows, share*float64(height)), least(columns, share*float64(width))
	canvasHeight, canvasWidth := rows[o.Tiles.Rows], columns[o.Tiles.Columns]
	if o.Tiles.Rows == 1 && o.Tiles.Columns == 1 {
		o.Tiles = Tiles{}
	}
	text := fmt.Sprintf("tiles auto: %s (rows x columns) for photos of %d x %d pixels, which are seen at "+
		"%d x %d", o.Tiles, width, height, canvasWidth, canvasHeight)
	if share < wantedShare {
		text += fmt.Sprintf("; more than %d along an axis are taken only where --tiles asks for them",
			mostAutoTiles)
	}
	return o, text
}

// medians are those of the widths and of the heights, the upper ones; 0 without any.
func medians(sizes []image.Point) (width, height int) {
	if len(sizes) == 0 {
		return 0, 0
	}
	widths, heights := make([]int, len(sizes)), make([]int, len(sizes))
	for i, size := range sizes {
		widths[i], heights[i] = size.X, size.Y
	}
	slices.Sort(widths)
	slices.Sort(heights)
	return widths[len(sizes)/2], heights[len(sizes)/2]
}

// lengths are those of a canvas in pixels, by the number of tiles, from 0 to mostAutoTiles.
func lengths(size, overlap, patch int) (pixels [mostAutoTiles + 1]int) {
	for n := 1; n <= mostAutoTiles; n++ {
		pixels[n] = (size + (n-1)*(size-overlap)) * patch
	}
	return pixels
}

// least is the smallest number of tiles that gives nearly the wanted length.
func least(pixels [mostAutoTiles + 1]int, wanted float64) int {
	n := 1
	for n < mostAutoTiles && float64(pixels[n]) < nearly*wanted {
		n++
	}
	return n
}
