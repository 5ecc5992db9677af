// Package cpu computes mutual scoring between two images on one core: for every patch of one image
// the distance to the nearest patch of the other, both ways, for all aggregation degrees, from a
// single matrix product that is never stored.
//
// With L2-normalised aggregated tokens a_p of image A and b_q of image B,
//
//	|| a_p - b_q ||^2 = 2 - 2 a_p . b_q
//
// so the nearest patch is the one with the greatest inner product; the product of all patches of
// two images serves both directions (MuSc, Eq. 1). Aggregation is linear, so the products of
// degree r are box filters, along the grid axes of both images, of those of degree 1:
//
//	(B_r X_a)(B_r X_b)^t = B_r (X_a X_b^t) B_r^t    divided by the norms of the aggregated tokens
//
// Products are taken in the fastest precision the processor has, down to 8-bit integers; all
// patches between which rounding may have decided are then compared in float32, directly.
//
// Patches may take no part, and pairs may have to be near each other on the grid: what no pair that
// counts needs is not computed.
//
// The work is done in C with SIMD, at the best level the processor has (see Level). SIMD.md tells
// how; definition.go says what, readably and in float64. A Search belongs to one goroutine:
// callers run pairs of images in parallel.
package cpu
