package report

import (
	"fmt"
	"image"
	"image/color"
	"slices"

	"musc/engine/anomalymap"
	"musc/engine/fault"
	"musc/engine/imageio"
	"musc/engine/verdict"
)

// Picture is one scored image to draw.
type Picture struct {
	Name   string
	Score  float64
	Rank   int // 1 is the most anomalous
	Images int // how many were ranked; 0: none, and Rank says nothing

	Verdict   verdict.Verdict // None without a threshold
	Before    float64         // the score before RsCIN, which the verdict is about
	Threshold float64         // of the verdict "defective"

	Photo *imageio.RGB
	// Area is the part of the photo that was looked at, in its pixels; empty: all of it.
	Area          image.Rectangle
	Scores        []float64 // patch scores [Height,Width] of the area
	Height, Width int
}

// DefaultLongerSide bounds an overlay's photo, in pixels: large photos are shrunk to it.
const DefaultLongerSide = 1024

const (
	margin       = 16
	barThickness = 18
	leastBar     = 140 // height of a colour bar beside a flat photo, in pixels
	leastTitle   = 340 // room for the title above a narrow photo
)

// WriteOverlay writes a PNG of the photo under its heat map: the anomaly map is interpolated to the
// photo's size, shrunk so that its longer side is at most longerSide, and blended over it as the
// scale says. Where only an area was looked at, a line runs around it, and the rest has no heat; so it does
// around the patches that took part, of which the others have the score 0. Above stand the name, score, verdict, rank and the map's largest value, at the right the
// colour bar. The verdict is about the score before RsCIN, which is named as well where it differs.
//
// A picture whose sides do not fit its pixels or patch scores, and patch scores that are not
// finite, are of kind fault.Input.
func WriteOverlay(path string, p Picture, scale Scale, longerSide int) error {
	drawn, err := p.draw(longerSide, scale)
	if err != nil {
		return err
	}
	size := drawn.Bounds().Size()
	letters, err := newLettering(min(max(13, max(size.X, size.Y)/48), 20))
	if err != nil {
		return err
	}
	barHeight := max(size.Y, leastBar)
	bar := barWidth(scale, barThickness, barHeight, letters)
	top := margin + 2*letters.line() + margin/2
	caption := p.caption()
	width := 2*margin + max(size.X+margin+bar, leastTitle, measure(letters.regular, caption))
	out := newCanvas(width, top+barHeight+margin)

	textWidth := width - 2*margin
	out.write(letters.bold, p.Name, margin, margin, textWidth, ink)
	out.write(letters.regular, caption, margin, margin+letters.line(), textWidth, faint)
	out.paste(drawn, margin, top)
	left := 2*margin + size.X
	out.colourBar(image.Rect(left, top, left+barThickness, top+barHeight), scale, letters)
	return out.savePNG(path)
}

func (p Picture) caption() string {
	text := fmt.Sprintf("score %.3f", p.Score)
	if p.Verdict != verdict.None {
		if p.Before != p.Score {
			text += fmt.Sprintf(" (%.3f before RsCIN)", p.Before)
		}
		text += fmt.Sprintf(", %s (threshold %s)", p.Verdict, format(p.Threshold, 3))
	}
	largest := slices.Max(p.Scores)
	if p.Images > 0 {
		text += fmt.Sprintf(", rank %d of %d", p.Rank, p.Images)
	}
	return text + fmt.Sprintf(", map up to %.3f", largest)
}

// Shrunk is the picture with its photo's longer side at most longerSide pixels, for a caller who
// keeps many at once. Broken pictures stay as they are.
func (p Picture) Shrunk(longerSide int) Picture {
	if p.check() == nil {
		small := shrink(p.Photo, longerSide)
		p.Area = p.areaIn(small)
		p.Photo = small
	}
	return p
}

// OfArea is the picture of the area alone. Broken pictures stay as they are.
func (p Picture) OfArea() Picture {
	if p.check() == nil && !p.Area.Empty() {
		p.Photo = p.Photo.Crop(p.Area.Min.X, p.Area.Min.Y, p.Area.Dx(), p.Area.Dy())
		p.Area = image.Rectangle{}
	}
	return p
}

