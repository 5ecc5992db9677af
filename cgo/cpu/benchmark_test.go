package cpu

import (
	"fmt"
	"testing"
	"time"
)

// ViT-S/14 at 224 and 518, ViT-B/16 at 512, ViT-L/14 at 518, class tokens.
var shapes = []Shape{
	grid(16, 16, 384, 0, 1, 2), grid(37, 37, 384, 0, 1, 2), grid(32, 32, 768, 0, 1, 2),
	grid(37, 37, 1024, 0, 1, 2), grid(1, 1, 768, 0),
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

// One pair of images at each level: `of-ceiling` is the product alone, 2 P P C operations and no
// padding, in its fastest iteration, against the fastest run of the multiply-add loop in the same
// process; `of-product` is the whole search, three degrees and both directions, in products.
func BenchmarkDistances(b *testing.B) {
	for _, shape := range shapes {
		eachLevel(b, func() {
			b.Run(fmt.Sprintf("%dx%dx%d/%s", shape.Height, shape.Width, shape.Channels, Level()),
				func(b *testing.B) { benchmark(b, shape) })
		})
	}
}

func benchmark(b *testing.B, shape Shape) {
	x, y := lookAlikes(1, shape)
	centre, search := centreOf(shape, x, y), NewSearch(shape)
	imageX, imageY := make([]float32, shape.ImageLen()), make([]float32, shape.ImageLen())
	var prepare, product, whole, ceiling time.Duration
	var operations int64
	for range 3 {
		prepare = fastest(prepare, func() { search.Prepare(imageX, x, nil, centre) })
	}
	search.Prepare(imageY, y, nil, centre)
	rows := make([]float32, len(shape.Radii)*shape.Patches())
	columns := make([]float32, len(rows))
	for b.Loop() {
		ceiling = fastest(ceiling, func() { operations = Ceiling(20_000) })
		product = fastest(product, func() { search.Products(imageX, imageY) })
		whole = fastest(whole, func() { search.Distances(rows, columns, imageX, imageY) })
	}
	patches := float64(shape.Patches())
	work := 2 * patches * patches * float64(shape.Channels)
	b.ReportMetric(work/product.Seconds()/(float64(operations)/ceiling.Seconds()), "of-ceiling")
	b.ReportMetric(whole.Seconds()/product.Seconds(), "of-product")
	b.ReportMetric(whole.Seconds()*1e3, "ms")
	b.ReportMetric(prepare.Seconds()*1e3, "prepare-ms")
}
