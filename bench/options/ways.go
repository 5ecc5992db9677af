package main

import (
	"musc/engine/frame"
	"musc/engine/imageio"
)

// way is one way to look at photos, whose tokens are extracted once, and the bounds of --near that are
// measured with it; 0 is none.
type way struct {
	name  string
	frame frame.Options
	roi   *frame.ROI
	near  []int
}

// ways are those that make sense for a data set; the first is that without any option.
func ways(s set, photo *imageio.RGB) []way {
	tiles := func(rows, columns int, all bool) frame.Tiles {
		return frame.Tiles{Rows: rows, Columns: columns, Overlap: frame.DefaultOverlap, All: all}
	}
	list := []way{
		{name: "", near: []int{0, 1, 2, 4, 8}},
		{name: "--keep-aspect", frame: frame.Options{KeepAspect: true}, near: []int{0}},
		{name: "--rotations 2", frame: frame.Options{Turns: 2}, near: []int{0}},
		{name: "--rotations 4", frame: frame.Options{Turns: 4}, near: []int{0, 2}},
		{name: "--rotations 6", frame: frame.Options{Turns: 6}, near: []int{0, 2}},
		{name: "--tiles 2x2", frame: frame.Options{Tiles: tiles(2, 2, false)}, near: []int{0, 4}},
		{name: "--tiles 2x2 --tile-scope all", frame: frame.Options{Tiles: tiles(2, 2, true)}, near: []int{0}},
		{name: "--tiles 2x2 --rotations 4", frame: frame.Options{Tiles: tiles(2, 2, false), Turns: 4}, near: []int{0}},
	}
	if s.circle == nil {
		return list
	}
	c := s.circle
	crop := frame.Rect{X: max(0, c.x-c.radius), Y: max(0, c.y-c.radius)}
	crop.Width, crop.Height = min(2*c.radius, photo.Width-crop.X), min(2*c.radius, photo.Height-crop.Y)
	roi := frame.NewROI("the circle", c.mask(photo.Width, photo.Height))
	return append(list,
		way{name: "--crop", frame: frame.Options{Crop: crop}, near: []int{0}},
		way{name: "--roi", roi: roi, near: []int{0}},
		way{name: "--crop --roi", frame: frame.Options{Crop: crop}, roi: roi, near: []int{0}},
		way{name: "--crop --rotations 4", frame: frame.Options{Crop: crop, Turns: 4}, near: []int{0}},
		way{name: "--crop --rotations 6", frame: frame.Options{Crop: crop, Turns: 6}, near: []int{0, 2}},
		way{name: "--roi --rotations 6", frame: frame.Options{Turns: 6}, roi: roi, near: []int{0}},
		way{name: "--crop --roi --rotations 6", frame: frame.Options{Crop: crop, Turns: 6}, roi: roi,
			near: []int{0, 2}})
}

// mask is white within the circle.
func (c *circle) mask(width, height int) *imageio.Grey {
	grey := &imageio.Grey{Width: width, Height: height, Pix: make([]uint8, width*height)}
	for y := range height {
		for x := range width {
			if (x-c.x)*(x-c.x)+(y-c.y)*(y-c.y) <= c.radius*c.radius {
				grey.Pix[y*width+x] = 255
			}
		}
	}
	return grey
}
