package cpu

import "math"

// This file is what the C code computes, readably and in float64. Tests compare the two; nothing
// else calls it.

// epsilon is added to the variance of an image's tokens (SPEC section 3).
const epsilon = 1e-5

// defineTokens is LNAMD: the aggregated tokens [R,P,C] of raw tokens [P,C].
func defineTokens(shape Shape, raw []float32) [][][]float64 {
	tokens := make([][][]float64, len(shape.Radii))
	for r, radius := range shape.Radii {
		for _, token := range defineSums(shape, raw, radius) {
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

// defineSums normalises raw tokens [P,C] as a whole and adds them up over each patch's window.
func defineSums(shape Shape, raw []float32, radius int) [][]float64 {
	mean, variance := 0.0, 0.0
	for _, x := range raw {
		mean += float64(x)
	}
	mean /= float64(len(raw)) // exact if all are equal: they become zeros
	for _, x := range raw {
		variance += (float64(x) - mean) * (float64(x) - mean) / float64(len(raw))
	}
	sums := make([][]float64, shape.Patches())
	for p := range sums {
		sums[p] = make([]float64, shape.Channels)
		for q := range shape.Patches() {
			if !inWindow(shape, p, q, radius) {
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

// defineDistances is the distance of each patch of a to the nearest of b, [R][P], of tokens that
// defineTokens returned.
func defineDistances(a, b [][][]float64) [][]float64 {
	distances := make([][]float64, len(a))
	for r := range a {
		for _, x := range a[r] {
			least := math.Inf(1)
			for _, y := range b[r] {
				least = min(least, distance(x, y))
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
