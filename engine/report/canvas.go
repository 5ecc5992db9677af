package report

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strconv"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{28, 28, 32, 255}
	faint = color.RGBA{110, 110, 118, 255}
	frame = color.RGBA{200, 200, 206, 255}
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
	draw.Draw(c, area, image.NewUniform(colour), image.Point{}, draw.Src)
}

// paste copies a picture with its corner at (x,y).
func (c canvas) paste(picture *image.RGBA, x, y int) {
	area := picture.Bounds().Add(image.Pt(x, y))
	draw.Draw(c, area, picture, image.Point{}, draw.Src)
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

// colourBar draws the scale from High at the top to Low at the bottom, with round values beside it.
func (c canvas) colourBar(area image.Rectangle, scale Scale, letters lettering) {
	height := area.Dy()
	for y := range height {
		level := 255 * (height - 1 - y) / max(1, height-1)
		row := image.Rect(area.Min.X, area.Min.Y+y, area.Max.X, area.Min.Y+y+1)
		c.fill(row, inferno(level))
	}
	values, labels := tickLabels(scale, maxTicks(height, letters))
	for i, value := range values {
		y := area.Max.Y - 1 - int(math.Round(scale.Position(value)*float64(height-1)))
		c.fill(image.Rect(area.Max.X, y, area.Max.X+tickLength, y+1), faint)
		c.write(letters.regular, labels[i], area.Max.X+2*tickLength,
			y-letters.line()/2, math.MaxInt32, ink)
	}
}

const tickLength = 4

// maxTicks leaves a free line between the labels beside a bar of the given height.
func maxTicks(height int, letters lettering) int {
	return min(max(2, height/(2*letters.line())), 9)
}

// barWidth is the room that a colour bar of the given thickness and its labels take.
func barWidth(scale Scale, thickness, height int, letters lettering) int {
	widest := 0
	_, labels := tickLabels(scale, maxTicks(height, letters))
	for _, label := range labels {
		widest = max(widest, measure(letters.regular, label))
	}
	return thickness + 2*tickLength + widest
}

// tickLabels are the round values of the scale, with as many digits as tell them apart. A scale
// without extent has its one value.
func tickLabels(scale Scale, most int) (values []float64, labels []string) {
	values, step := scale.ticks(most)
	if len(values) == 0 {
		return []float64{scale.Low}, []string{strconv.FormatFloat(scale.Low, 'g', 3, 64)}
	}
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	for _, value := range values {
		label := strconv.FormatFloat(value, 'f', digits, 64)
		if digits > 6 || math.Abs(value) >= 1e6 {
			label = strconv.FormatFloat(value, 'g', 4, 64)
		}
		labels = append(labels, label)
	}
	return values, labels
}

// savePNG writes the canvas as a file.
func (c canvas) savePNG(path string) error {
	return save(path, func(w io.Writer) error {
		encoder := png.Encoder{CompressionLevel: png.BestSpeed}
		if err := encoder.Encode(w, c.RGBA); err != nil {
			return fmt.Errorf("the picture: %w", err)
		}
		return nil
	})
}
