package frame

import (
	"musc/engine/fault"
)

// Place says where the canvas of a photo lies on it. The zero value is the whole photo on the whole
// canvas.
type Place struct {
	Area Rect `json:"area,omitzero"` // the part of the photo; zero: all of it
	// The content: patches of the canvas; all zero: all of them.
	Top     int `json:"top,omitempty"`
	Left    int `json:"left,omitempty"`
	Rows    int `json:"rows,omitempty"`
	Columns int `json:"columns,omitempty"`
}

// Place is that of a photo of width x height pixels. A crop that is not within the photo is of kind
// fault.Input; the message does not name the photo.
func (o Options) Place(m Model, width, height int) (Place, error) {
	if width < 1 || height < 1 {
		return Place{}, fault.New(fault.Input, "there is no part of a photo of %d x %d pixels", width, height)
	}
	var p Place
	if o.Crop != (Rect{}) && o.Crop != (Rect{0, 0, width, height}) {
		c := o.Crop
		if c.check() != nil || c.X > width-c.Width || c.Y > height-c.Height {
			return p, fault.New(fault.Input, "the crop %s (X,Y,WIDTH,HEIGHT) is not within the photo, which is "+
				"%d x %d pixels; choose a crop that lies in every photo, or leave this one out", c, width, height)
		}
		p.Area = c
	}
	if !o.KeepAspect {
		return p, nil
	}
	area := p.Photo(width, height)
	canvasRows, canvasColumns := o.Canvas(m)
	rows, columns := canvasRows, canvasColumns
	// The scale is the smaller of canvas/area along the axes; patches are square.
	if canvasRows*area.Width < canvasColumns*area.Height {
		columns = roundedShare(canvasRows*area.Width, area.Height)
	} else {
		rows = roundedShare(canvasColumns*area.Height, area.Width)
	}
	rows, columns = min(max(rows, 1), canvasRows), min(max(columns, 1), canvasColumns)
	if rows != canvasRows || columns != canvasColumns {
		p.Rows, p.Columns = rows, columns
		p.Top, p.Left = (canvasRows-rows)/2, (canvasColumns-columns)/2
	}
	return p, nil
}

// roundedShare is a/b to the nearest whole number, halves up.
func roundedShare(a, b int) int { return (2*a + b) / (2 * b) }

// Photo is the part of a photo of width x height pixels that the canvas shows.
func (p Place) Photo(width, height int) Rect {
	if p.Area == (Rect{}) {
		return Rect{0, 0, width, height}
	}
	return p.Area
}

// Content is where the Area lies on a canvas of height x width patches.
func (p Place) Content(height, width int) (top, left, rows, columns int) {
	if p.Rows == 0 || p.Columns == 0 {
		return 0, 0, height, width
	}
	return p.Top, p.Left, p.Rows, p.Columns
}

// Cut is the part of the scores of a canvas, [height,width], that belongs to the content,
// [rows,columns]. It is scores itself where that is all of it.
func (p Place) Cut(scores []float64, height, width int) (sub []float64, rows, columns int) {
	top, left, rows, columns := p.Content(height, width)
	if rows == height && columns == width {
		return scores, rows, columns
	}
	sub = make([]float64, 0, rows*columns)
	for y := top; y < top+rows; y++ {
		sub = append(sub, scores[y*width+left:][:columns]...)
	}
	return sub, rows, columns
}

// Patch is the patch of the content, row-major, that a patch of a canvas of height x width is; the
// nearest one where it lies beside the content.
func (p Place) Patch(patch, height, width int) int {
	top, left, rows, columns := p.Content(height, width)
	y, x := patch/width-top, patch%width-left
	return min(max(y, 0), rows-1)*columns + min(max(x, 0), columns-1)
}
