package imageio

import (
	"fmt"
	"math"
)

// Samples sums up the deep samples of photos: what a batch's Depth is decided by. The zero value is
// that of no photo.
type Samples struct {
	Integers, Floats Extremes

	// declared is the largest depth of integers that a file itself names, as a packed TIFF of 12 bits
	// does; 16 and 32 bits are what programs store any depth in and say nothing.
	declared int
}

// Extremes are the smallest and the largest sample of some photos.
type Extremes struct {
	Photos    int
	Low, High float64
}

func (e Extremes) join(other Extremes) Extremes {
	if e.Photos == 0 || other.Photos == 0 {
		return Extremes{e.Photos + other.Photos, e.Low + other.Low, e.High + other.High}
	}
	return Extremes{e.Photos + other.Photos, min(e.Low, other.Low), max(e.High, other.High)}
}

// Join is what both hold together.
func (s Samples) Join(other Samples) Samples {
	return Samples{s.Integers.join(other.Integers), s.Floats.join(other.Floats),
		max(s.declared, other.declared)}
}

// Samples sums up the raster's own deep samples. NaN and infinity are an error that says where.
func (r *Raster) Samples() (Samples, error) {
	if r.Deep == nil {
		return Samples{}, nil
	}
	for i, value := range r.Deep {
		if difference := value - value; difference != 0 { // NaN of NaN and of infinity
			pixel := i / r.Channels
			return Samples{}, fmt.Errorf("it holds %v in row %d, column %d", value,
				pixel/r.Width, pixel%r.Width)
		}
	}
	low, high := limits(r.Deep)
	extremes := Extremes{1, low, high}
	if r.Bits == 0 {
		return Samples{Floats: extremes}, nil
	}
	declared := 0
	if r.Bits < 16 {
		declared = r.Bits
	}
	return Samples{Integers: extremes, declared: declared}, nil
}

// Depth is the scale for all photos: integers of so many bits, or if bits is 0 of the fewest common
// bits that hold all samples. Floats take [0,1] or [-1,1] if that holds all of them, whatever bits
// is, and are taken for integers in other units else.
func (s Samples) Depth(bits int) Depth {
	var depth Depth
	if s.Integers.Photos > 0 {
		depth.Integers = rangeOfIntegers(s.Integers.Low, s.Integers.High)
		if declared := rangeOfBits(s.declared, s.Integers.Low < 0); declared.High > depth.Integers.High {
			depth.Integers = declared
		}
		if bits > 0 {
			depth.Integers = rangeOfBits(bits, s.Integers.Low < 0)
		}
	}
	if s.Floats.Photos > 0 {
		depth.Floats = rangeOfFloats(s.Floats.Low, s.Floats.High)
		if bits > 0 && !depth.Floats.small() {
			depth.Floats = rangeOfBits(bits, s.Floats.Low < 0)
		}
	}
	return depth
}

// Explain says in a line each how integers and floats are scaled, for people.
func (s Samples) Explain(depth Depth) (lines []string) {
	for _, part := range []struct {
		kind string
		of   Extremes
		by   Range
	}{{"integers of more than 8 bits", s.Integers, depth.Integers}, {"floats", s.Floats, depth.Floats}} {
		if part.of.Photos == 0 {
			continue
		}
		line := fmt.Sprintf("photos with %s (%d) hold values from %.6g to %.6g: all are scaled as %s",
			part.kind, part.of.Photos, part.of.Low, part.of.High, part.by)
		if !part.by.holds(math.Floor(part.of.Low), math.Floor(part.of.High)) {
			line += ", what is beyond is cut off"
		}
		if !part.by.small() {
			line += "; --bits decides otherwise"
		}
		lines = append(lines, line)
	}
	return lines
}

// String is as in "12-bit values, 0 to 4095".
func (r Range) String() string {
	if r.small() {
		return fmt.Sprintf("values from %g to %g", r.Low, r.High)
	}
	return fmt.Sprintf("%.0f-bit values, %.0f to %.0f", math.Log2(r.High-r.Low+1), r.Low, r.High)
}
