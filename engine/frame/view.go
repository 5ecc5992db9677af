package frame

import (
	"musc/engine/fault"
	"musc/engine/imageio"
)

// View is what the backbone sees at once of a photo.
type View struct {
	Tile   int          // row-major
	Turn   int          // from 0, the upright one
	Pixels *imageio.RGB // [S,S,3]
	Active []bool       // [P]: the patches that take part; nil: all
}

// padding is the colour around a letterboxed Area: the mean of the photos that backbones were trained
// on, which they subtract.
var padding = [3]uint8{124, 116, 104}

// Cut frames a photo: the Area is scaled once to the pixels of the content, by Pillow's bicubic filter,
// and cut into views at borders of patches. A patch is active if it belongs to the content and at least
// half of its pixels are in the mask (nil: all are). A turned view shows the canvas turned clockwise about
// its middle; patches with a pixel from outside the content are inactive.
//
// Views without an active patch are left out; the others come by turn, then tile. Where no upright view is
// left the error is of kind fault.Input, as are those of Place and a mask of another shape than the
// photo's. Messages do not name the photo.
//
// Beside the photo, memory is taken for a copy of the crop, the canvas, one turned canvas, and the views.
func (o Options) Cut(photo *imageio.RGB, m Model, mask *Mask) ([]View, Place, error) {
	place, err := o.Place(m, photo.Width, photo.Height)
	if err != nil {
		return nil, place, err
	}
	shares, err := o.shares(place, m, photo.Width, photo.Height, mask)
	if err != nil {
		return nil, place, err
	}
	canvas := o.draw(photo, place, m)
	var views []View
	for turn := range o.turns() {
		turned, of := canvas, shares
		if turn > 0 {
			t := imageio.Turn{Part: turn, Of: o.turns()}
			turned, of = canvas.Turned(t, padding), shares.turned(t, canvas.Width, canvas.Height)
		}
		views = append(views, o.divide(turned, of.active(m.Patch, canvas.Width), turn, m)...)
		if turn == 0 && len(views) == 0 {
			return nil, place, fault.New(fault.Input, "the mask %s leaves no patch of the photo: none has half "+
				"of its pixels in the white part%s; enlarge the white part", mask.Name, o.ofCrop())
		}
	}
	return views, place, nil
}

// ofCrop is what to say of a mask that leaves nothing if there is a crop.
func (o Options) ofCrop() string {
	if o.Crop == (Rect{}) {
		return ""
	}
	return " within the crop " + o.Crop.String()
}

// draw is the canvas in pixels.
func (o Options) draw(photo *imageio.RGB, place Place, m Model) *imageio.RGB {
	height, width := o.Canvas(m)
	top, left, rows, columns := place.Content(height, width)
	area := place.Photo(photo.Width, photo.Height)
	if place.Area != (Rect{}) {
		photo = photo.Crop(area.X, area.Y, area.Width, area.Height)
	}
	content := photo.Resize(columns*m.Patch, rows*m.Patch, imageio.Bicubic)
	if rows == height && columns == width {
		return content
	}
	canvas := imageio.Plain(width*m.Patch, height*m.Patch, padding)
	canvas.Paste(content, left*m.Patch, top*m.Patch)
	return canvas
}

// divide cuts the tiles of a canvas of which the patches in active take part; nil: all.
func (o Options) divide(canvas *imageio.RGB, active []bool, turn int, m Model) []View {
	rows, columns := o.Tiles.grid()
	if rows == 1 && columns == 1 && active == nil {
		return []View{{Turn: turn, Pixels: canvas}}
	}
	_, width := o.Canvas(m)
	var views []View
	for tile := range rows * columns {
		top, left := o.Corner(tile, m)
		part, any := activeIn(active, width, top, left, m)
		if !any {
			continue
		}
		pixels := canvas.Crop(left*m.Patch, top*m.Patch, m.ImageSize, m.ImageSize)
		views = append(views, View{Tile: tile, Turn: turn, Pixels: pixels, Active: part})
	}
	return views
}

// Corner is the first patch of a tile on the canvas.
func (o Options) Corner(tile int, m Model) (top, left int) {
	_, columns := o.Tiles.grid()
	return tile / columns * (m.Height - o.Tiles.Overlap), tile % columns * (m.Width - o.Tiles.Overlap)
}

// activeIn is the part of active, patches of a canvas of that width, that belongs to the view with that
// corner; nil if all of it is active. any says that some of it is.
func activeIn(active []bool, width, top, left int, m Model) (part []bool, any bool) {
	if active == nil {
		return nil, true
	}
	all := true
	part = make([]bool, 0, m.Height*m.Width)
	for y := top; y < top+m.Height; y++ {
		for _, a := range active[y*width+left:][:m.Width] {
			all, any = all && a, any || a
			part = append(part, a)
		}
	}
	if all {
		return nil, true
	}
	return part, any
}
