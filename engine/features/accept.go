package features

import (
	"fmt"
	"math"
)

// NonFinite is the error for a patch token that holds NaN or an infinity: where it is (counted
// from 0) and what it holds. The caller knows which file the image came from.
type NonFinite struct {
	Stage, Image, Patch, Channel int
	Value                        float32
}

// Error names the place.
func (e *NonFinite) Error() string {
	return fmt.Sprintf("the backbone gave %v at stage %d, patch %d, channel %d of image %d",
		e.Value, e.Stage, e.Patch, e.Channel, e.Image)
}

// Faint is the error for a patch token that is so much smaller than the others of its image that
// floats cannot hold the products of both: Ratio is its largest value by the image's.
type Faint struct {
	Stage, Image, Patch int
	Ratio               float64
}

// Error names the place.
func (e *Faint) Error() string {
	return fmt.Sprintf("patch %d of image %d, stage %d, is %.0e of the size of the image's largest "+
		"values", e.Patch, e.Image, e.Stage, e.Ratio)
}

// An image whose largest value is beyond the first two is not left as it is, and one in which a token
// is smaller than the third of it is not scored. Those of a vision transformer are far within them.
const (
	leastLargest = 0x1p-32
	mostLargest  = 0x1p+32
	leastOfImage = 0x1p-60
)

// Accept makes the tokens of one image and stage ready to be scored, once they are all there. The
// scorers' floats hold the squares and reciprocals of values of ordinary size: an image whose
// values are all tiny, or huge, is multiplied by the power of two that brings the largest to 1 to 2.
// LNAMD divides by the norm, so that the scores stay what they are.
//
// The first value that is NaN or infinite is a *NonFinite: scores of a batch with it mean nothing,
// since every image is compared with every other. A patch that is too small beside its image is a
// *Faint, unless the image's mean, which is subtracted from all patches, is not small beside it.
//
// Patches that take no part are not looked at, and become zeros.
func (s *Store) Accept(stage, image int) error {
	const infinite = 0x7f800000 // the bits of infinity; those of NaN are more, without the sign
	tokens, channels := s.Tokens(stage, image), s.shape.Channels
	active := s.clearInactive(stage, image)
	// The bits of floats without a sign are in the floats' order.
	largest, least, faintest := uint32(0), uint32(infinite), 0
	for first := 0; first < len(tokens); first += channels {
		size := uint32(0)
		for _, value := range tokens[first : first+channels] {
			size = max(size, math.Float32bits(value)&^(1<<31))
		}
		if size >= infinite {
			return s.nonFinite(stage, image)
		}
		largest = max(largest, size)
		if size > 0 && size < least {
			least, faintest = size, first/channels
		}
	}
	if largest == 0 {
		return nil
	}
	size := float64(math.Float32frombits(largest))
	ratio := float64(math.Float32frombits(least)) / size
	if ratio < leastOfImage && math.Abs(sum(tokens))/float64(active*channels) < leastOfImage*size {
		return &Faint{stage, image, faintest, ratio}
	}
	if power := lift(size); power != 0 {
		for k, value := range tokens {
			tokens[k] = float32(math.Ldexp(float64(value), power))
		}
	}
	return nil
}

// lift is the power of two that brings an image's largest value to 1 to 2, or 0 where it is of
// ordinary size or not finite. For zero it is any: zeros stay zeros.
func lift(largest float64) (power int) {
	if !math.IsInf(largest, 0) && (largest < leastLargest || largest > mostLargest) {
		power = -math.Ilogb(largest)
	}
	return power
}

// Narrow rounds the tokens of one image and stage to dst, of the same length. Where their values are
// beyond what floats hold, or below, they are multiplied by a power of two as Accept does it.
func Narrow(dst []float32, tokens []float64) {
	largest := 0.0
	for _, value := range tokens {
		largest = max(largest, math.Abs(value)) // NaN if any is
	}
	power := lift(largest)
	for k, value := range tokens {
		dst[k] = float32(math.Ldexp(value, power))
	}
}

// nonFinite is the error for the first value of an image and stage that is NaN or infinite.
func (s *Store) nonFinite(stage, image int) error {
	for k, value := range s.Tokens(stage, image) {
		if x := float64(value); math.IsNaN(x) || math.IsInf(x, 0) {
			return &NonFinite{stage, image, k / s.shape.Channels, k % s.shape.Channels, value}
		}
	}
	return nil
}

// clearInactive makes the tokens of the patches zero that take no part, and says how many do.
func (s *Store) clearInactive(stage, image int) (active int) {
	mask, channels := s.Active(image), s.shape.Channels
	if mask == nil {
		return s.shape.Patches()
	}
	tokens := s.Tokens(stage, image)
	for p, is := range mask {
		if is {
			active++
		} else {
			clear(tokens[p*channels:][:channels])
		}
	}
	return active
}

// sum is that of all values.
func sum(values []float32) float64 {
	sum := 0.0
	for _, value := range values {
		sum += float64(value)
	}
	return sum
}
