// Package frame is the geometry between a photo and the backbone: which part of the photo is looked at
// (a crop, a region of interest), how it lies on the patch grid (squashed, or letterboxed so that it keeps
// its aspect), into how many tiles the grid is divided, and at which turns it is looked at.
//
//	photo   [H,W] pixels of a file
//	Area    the part of the photo that is looked at: all of it, or the crop
//	canvas  the patch grid of the whole Area, the same size for all photos of a run: the tiles less
//	        their overlaps
//	content the patches of the canvas that show the Area: all of them unless it is letterboxed
//	view    what the backbone sees at once, [S,S] pixels: a tile of the canvas, perhaps of the turned one
//
// The zero Options are the photo squashed to one view, as imageio.Resize gives it.
package frame

import (
	"fmt"
	"strconv"
	"strings"

	"musc/engine/fault"
)

// Options say how photos are framed. They are part of what a run's results depend on.
type Options struct {
	// Crop is the part of every photo that is looked at, in its pixels; zero: all of it.
	Crop Rect `json:"crop,omitzero"`
	// KeepAspect letterboxes the Area: it is scaled by one factor for both axes until it fills the canvas
	// along one of them. Its other side is rounded to patches, to one at least, and lies in the middle.
	// What is left of the canvas takes no part.
	KeepAspect bool  `json:"keep_aspect,omitempty"`
	Tiles      Tiles `json:"tiles,omitzero"`
	// Turns is how many evenly spaced turns of a photo score the others, the upright one among them; 0
	// and 1: only that one.
	Turns int `json:"turns,omitempty"`
}

// Rect is a part of a photo, in its pixels. Zero stands for the whole.
type Rect struct {
	X      int `json:"x"`
	Y      int `json:"y"`
	Width  int `json:"width"`
	Height int `json:"height"`
}

// Tiles divide the canvas. Zero stands for one tile.
type Tiles struct {
	Rows    int `json:"rows,omitempty"`
	Columns int `json:"columns,omitempty"`
	Overlap int `json:"overlap,omitempty"` // of neighbours, in patches
	// All: a tile is compared with all tiles of the other photos, else with the one at the same place.
	All bool `json:"all,omitempty"`
	// Auto: Resolve chooses rows and columns.
	Auto bool `json:"auto,omitempty"`
}

// DefaultOverlap is that of ParseTiles, in patches.
const DefaultOverlap = 2

// The most tiles along an axis, and the most turns.
const (
	mostTiles = 64
	mostTurns = 360
)

// Model is the backbone's part of the geometry: a view.
type Model struct {
	ImageSize int // S: side of a view in pixels
	Patch     int // side of a patch in pixels
	Height    int // patch rows of a view
	Width     int // patch columns of a view
}

// ParseCrop reads "X,Y,WIDTH,HEIGHT" in pixels. Errors are of kind fault.Usage.
func ParseCrop(text string) (Rect, error) {
	wrong := func() (Rect, error) {
		return Rect{}, fault.New(fault.Usage, "cannot read the crop %q: write X,Y,WIDTH,HEIGHT in pixels "+
			"of the photo, such as 200,100,1600,1200", text)
	}
	parts := strings.Split(text, ",")
	if len(parts) != 4 {
		return wrong()
	}
	var numbers [4]int
	for k, part := range parts {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return wrong()
		}
		numbers[k] = n
	}
	r := Rect{numbers[0], numbers[1], numbers[2], numbers[3]}
	return r, r.check()
}

// String is what ParseCrop reads; "" of the whole.
func (r Rect) String() string {
	if r == (Rect{}) {
		return ""
	}
	return fmt.Sprintf("%d,%d,%d,%d", r.X, r.Y, r.Width, r.Height)
}

func (r Rect) check() error {
	if r.X < 0 || r.Y < 0 || r.Width < 1 || r.Height < 1 {
		return fault.New(fault.Usage, "the crop %d,%d,%d,%d is no part of a photo: X and Y are at least 0, "+
			"width and height at least 1", r.X, r.Y, r.Width, r.Height)
	}
	return nil
}

// ParseTiles reads "ROWSxCOLUMNS" or "auto". The overlap is DefaultOverlap; 1x1 gives the zero Tiles.
// Errors are of kind fault.Usage.
func ParseTiles(text string) (Tiles, error) {
	if text == "auto" {
		return Tiles{Overlap: DefaultOverlap, Auto: true}, nil
	}
	rows, columns, found := strings.Cut(strings.ToLower(text), "x")
	r, errRows := strconv.Atoi(strings.TrimSpace(rows))
	c, errColumns := strconv.Atoi(strings.TrimSpace(columns))
	if !found || errRows != nil || errColumns != nil || min(r, c) < 1 || max(r, c) > mostTiles {
		return Tiles{}, fault.New(fault.Usage, "cannot read the tiles %q: write ROWSxCOLUMNS, such as 2x3 "+
			"and at most %dx%d, or auto", text, mostTiles, mostTiles)
	}
	if r == 1 && c == 1 {
		return Tiles{}, nil
	}
	return Tiles{Rows: r, Columns: c, Overlap: DefaultOverlap}, nil
}

// String is what ParseTiles reads; the overlap and the scope are not in it.
func (t Tiles) String() string {
	if t.Auto {
		return "auto"
	}
	rows, columns := t.grid()
	return fmt.Sprintf("%dx%d", rows, columns)
}

// grid is how many tiles there are; one of an unresolved Auto.
func (t Tiles) grid() (rows, columns int) { return max(t.Rows, 1), max(t.Columns, 1) }

// Count is the number of tiles of a photo.
func (o Options) Count() int {
	rows, columns := o.Tiles.grid()
	return rows * columns
}

// turns is the number of turns, at least 1.
func (o Options) turns() int { return max(o.Turns, 1) }

// Views is how many views the backbone looks at for a photo of which every tile has an active patch:
// view v shows tile v % Count at turn v / Count.
func (o Options) Views() int { return o.Count() * o.turns() }

// Canvas is the patch grid of a photo.
func (o Options) Canvas(m Model) (height, width int) {
	rows, columns := o.Tiles.grid()
	return m.Height + (rows-1)*(m.Height-o.Tiles.Overlap),
		m.Width + (columns-1)*(m.Width-o.Tiles.Overlap)
}

// Check says what is wrong with the options for a backbone: errors are of kind fault.Usage.
func (o Options) Check(m Model) error {
	if m.Patch < 1 || m.Height < 1 || m.Width < 1 || m.Height*m.Patch != m.ImageSize ||
		m.Width*m.Patch != m.ImageSize {
		return fault.New(fault.Internal, "a view of %d pixels is not %d x %d patches of %d pixels",
			m.ImageSize, m.Height, m.Width, m.Patch)
	}
	if o.Crop != (Rect{}) {
		if err := o.Crop.check(); err != nil {
			return err
		}
	}
	t := o.Tiles
	most := min(m.Height, m.Width) / 2 // so that at most two tiles meet along an axis
	switch {
	case t.Rows < 0 || t.Columns < 0 || max(t.Rows, t.Columns) > mostTiles:
		return fault.New(fault.Usage, "there are 1 to %d tiles along an axis, not %d x %d (rows x columns)",
			mostTiles, t.Rows, t.Columns)
	case t.Overlap < 0 || t.Overlap > most:
		return fault.New(fault.Usage, "tiles overlap by 0 to %d patches with this model, half a tile, not by %d",
			most, t.Overlap)
	case o.Turns < 0 || o.Turns > mostTurns:
		return fault.New(fault.Usage, "photos are looked at at 1 to %d turns, not %d", mostTurns, o.Turns)
	}
	return nil
}
