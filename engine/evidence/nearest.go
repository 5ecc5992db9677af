package evidence

import (
	"math"

	"musc/cgo/cpu"
)

// finder finds the nearest patches of one image for all queries at once. It belongs to one goroutine.
type finder struct {
	products []float32 // [P,K]
	limits   []float32 // [K]
	squared  []float64 // [K], of the nearest patch so far
	patches  []int     // [K]
}

func newFinder(patches, queries int) finder {
	return finder{make([]float32, patches*queries), make([]float32, queries),
		make([]float64, queries), make([]int, queries)}
}

// tokensSlack is more than the lengths of tokens, which should be 1, change of half a squared distance.
const tokensSlack = 1e-6

// nearest is Eq. 1 for queries [K,C], once more packed, and the tokens [P,C] of an image: the squared
// distances to the nearest patches, and which they are, the first of several. All tokens have length
// 1 or 0.
//
// counts, if not nil, says whether patch p counts for query k: where none does the squared distance is
// infinite.
//
// One matrix product of float32 tells which patches may be nearest. All whose product is so near to the
// greatest that rounding may have decided are compared directly.
func (f *finder) nearest(queries, packed, tokens []float32, channels int, counts func(k, p int) bool) {
	count := len(queries) / channels
	products := f.products[:len(tokens)/channels*count]
	cpu.InnerProducts(products, tokens, packed, count, channels)
	for at := range products {
		if counts == nil {
			break
		}
		if !counts(at%count, at/count) {
			products[at] = float32(math.NaN()) // neither above nor below anything
		}
	}
	for k := range f.limits {
		f.limits[k], f.squared[k], f.patches[k] = float32(math.Inf(-1)), math.Inf(1), 0
	}
	for at := 0; at < len(products); at += count {
		limits := f.limits
		for k, product := range products[at : at+count : at+count][:len(limits)] {
			if product > limits[k] {
				limits[k] = product
			}
		}
	}
	relative, absolute := cpu.InnerProductError(channels)
	for k := range f.limits {
		f.limits[k] -= float32(2*(relative+absolute) + tokensSlack)
	}
	for p := 0; len(tokens) > 0; p++ {
		token := tokens[:channels]
		blank := isZero(token) // without a direction: no product tells how near it is
		for k, product := range products[p*count:][:count] {
			if product >= f.limits[k] || blank && product == product {
				squared := squaredDistance(queries[k*channels:][:channels], token)
				if squared < f.squared[k] {
					f.squared[k], f.patches[k] = squared, p
				}
			}
		}
		tokens = tokens[channels:]
	}
}

func isZero(token []float32) bool {
	for _, x := range token {
		if x != 0 {
			return false
		}
	}
	return true
}

// squaredDistance is || x - y ||^2 in float64, in four interleaved sums.
func squaredDistance(x, y []float32) float64 {
	var s0, s1, s2, s3 float64
	y = y[:len(x)]
	for ; len(x) >= 4; x, y = x[4:], y[4:] {
		d0, d1 := float64(x[0]-y[0]), float64(x[1]-y[1])
		d2, d3 := float64(x[2]-y[2]), float64(x[3]-y[3])
		s0 += d0 * d0
		s1 += d1 * d1
		s2 += d2 * d2
		s3 += d3 * d3
	}
	for c, value := range x {
		d := float64(value - y[c])
		s0 += d * d
	}
	return (s0 + s1) + (s2 + s3)
}
