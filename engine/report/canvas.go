package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"slices"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"musc/engine/imageio"
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{28, 28, 32, 255}
	faint = color.RGBA{110, 110, 118, 255}
	frame = color.RGBA{200, 200, 206, 255}
	line  = color.RGBA{0, 190, 255, 255} // around an area: no colour of the heat map
)

const ellipsis = "…"

// fonts are parsed once; opentype fonts may be shared, faces may not.
var fonts = sync.OnceValues(func() (fonts [2]*opentype.Font, err error) {
	for i, content := range [][]byte{goregular.TTF, gobold.TTF} {
		if fonts[i], err = opentype.Parse(content); err != nil {
			return fonts, fmt.Errorf("cannot read the built-in font: %w", err)
		}
	}
	return fonts, nil
})

// lettering is the two faces of one text size, in pixels. It belongs to one goroutine.
type lettering struct {
	regular, bold font.Face
	size          int
}

func newLettering(size int) (lettering, error) {
	parsed, err := fonts()
	if err != nil {
		return lettering{}, err
	}
	var faces [2]font.Face
	for i, from := range parsed {
		options := opentype.FaceOptions{Size: float64(size), DPI: 72, Hinting: font.HintingFull}
		if faces[i], err = opentype.NewFace(from, &options); err != nil {
			return lettering{}, fmt.Errorf("cannot set text of %d pixels: %w", size, err)
		}
	}
	return lettering{faces[0], faces[1], size}, nil
}

// line is the distance between two lines of text in pixels.
func (l lettering) line() int { return l.size * 4 / 3 }

// canvas is a picture under construction.
type canvas struct{ *image.RGBA }

func newCanvas(width, height int) canvas {
	c := canvas{image.NewRGBA(image.Rect(0, 0, width, height))}
	c.fill(c.Bounds(), paper)
	return c
}

func (c canvas) fill(area image.Rectangle, colour color.Color) {
	draw.Draw(c.RGBA, area, image.NewUniform(colour), image.Point{}, draw.Src)
}

// outline draws a line of one pixel around an area, outside of it, where there is room.
func (c canvas) outline(area image.Rectangle) {
	around := area.Inset(-1)
	for _, side := range []image.Rectangle{
		{around.Min, image.Pt(around.Max.X, area.Min.Y)}, {image.Pt(around.Min.X, area.Max.Y), around.Max},
		{around.Min, image.Pt(area.Min.X, around.Max.Y)}, {image.Pt(area.Max.X, around.Min.Y), around.Max},
	} {
		c.fill(side.Intersect(c.Bounds()), line)
	}
}

// outlinePatches draws a line around the patches of an area that have a score, outside of them, if there
// are others: those have 0. A pixel is of the patch whose centre is nearest in the map.
func (c canvas) outlinePatches(area image.Rectangle, scores []float64, height, width int) {
	if !slices.Contains(scores, 0) {
		return
	}
	nearest := func(at, pixels, patches int) int {
		if pixels == 1 {
			return 0
		}
		return (2*at*(patches-1) + pixels - 1) / (2 * (pixels - 1))
	}
	scored := func(x, y int) bool {
		if !image.Pt(x, y).In(area) {
			return false
		}
		row, column := nearest(y-area.Min.Y, area.Dy(), height), nearest(x-area.Min.X, area.Dx(), width)
		return scores[row*width+column] != 0
	}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if !scored(x, y) && (scored(x-1, y) || scored(x+1, y) || scored(x, y-1) || scored(x, y+1)) {
				c.SetRGBA(x, y, line)
			}
		}
	}
}

// paste copies a picture with its corner at (x,y).
func (c canvas) paste(picture *image.RGBA, x, y int) {
	area := picture.Bounds().Add(image.Pt(x, y))
	draw.Draw(c.RGBA, area, picture, image.Point{}, draw.Src)
}

// write sets one line of text with its upper left corner at (x,y), cut at the front to width: the
// end of a path tells images apart.
func (c canvas) write(face font.Face, text string, x, y, width int, colour color.Color) {
	text = cut(face, text, width)
	baseline := y + face.Metrics().Ascent.Ceil()
	drawer := font.Drawer{Dst: c, Src: image.NewUniform(colour), Face: face, Dot: fixed.P(x, baseline)}
	drawer.DrawString(text)
}

// cut shortens text from its front until it is at most width pixels wide.
func cut(face font.Face, text string, width int) string {
	if measure(face, text) <= width {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 && measure(face, ellipsis+string(letters)) > width {
		letters = letters[1:]
	}
	return ellipsis + string(letters)
}

func measure(face font.Face, text string) int { return font.MeasureString(face, text).Ceil() }

// savePNG writes the canvas as a file.
func (c canvas) savePNG(path string) error {
	return save(path, func(w io.Writer) error { return imageio.EncodePNG(w, c.RGBA) })
}
