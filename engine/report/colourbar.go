package report

import (
	"image"
	"math"
	"slices"
	"strconv"
)

const (
	tickLength    = 4
	thresholdWord = "threshold"
)

// tick is a value that a colour bar names.
type tick struct {
	value     float64
	label     string
	threshold bool // the scale's
}

// colourBar draws the scale from High at the top to Low at the bottom, in equal steps of the position,
// with round values beside it and a line across it at the threshold.
func (c canvas) colourBar(area image.Rectangle, scale Scale, letters lettering) {
	height := area.Dy()
	for y := range height {
		level := 255 * (height - 1 - y) / max(1, height-1)
		row := image.Rect(area.Min.X, area.Min.Y+y, area.Max.X, area.Min.Y+y+1)
		c.fill(row, inferno(level))
	}
	for _, mark := range scale.barTicks(height, letters.line()) {
		y := area.Max.Y - 1 - barOffset(scale, mark.value, height)
		from, face, colour := area.Max.X, letters.regular, faint
		if mark.threshold {
			from, face, colour = area.Min.X-tickLength, letters.bold, ink
		}
		c.fill(image.Rect(from, y, area.Max.X+tickLength, y+1), colour)
		c.write(face, mark.label, area.Max.X+2*tickLength, y-letters.line()/2, math.MaxInt32, ink)
	}
}

// barOffset is how many pixels a value lies above the lowest row of a bar.
func barOffset(scale Scale, value float64, height int) int {
	return int(math.Round(scale.Position(value) * float64(height-1)))
}

// barWidth is the room that a colour bar of the given thickness and its labels take.
func barWidth(scale Scale, thickness, height int, letters lettering) int {
	widest := 0
	for _, mark := range scale.barTicks(height, letters.line()) {
		face := letters.regular
		if mark.threshold {
			face = letters.bold
		}
		widest = max(widest, measure(face, mark.label))
	}
	return thickness + 2*tickLength + widest
}

// barTicks are the values that a bar of the given height names: round ones, at least two lines apart
// where they lie evenly, and the threshold, which no label comes closer to than a line. Below the
// threshold and above it the steps differ, as the scale does. A scale without extent has its one value.
func (s Scale) barTicks(height, line int) (ticks []tick) {
	most := min(max(2, height/(2*line)), 9)
	if !s.Anchored() {
		values, step := roundValues(s.Low, s.High, most)
		if len(values) == 0 {
			return []tick{{s.Low, strconv.FormatFloat(s.Low, 'g', 3, 64), false}}
		}
		return labelled(values, digitsOf(step))
	}
	most = max(1, most/2)
	below, step := roundValues(s.Low, s.Threshold, most)
	above, other := roundValues(s.Threshold, s.High, most)
	ticks = slices.Concat(labelled(below, digitsOf(step)), labelled(above, digitsOf(other)))
	at := barOffset(s, s.Threshold, height)
	ticks = slices.DeleteFunc(ticks, func(mark tick) bool {
		distance := barOffset(s, mark.value, height) - at
		return max(distance, -distance) < line
	})
	label := format(s.Threshold, max(3, min(digitsOf(step), digitsOf(other)))) + " " + thresholdWord
	return append(ticks, tick{s.Threshold, label, true})
}

// roundValues are those from low to high, at most most of them: multiples of 1, 2 or 5 times a power
// of ten. step is their distance, 0 if there is none.
func roundValues(low, high float64, most int) (values []float64, step float64) {
	extent := high - low
	if !(extent > 0) || !finite(extent) {
		return nil, 0
	}
	power := math.Pow(10, math.Floor(math.Log10(extent/float64(most))))
	for _, factor := range []float64{1, 2, 5, 10} {
		step = factor * power
		first, last := math.Ceil(low/step), math.Floor(high/step)
		if last-first+1 > float64(most) {
			continue
		}
		for k := first; k <= last; k++ {
			values = append(values, k*step+0) // never -0
		}
		return values, step
	}
	return nil, 0
}

// digitsOf is how many digits after the point tell multiples of step apart.
func digitsOf(step float64) int {
	if !(step > 0) {
		return 0
	}
	return max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
}

func labelled(values []float64, digits int) (ticks []tick) {
	for _, value := range values {
		ticks = append(ticks, tick{value, format(value, digits), false})
	}
	return ticks
}

// format is a value with so many digits after the point, unless that is long.
func format(value float64, digits int) string {
	if digits > 6 || math.Abs(value) >= 1e6 {
		return strconv.FormatFloat(value, 'g', 4, 64)
	}
	return strconv.FormatFloat(value, 'f', digits, 64)
}
