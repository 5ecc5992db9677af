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

// CheckFinite returns a *NonFinite for the first value of one image and stage that is NaN or
// infinite, else nil. Scores of a batch with such a value mean nothing: every image is compared
// with every other.
func (s *Store) CheckFinite(stage, image int) error {
	const exponent = 0x7f800000 // all ones in NaN and the infinities, in nothing else
	for k, value := range s.Tokens(stage, image) {
		if math.Float32bits(value)&exponent == exponent {
			return &NonFinite{stage, image, k / s.shape.Channels, k % s.shape.Channels, value}
		}
	}
	return nil
}
