package rscin

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// The 9 nearest of 4,096 images among 65,536 on all cores; Read copies memory. `of-gemm` is the
// rate against that of gonum's float64 product alone, 256 rows and 4,096 columns, in the same
// process; `exact` is how many entries of a row were computed in float64, `hours/million` what all
// rows of a million images would take at this rate.
func BenchmarkNearest(b *testing.B) {
	const n, count, k = 1 << 16, blockRows, 9
	for _, d := range []int{384, 1024} {
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			tokens := tokensOfKinds(n, d)
			var exact int64
			var nearest, gemm time.Duration
			for b.Loop() {
				gemm = fastest(gemm, func() { multiplyByGemm(tokens, d) })
				nearest = fastest(nearest, func() {
					if _, err := Nearest(b.Context(), InMemory(tokens, d), 0, count, k, Options{
						Threads: runtime.GOMAXPROCS(0), count: func(n int64) { exact = n },
					}); err != nil {
						b.Fatal(err)
					}
				})
			}
			rate := 2 * count * n * float64(d) / nearest.Seconds()
			gemmRate := 2 * gemmRows * gemmColumns * float64(d) / gemm.Seconds()
			b.ReportMetric(rate/1e9, "GFLOP/s")
			b.ReportMetric(rate/gemmRate, "of-gemm")
			b.ReportMetric(count/nearest.Seconds(), "rows/s")
			b.ReportMetric(float64(exact)/count, "exact/row")
			b.ReportMetric(1e12/(rate/2/float64(d))/3600, "hours/million")
		})
	}
}

// gemmColumns is how many columns are enough to tell the rate of gonum's product.
const gemmColumns = 4096

func multiplyByGemm(tokens []float32, d int) {
	wide := make([]float64, gemmColumns*d)
	widen(wide, tokens[:len(wide)])
	all := blas64.General{Rows: gemmColumns, Cols: d, Stride: d, Data: wide}
	rows := all
	rows.Rows = gemmRows
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, rows, all, 0, blas64.General{Rows: gemmRows,
		Cols: gemmColumns, Stride: gemmColumns, Data: make([]float64, gemmRows*gemmColumns)})
}

// tokensOfKinds are class tokens as photos of one product have them: much in common, a few kinds,
// and what is an image's own.
func tokensOfKinds(n, d int) []float32 {
	const kinds = 50
	random := rand.New(rand.NewPCG(7, 8))
	kind := make([]float32, (kinds+1)*d)
	for k := range kind {
		kind[k] = float32(random.NormFloat64())
	}
	tokens := make([]float32, n*d)
	for k := range tokens {
		c := k % d
		own := float32(random.NormFloat64())
		tokens[k] = kind[c] + 0.3*kind[(1+k/d%kinds)*d+c] + 0.2*own
	}
	return tokens
}

// fastest returns the least of the time so far and that of one call.
func fastest(least time.Duration, call func()) time.Duration {
	start := time.Now()
	call()
	if d := time.Since(start); least == 0 || d < least {
		return d
	}
	return least
}

// A whole batch of the size of a folder of photos, against the definition.
func BenchmarkRescore(b *testing.B) {
	const n, d = 2000, 768
	tokens, scores, windows := tokensOfKinds(n, d), make([]float64, n), []int{2, 3}
	for i := range scores {
		scores[i] = float64(i)
	}
	var ours, definition time.Duration
	for b.Loop() {
		definition = fastest(definition, func() {
			if _, err := rescoreByGemm(scores, tokens, n, d, windows); err != nil {
				b.Fatal(err)
			}
		})
		ours = fastest(ours, func() {
			if _, err := Rescore(scores, tokens, n, d, windows); err != nil {
				b.Fatal(err)
			}
		})
	}
	b.ReportMetric(ours.Seconds()*1e3, "ms")
	b.ReportMetric(definition.Seconds()/ours.Seconds(), "of-definition")
}
