package imageio

import "math"

// Range is what the values of deep samples may be: Low becomes 0 and High 255. A small one, up to
// [0,16] or [-16,16], is that of floats, whose levels are rounded; all others are those of integers
// of 8 bits or more, and a level is their highest 8 bits: value >> (bits-8). The zero Range stands
// for none.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (r Range) small() bool { return r.High <= 16 }

// Depth is how samples of more than 8 bits are brought to 8: the same for all photos of a batch,
// since a defect must not change the scale of its own photo. The zero Depth takes each file by
// itself: integers by the bits that it declares, floats by the values that it holds.
type Depth struct {
	Integers Range `json:"integers,omitzero"`
	Floats   Range `json:"floats,omitzero"`
}

// of is the range for the raster's deep samples.
func (d Depth) of(r *Raster) Range {
	chosen := d.Integers
	if r.Bits == 0 {
		chosen = d.Floats
	}
	if chosen != (Range{}) {
		return chosen
	}
	low, high := limits(r.Deep)
	if r.Bits == 0 {
		return rangeOfFloats(low, high)
	}
	return rangeOfBits(r.Bits, low < 0)
}

// limits are the smallest and the largest of values, NaN apart.
func limits(values []float32) (low, high float64) {
	smallest, largest := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, value := range values {
		if value == value {
			smallest, largest = min(smallest, value), max(largest, value)
		}
	}
	return float64(smallest), float64(largest)
}

// rangeOfBits is that of integers of so many bits; negative says that they are signed.
func rangeOfBits(bits int, negative bool) Range {
	count := math.Ldexp(1, bits)
	if negative {
		return Range{-count / 2, count/2 - 1}
	}
	return Range{0, count - 1}
}

// commonBits are the depths in which cameras and programs store: the smallest that holds all
// values is taken for theirs.
var commonBits = []int{8, 10, 12, 14, 16, 24, 32}

// rangeOfIntegers is the smallest common one that holds low to high.
func rangeOfIntegers(low, high float64) Range {
	for _, bits := range commonBits {
		if r := rangeOfBits(bits, low < 0); r.holds(low, high) {
			return r
		}
	}
	_, power := math.Frexp(max(math.Abs(low), math.Abs(high)))
	if low < 0 {
		power++
	}
	return rangeOfBits(power, low < 0)
}

// rangeOfFloats is [0,1] or [-1,1] if that holds all values, else the same times 2, 4, 8 or 16: no
// photo of integers is as dark as that. Beyond them it is the range that integers have.
func rangeOfFloats(low, high float64) Range {
	for top := 1.0; top <= 16; top *= 2 {
		for _, small := range []Range{{0, top}, {-top, top}} {
			if small.holds(low, high) {
				return small
			}
		}
	}
	return rangeOfIntegers(math.Floor(low), math.Floor(high))
}

func (r Range) holds(low, high float64) bool { return low >= r.Low && high <= r.High }

// levels are the 8-bit levels of values, those beyond the range at its ends. NaN is 0.
func (r Range) levels(values []float32) []uint8 {
	scale, half := 256/(r.High-r.Low+1), 0.0 // of integers: powers of two, so nothing is rounded
	if r.small() {
		scale, half = 255/(r.High-r.Low), 0.5
	}
	out := make([]uint8, len(values))
	for i, value := range values {
		if value == value {
			level := (float64(value)-r.Low)*scale + half
			out[i] = uint8(min(max(level, 0), 255))
		}
	}
	return out
}
