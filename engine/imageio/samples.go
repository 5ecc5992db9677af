package imageio

import (
	"fmt"
	"math"
	"math/bits"
)

// Samples sums up the deep samples of photos: what a batch's Depth is decided by. The zero value is
// that of no photo.
type Samples struct {
	Integers, Floats Extremes

	// Declared is the largest depth of integers that a file itself names, as a packed TIFF of 12 bits
	// does; 16 and 32 bits are what programs store any depth in and say nothing.
	Declared int

	Lengths [65]int64 // how many integers from 0 on have so many bits
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
	for i, count := range other.Lengths {
		s.Lengths[i] += count
	}
	return Samples{s.Integers.join(other.Integers), s.Floats.join(other.Floats),
		max(s.Declared, other.Declared), s.Lengths}
}

// Samples sums up the raster's own deep samples. NaN and infinity are an error that says where.
func (r *Raster) Samples() (Samples, error) {
	if r.Deep == nil {
		return Samples{}, nil
	}
	if err := r.finite(); err != nil {
		return Samples{}, err
	}
	low, high := limits(r.Deep)
	extremes := Extremes{1, low, high}
	if r.Bits == 0 {
		return Samples{Floats: extremes}, nil
	}
	s := Samples{Integers: extremes}
	if r.Bits < 16 {
		s.Declared = r.Bits
	}
	for _, value := range r.Deep {
		if value >= 0 {
			s.Lengths[bits.Len64(uint64(value))]++
		}
	}
	return s, nil
}

// finite says where the first float is that is no number.
func (r *Raster) finite() error {
	if r.Bits > 0 {
		return nil
	}
	for i, value := range r.Deep {
		if difference := value - value; difference != 0 { // NaN, of infinity too
			pixel := i / r.Channels
			return fmt.Errorf("it holds %v in row %d, column %d", value, pixel/r.Width, pixel%r.Width)
		}
	}
	return nil
}

// Depth is the scale for all photos: integers of as many bits as asked for, or if that is 0 of the
// fewest common bits that hold all samples. Floats take [0,1], [-1,1] or twice, 4, 8, 16 times that if
// it holds all of them, whatever is asked for, and are taken for integers else.
func (s Samples) Depth(asked int) Depth {
	var depth Depth
	if s.Integers.Photos > 0 {
		depth.Integers = rangeOfIntegers(s.Integers.Low, s.Integers.High)
		if declared := rangeOfBits(s.Declared, s.Integers.Low < 0); declared.High > depth.Integers.High {
			depth.Integers = declared
		}
		if asked > 0 {
			depth.Integers = rangeOfBits(asked, s.Integers.Low < 0)
		}
	}
	if s.Floats.Photos > 0 {
		depth.Floats = rangeOfFloats(s.Floats.Low, s.Floats.High)
		if asked > 0 && !depth.Floats.small() {
			depth.Floats = rangeOfBits(asked, s.Floats.Low < 0)
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
		if part.by == depth.Integers {
			line += s.strays(depth.Integers)
		}
		lines = append(lines, line)
	}
	return lines
}

// strays says if hardly a value needs the range: dead pixels, or a frame drawn in white, would make
// the rest dark.
func (s Samples) strays(by Range) string {
	const few = 10000 // in as many values one may be a stray
	total := int64(0)
	for _, count := range s.Lengths {
		total += count
	}
	for _, common := range commonBits {
		beyond := int64(0)
		for _, count := range s.Lengths[common+1:] {
			beyond += count
		}
		if below := rangeOfBits(common, false); below.High < by.High && beyond > 0 && beyond <= total/few {
			return fmt.Sprintf(" (of %d values only %d exceed %.0f: with dead pixels, give --bits %d)",
				total, beyond, below.High, common)
		}
	}
	return ""
}

// String is as in "12-bit values, 0 to 4095".
func (r Range) String() string {
	if r.small() {
		return fmt.Sprintf("values from %g to %g", r.Low, r.High)
	}
	// A range is one less than a power of two, which the rounding makes up for.
	return fmt.Sprintf("%.0f-bit values, %.0f to %.0f", math.Log2(r.High-r.Low), r.Low, r.High)
}
