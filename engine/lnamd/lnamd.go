package lnamd

import "math"

// Moments returns the mean of all P*C raw values of one image and stage, and by how much they are
// multiplied after it is subtracted, 1 / sqrt(variance + epsilon). Both are taken in float64: one
// channel of a vision transformer is often a hundred times larger than the others.
func Moments(tokens []float32) (mean, scale float64) {
	total := sum(tokens, func(x float64) float64 { return x })
	mean = total / float64(len(tokens))
	squares := sum(tokens, func(x float64) float64 { return (x - mean) * (x - mean) })
	return mean, 1 / math.Sqrt(squares/float64(len(tokens))+epsilon)
}

// sum adds up a term of every value, in four interleaved parts so that the additions need not wait
// for each other; the order is fixed.
func sum(values []float32, term func(x float64) float64) float64 {
	var s0, s1, s2, s3 float64
	for ; len(values) >= 4; values = values[4:] {
		s0 += term(float64(values[0]))
		s1 += term(float64(values[1]))
		s2 += term(float64(values[2]))
		s3 += term(float64(values[3]))
	}
	for _, x := range values {
		s0 += term(float64(x))
	}
	return (s0 + s1) + (s2 + s3)
}
