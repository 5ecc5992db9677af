package rscin

import (
	"math"
	"math/rand/v2"
)

// batches are class tokens that make a search in float32 go wrong, each [n,d].
var batches = map[string]func(random *rand.Rand, n, d int) []float32{
	"random": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return random.NormFloat64() })
	},
	"look-alikes": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return float64(c%7) + 0.1*random.NormFloat64() })
	},
	"duplicates": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return math.Sin(float64(i%5*d + c)) })
	},
	"near duplicates": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 {
			return math.Sin(float64(i%3*d+c)) * (1 + 1e-7*random.NormFloat64())
		})
	},
	"all alike": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return 0.3 + float64(c) })
	},
	"growing similarity": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return math.Cos(float64(i*c) / float64(n*d)) })
	},
	"huge": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return 1e30 * random.NormFloat64() })
	},
	"tiny": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return 1e-30 * random.NormFloat64() })
	},
	"of every size": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 {
			return random.NormFloat64() * math.Pow(10, float64(i%75)-38)
		})
	},
	"a few are huge": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 {
			if i%50 == 7 {
				return 1e25 * random.NormFloat64()
			}
			return random.NormFloat64()
		})
	},
	"opposite": func(random *rand.Rand, n, d int) []float32 { // most similarities are negative
		return tokensOf(n, d, func(i, c int) float64 {
			return (1 - 2*float64(i%2)) * (1 + random.Float64()*float64(1+i%2))
		})
	},
	"small integers": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return float64(random.IntN(3)) })
	},
	"zeros": func(random *rand.Rand, n, d int) []float32 {
		return tokensOf(n, d, func(i, c int) float64 { return 0 })
	},
}

func tokensOf(n, d int, entry func(i, c int) float64) []float32 {
	tokens := make([]float32, n*d)
	for k := range tokens {
		tokens[k] = float32(entry(k/d, k%d))
	}
	return tokens
}
