// Package cpu computes mutual scoring between two images on one core: for every patch of one image
// the nearest patch of the other, both ways, from a single matrix product that is never stored.
//
// With L2-normalised patches a_p of image A and b_q of image B (P_A and P_B of them, C channels),
//
//	|| a_p - b_q ||^2 = 2 - 2 a_p . b_q
//
// so the nearest patch is the one with the greatest inner product:
//
//	rowNearest(p) = argmax over q of a_p . b_q    scores A by B
//	colNearest(q) = argmax over p of a_p . b_q    scores B by A
//
// (MuSc, Eq. 1). MutualNearest finds both in float32, and Distances then takes the distance of each
// winning pair from the features, exact to float32: sqrt(2 - 2 cos) would have lost digits where
// patches nearly coincide.
//
// The work is done in C with SIMD, at the best level the processor has (see Level). SIMD.md tells
// how; definition.go says what, readably and in float64. Every function is single-threaded and
// keeps no state: callers run pairs of images in parallel.
package cpu
