package report

import (
	"fmt"
	"image"
	"image/jpeg"
	"io"

	"musc/engine/fault"
	"musc/engine/imageio"
)

// The pictures of the report's page, in pixels: photos are shrunk to the first side, crops to the
// second, and show at least leastCrop pixels of their photo where it has them.
const (
	pagePhotoSide = 448
	pageCropSide  = 160

	leastCrop   = 24
	jpegQuality = 82
)

// WritePagePhoto writes the photo as a JPEG, shrunk so that its longer side is at most 448 pixels.
func WritePagePhoto(path string, photo *imageio.RGB) error {
	return saveJPEG(path, shrink(photo, pagePhotoSide))
}

// WritePageCrop writes the 3 x 3 patches around a patch of the grid, row-major, as a JPEG, shrunk so that the
// longer side is at most 160 pixels. A patch that is not on the grid is of kind fault.Input.
func WritePageCrop(path string, photo *imageio.RGB, gridHeight, gridWidth, patch int) error {
	if patch < 0 || patch >= gridHeight*gridWidth {
		return fault.New(fault.Input, "cannot write %s: patch %d is not on the grid of %d x %d", path,
			patch, gridHeight, gridWidth)
	}
	area := surroundings(photo.Width, photo.Height, gridHeight, gridWidth, patch)
	crop := &imageio.RGB{Width: area.Dx(), Height: area.Dy()}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		row := photo.Pix[3*y*photo.Width:]
		crop.Pix = append(crop.Pix, row[3*area.Min.X:3*area.Max.X]...)
	}
	return saveJPEG(path, shrink(crop, pageCropSide))
}

// surroundings are the pixels of 3 x 3 patches around a patch of the grid, row-major, in a photo of
// width x height: its middle one where the photo's border does not push them aside.
func surroundings(width, height, gridHeight, gridWidth, patch int) image.Rectangle {
	fromX, toX := around(patch%gridWidth, gridWidth, width)
	fromY, toY := around(patch/gridWidth, gridHeight, height)
	return image.Rect(fromX, fromY, toX, toY)
}

// around is three steps of a grid around one of its steps, on a side of so many pixels.
func around(step, steps, side int) (from, to int) {
	extent := min(max(3*side/steps, leastCrop), side)
	middle := (2*step + 1) * side / (2 * steps)
	from = min(max(middle-extent/2, 0), side-extent)
	return from, from + extent
}

// saveJPEG writes the pixels as a file. Those without colours are written as grey ones.
func saveJPEG(path string, m *imageio.RGB) error {
	area := image.Rect(0, 0, m.Width, m.Height)
	grey, colour := image.NewGray(area), image.NewRGBA(area)
	coloured := false
	for i := range grey.Pix {
		from, to := m.Pix[3*i:3*i+3], colour.Pix[4*i:4*i+4]
		to[0], to[1], to[2], to[3] = from[0], from[1], from[2], 255
		grey.Pix[i] = from[0]
		coloured = coloured || from[0] != from[1] || from[1] != from[2]
	}
	var picture image.Image = grey
	if coloured {
		picture = colour
	}
	return save(path, func(w io.Writer) error {
		if err := jpeg.Encode(w, picture, &jpeg.Options{Quality: jpegQuality}); err != nil {
			return fmt.Errorf("the picture: %w", err)
		}
		return nil
	})
}
