package report

import (
	"image/color"
	"math"
)

// infernoAnchors are colours of the upper three quarters of the map "inferno", evenly spaced from
// purple over red to bright yellow: equal steps of the value look like equal steps, in grey and to
// colour-blind eyes too. Its dark quarter is left out, as it would look like dirt on the photo.
// Between the anchors colours are interpolated, at most 4 of 255 away from the full table.
var infernoAnchors = [...][3]uint8{
	{87, 16, 109}, {107, 23, 110}, {127, 31, 108}, {147, 38, 103}, {168, 45, 95}, {187, 55, 85},
	{205, 66, 72}, {221, 81, 58}, {233, 98, 42}, {243, 119, 26}, {249, 141, 10}, {252, 165, 10},
	{251, 189, 35}, {246, 214, 68}, {241, 238, 114}, {252, 255, 164},
}

// opacityAtHigh is how much of the colour map covers the photo at the top of the scale.
const opacityAtHigh = 0.9

// heat is the colour of one level of the scale and its opacity over the photo, 0 to 255.
type heat struct {
	colour  color.RGBA
	opacity uint32
}

// plainLevels and anchoredLevels are the 256 levels of an overlay, on a scale without and with a
// threshold. The opacity at position p is opacityAtHigh of p^(3/4): nothing at the bottom, so that
// good surfaces show the photo, and soon enough that weak defects have a colour. With a threshold it
// is known where they begin, in the middle, and the opacity is
//
//	1/2 (2p)^2               below the middle: what is good enough hardly has a colour
//	1/2 + 1/2 (2p-1)^(3/4)   from there on: what is defective has one at once
var plainLevels, anchoredLevels = opacities(sqrt34), opacities(func(p float64) float64 {
	if p < 0.5 {
		return 0.5 * (2 * p) * (2 * p)
	}
	return 0.5 + float64(0.5*sqrt34(2*p-1))
})

// sqrt34 is x^(3/4), the same on every processor.
func sqrt34(x float64) float64 { return math.Sqrt(x * math.Sqrt(x)) }

// opacities are the levels of the colour map with an opacity that grows from 0 to 1.
func opacities(of func(position float64) float64) (levels [256]heat) {
	for i := range levels {
		opacity := math.Round(255 * opacityAtHigh * of(float64(i)/255))
		levels[i] = heat{inferno(i), uint32(opacity)}
	}
	return levels
}

// levels are those of the scale.
func (s Scale) levels() *[256]heat {
	if s.Anchored() {
		return &anchoredLevels
	}
	return &plainLevels
}

// inferno is the colour of level 0 to 255, interpolated in whole numbers: 255 is a multiple of the
// number of intervals.
func inferno(level int) color.RGBA {
	const step = 255 / (len(infernoAnchors) - 1)
	if level >= 255 {
		last := infernoAnchors[len(infernoAnchors)-1]
		return color.RGBA{last[0], last[1], last[2], 255}
	}
	from, to, rest := infernoAnchors[level/step], infernoAnchors[level/step+1], level%step
	mix := func(c int) uint8 {
		return uint8((int(from[c])*(step-rest) + int(to[c])*rest + step/2) / step)
	}
	return color.RGBA{mix(0), mix(1), mix(2), 255}
}

// Colours are those of s.Level: red, green, blue, and the opacity over the photo, which 255 covers.
func (s Scale) Colours() (levels [256][4]uint8) {
	for i, level := range s.levels() {
		levels[i] = [4]uint8{level.colour.R, level.colour.G, level.colour.B, uint8(level.opacity)}
	}
	return levels
}

// over blends the level over a colour of the photo.
func (h heat) over(photo color.RGBA) color.RGBA {
	blend := func(below, above uint8) uint8 {
		return uint8((uint32(below)*(255-h.opacity) + uint32(above)*h.opacity + 127) / 255)
	}
	return color.RGBA{blend(photo.R, h.colour.R), blend(photo.G, h.colour.G),
		blend(photo.B, h.colour.B), 255}
}