// areaIn is the area in the photo when it has another size; it keeps a pixel.
func (p Picture) areaIn(photo *imageio.RGB) image.Rectangle {
	if p.Area.Empty() {
		return p.Area
	}
	scaled := func(from, to, old, size int) (int, int) {
		first := min((2*from*size+old)/(2*old), size-1)
		return first, max((2*to*size+old)/(2*old), first+1)
	}
	var area image.Rectangle
	area.Min.X, area.Max.X = scaled(p.Area.Min.X, p.Area.Max.X, p.Photo.Width, photo.Width)
	area.Min.Y, area.Max.Y = scaled(p.Area.Min.Y, p.Area.Max.Y, p.Photo.Height, photo.Height)
	return area
}

// draw blends the heat map over the photo, whose longer side becomes at most longerSide.
func (p Picture) draw(longerSide int, scale Scale) (*image.RGBA, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	p = p.Shrunk(longerSide)
	whole := image.Rect(0, 0, p.Photo.Width, p.Photo.Height)
	area := p.Area
	if area.Empty() {
		area = whole
	}
	upsampler, err := anomalymap.New(p.Height, p.Width, area.Dy(), area.Dx())
	if err != nil {
		return nil, err
	}
	out, levels := newCanvas(whole.Dx(), whole.Dy()), scale.levels()
	for to, from := out.Pix, p.Photo.Pix; len(to) >= 4 && len(from) >= 3; to, from = to[4:], from[3:] {
		to[0], to[1], to[2] = from[0], from[1], from[2]
	}
	reader, values := upsampler.Reader(p.Scores), make([]float32, area.Dx())
	for y := range area.Dy() {
		reader.Seek(y)
		reader.ReadSingle(values)
		row := out.Pix[out.PixOffset(area.Min.X, area.Min.Y+y):][:4*len(values)]
		for x, value := range values {
			level := scale.Level(float64(value))
			if level == 0 { // which covers nothing
				continue
			}
			pixel := row[4*x:][:3]
			heated := levels[level].over(color.RGBA{pixel[0], pixel[1], pixel[2], 255})
			pixel[0], pixel[1], pixel[2] = heated.R, heated.G, heated.B
		}
	}
	if area != whole {
		out.outline(area)
	}
	out.outlinePatches(area, p.Scores, p.Height, p.Width)
	return out.RGBA, nil
}

func (p Picture) check() error {
	switch photo := p.Photo; {
	case photo == nil || min(photo.Width, photo.Height) < 1 ||
		len(photo.Pix) != 3*photo.Width*photo.Height:
		return fault.New(fault.Input, "cannot draw %s: it has no pixels or not as many as its size "+
			"says; check the file", p.Name)
	case !p.Area.In(image.Rect(0, 0, photo.Width, photo.Height)):
		return fault.New(fault.Internal, "cannot draw %s: its area %v is not within its %d x %d pixels",
			p.Name, p.Area, photo.Width, photo.Height)
	case min(p.Width, p.Height) < 1 || len(p.Scores) != p.Width*p.Height:
		return fault.New(fault.Input, "cannot draw %s: %d patch scores are no grid of %d x %d",
			p.Name, len(p.Scores), p.Height, p.Width)
	}
	for i, score := range p.Scores {
		if !finite(score) {
			return fault.New(fault.Input, "cannot draw %s: the score of patch %d is %v; leave that "+
				"image out or use another model", p.Name, i, score)
		}
	}
	return nil
}

// shrink keeps the proportions, down to one pixel; smaller photos keep their size.
func shrink(photo *imageio.RGB, longerSide int) *imageio.RGB {
	longer := max(photo.Width, photo.Height)
	if longerSide < 1 || longer <= longerSide {
		return photo
	}
	side := func(length int) int { return max(1, (length*longerSide+longer/2)/longer) }
	return photo.Resize(side(photo.Width), side(photo.Height), imageio.Bicubic)
}
