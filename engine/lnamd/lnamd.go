package lnamd

import "math"

// Normalise writes the normalised patch tokens of one image and stage to dst; dst and tokens are
// [P,C] and may be the same. Mean and variance are taken in float64: one channel of a vision
// transformer is often a hundred times larger than the others.
func Normalise(dst, tokens []float32) {
	mean := sum(tokens) / float64(len(tokens))
	scale := 1 / math.Sqrt(sumSquares(tokens, mean)/float64(len(tokens))+Epsilon)
	dst = dst[:len(tokens)]
	for k, x := range tokens {
		dst[k] = float32((float64(x) - mean) * scale)
	}
}

// Aggregate writes the aggregated patch tokens of one image, stage and degree to dst; dst and
// normalised are [height*width, channels] and must not overlap.
//
// The window sum is taken along columns, then along rows: 2r instead of r^2 additions. The divisor
// r^2 is left out, for the L2 normalisation cancels it.
func Aggregate(dst, normalised []float32, height, width, channels, degree int) {
	half := degree / 2
	stride := width * channels
	var columns []float32 // one grid row of sums along the columns, [width, channels]
	if half > 0 {
		columns = make([]float32, stride)
	}
	for h := range height {
		if half > 0 {
			first, last := max(h-half, 0), min(h+half, height-1)
			addRuns(columns, normalised[first*stride:], stride, last-first+1)
		} else {
			columns = normalised[h*stride:][:stride]
		}
		for w := range width {
			pooled := dst[h*stride+w*channels:][:channels]
			first, last := max(w-half, 0), min(w+half, width-1)
			addRuns(pooled, columns[first*channels:], channels, last-first+1)
			unitLength(pooled)
		}
	}
}

// addRuns adds up count runs of len(dst) values that begin stride values apart in src. Each sum is
// taken from the first run to the last; two runs a pass halve the traffic to dst.
func addRuns(dst, src []float32, stride, count int) {
	run := func(k int) []float32 { return src[k*stride:][:len(dst)] }
	if count == 1 {
		copy(dst, run(0))
		return
	}
	a, b := run(0), run(1)
	if count == 2 {
		for c := range dst {
			dst[c] = a[c] + b[c]
		}
		return
	}
	third := run(2)
	for c := range dst {
		dst[c] = a[c] + b[c] + third[c]
	}
	at := 3
	for ; at+2 <= count; at += 2 {
		a, b = run(at), run(at+1)
		for c := range dst {
			dst[c] = dst[c] + a[c] + b[c]
		}
	}
	if at < count {
		a = run(at)
		for c := range dst {
			dst[c] += a[c]
		}
	}
}

// unitLength divides a token by its L2 norm; a zero token stays zero.
func unitLength(token []float32) {
	norm := math.Sqrt(sumSquares(token, 0))
	if norm == 0 {
		return
	}
	scale := float32(1 / norm)
	for c := range token {
		token[c] *= scale
	}
}

// sum adds in float64, in four interleaved parts so that the additions need not wait for each
// other; the order is fixed.
func sum(values []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(values) >= 4; values = values[4:] {
		s0 += float64(values[0])
		s1 += float64(values[1])
		s2 += float64(values[2])
		s3 += float64(values[3])
	}
	for _, x := range values {
		s0 += float64(x)
	}
	return (s0 + s1) + (s2 + s3)
}

// sumSquares adds (x - mean)^2 in the way of sum.
func sumSquares(values []float32, mean float64) float64 {
	var s0, s1, s2, s3 float64
	for ; len(values) >= 4; values = values[4:] {
		d0, d1 := float64(values[0])-mean, float64(values[1])-mean
		d2, d3 := float64(values[2])-mean, float64(values[3])-mean
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for _, x := range values {
		d := float64(x) - mean
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}
