package cpu

import "math"

// This file is what the C code computes, readably and in float64. Tests compare the two; nothing
// else calls it.

// epsilon is added to the variance of an image's tokens (SPEC section 3).
const epsilon = 1e-5

// defineTokens is LNAMD: the aggregated tokens [R,P,C] of raw tokens [P,C]. Active [P] tells which
// patches take part; nil: all do. The tokens of the others are nil.
func defineTokens(shape Shape, raw []float32, active []bool) [][][]float64 {
	tokens := make([][][]float64, len(shape.Radii))
	for r, radius := range shape.Radii {
		for p, token := range defineSums(shape, raw, active, radius) {
			if !takesPart(active, p) {
				tokens[r] = append(tokens[r], nil)
				continue
			}
			if norm := distance(token, make([]float64, shape.Channels)); norm > 0 {
				for c := range token {
					token[c] /= norm
				}
			}
			tokens[r] = append(tokens[r], token)
		}
	}
	return tokens
}

// takesPart tells whether a patch is active.
func takesPart(active []bool, patch int) bool { return active == nil || active[patch] }

// defineSums normalises the active ones of raw tokens [P,C] as a whole and adds them up over each
// patch's window.
func defineSums(shape Shape, raw []float32, active []bool, radius int) [][]float64 {
	var values []float32
	for p := range shape.Patches() {
		if takesPart(active, p) {
			values = append(values, raw[p*shape.Channels:][:shape.Channels]...)
		}
	}
	mean, variance := 0.0, 0.0
	for _, x := range values {
		mean += float64(x)
	}
	mean /= float64(len(values)) // exact if all are equal: they become zeros
	for _, x := range values {
		variance += (float64(x) - mean) * (float64(x) - mean) / float64(len(values))
	}
	sums := make([][]float64, shape.Patches())
	for p := range sums {
		sums[p] = make([]float64, shape.Channels)
		for q := range shape.Patches() {
			if !takesPart(active, q) || !inWindow(shape, p, q, radius) {
				continue
			}
			for c, x := range raw[q*shape.Channels:][:shape.Channels] {
				sums[p][c] += (float64(x) - mean) / math.Sqrt(variance+epsilon)
			}
		}
	}
	return sums
}

// inWindow tells whether patch q is in the window around patch p.
func inWindow(shape Shape, p, q, radius int) bool {
	dy, dx := p/shape.Width-q/shape.Width, p%shape.Width-q%shape.Width
	return max(dy, -dy) <= radius && max(dx, -dx) <= radius
}

// defineDistances is the distance of each patch of a to the nearest of b that counts, [R][P], of
// tokens that defineTokens returned: infinite where none does.
func defineDistances(shape Shape, a, b [][][]float64) [][]float64 {
	distances := make([][]float64, len(a))
	for r := range a {
		for p, x := range a[r] {
			least := math.Inf(1)
			for q, y := range b[r] {
				near := shape.Near == 0 || inWindow(shape, p, q, shape.Near)
				if near && x != nil && y != nil {
					least = min(least, distance(x, y))
				}
			}
			distances[r] = append(distances[r], least)
		}
	}
	return distances
}

// distance is || x - y ||.
func distance(x, y []float64) float64 {
	sum := 0.0
	for c := range x {
		sum += (x[c] - y[c]) * (x[c] - y[c])
	}
	return math.Sqrt(sum)
}

// defineInnerProducts is the matrix product of rows a [rows,d] and b [columns,d], and of every entry
// the sum of the absolute values of its terms.
func defineInnerProducts(a, b []float32, d int) (products, sizes []float64) {
	for ; len(a) > 0; a = a[d:] {
		for rest := b; len(rest) > 0; rest = rest[d:] {
			sum, size := 0.0, 0.0
			for c := range d {
				term := float64(a[c]) * float64(rest[c])
				sum += term
				size += math.Abs(term)
			}
			products, sizes = append(products, sum), append(sizes, size)
		}
	}
	return products, sizes
}
