package cpu

import (
	"fmt"
	"testing"
	"time"
)

// The product of 384 class tokens with 2,048 at each float32 level, as a share of the fastest run
// of the multiply-add loop in the same process; pack-share is Pack in products.
func BenchmarkInnerProducts(b *testing.B) {
	const rows, columns = 384, 2048
	for _, d := range []int{384, 768, 1024} {
		eachLevel(b, func() {
			if active != portable && active != avx2 && active != avx512 {
				return // the same code as one of these
			}
			b.Run(fmt.Sprintf("%d/%s", d, Level()), func(b *testing.B) {
				x, y := make([]float32, rows*d), make([]float32, columns*d)
				packed, dst := make([]float32, PackedLen(columns, d)), make([]float32, rows*columns)
				var pack, product, ceiling time.Duration
				var operations int64
				for b.Loop() {
					ceiling = fastest(ceiling, func() { operations = Ceiling(20_000) })
					pack = fastest(pack, func() { Pack(packed, y, d) })
					product = fastest(product, func() { InnerProducts(dst, x, packed, columns, d) })
				}
				work := 2 * rows * columns * float64(d)
				b.ReportMetric(work/product.Seconds()/(float64(operations)/ceiling.Seconds()),
					"of-ceiling")
				b.ReportMetric(work/product.Seconds()/1e9, "GFLOP/s")
				b.ReportMetric(pack.Seconds()/product.Seconds(), "pack-share")
			})
		})
	}
}
