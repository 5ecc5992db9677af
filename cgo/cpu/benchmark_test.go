package cpu

import (
	"fmt"
	"testing"
	"time"
)

// Patches and channels of ViT-S/14 at 224 and 518, ViT-L/14 at 518, ViT-B/16 at 512, class tokens.
var shapes = [][2]int{{256, 384}, {1369, 384}, {1369, 1024}, {1024, 768}, {1, 768}}

func eachShape(b *testing.B, benchmark func(b *testing.B, patches, channels int)) {
	before := active
	defer func() { active = before }()
	for _, l := range supported() {
		active = l
		for _, s := range shapes {
			b.Run(fmt.Sprintf("%s/%dx%d", l, s[0], s[1]), func(b *testing.B) {
				benchmark(b, s[0], s[1])
			})
		}
	}
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

// fastestCeiling returns the operations a second of the fastest of n short runs of Ceiling.
func fastestCeiling(n int) float64 {
	var least time.Duration
	var operations int64
	for range n {
		least = fastest(least, func() { operations = Ceiling(100_000) })
	}
	return float64(operations) / least.Seconds()
}

// One pair of images, both directions. GFLOP/s counts 2 P P C, no padding, in the mean iteration;
// of-ceiling divides the fastest iteration by the fastest of the multiply-add loop's runs, which
// are taken before and after: both saw the machine at its least busy.
func BenchmarkMutualNearest(b *testing.B) {
	eachShape(b, func(b *testing.B, patches, channels int) {
		x := packed(randomFeatures(1, patches, channels), channels)
		y := packed(randomFeatures(2, patches, channels), channels)
		row, col := make([]int32, patches), make([]int32, patches)
		work := 2 * float64(patches) * float64(patches) * float64(channels)
		ceiling := fastestCeiling(20)
		var least time.Duration
		for b.Loop() {
			least = fastest(least, func() {
				MutualNearest(row, col, x, y, patches, patches, channels)
			})
		}
		ceiling = max(ceiling, fastestCeiling(20))
		b.ReportMetric(work*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		b.ReportMetric(work/least.Seconds()/ceiling, "of-ceiling")
	})
}

// Distances of one direction; of-product is its share of the time of the pair's product.
func BenchmarkDistances(b *testing.B) {
	eachShape(b, func(b *testing.B, patches, channels int) {
		x, y := randomFeatures(1, patches, channels), randomFeatures(2, patches, channels)
		packedX, packedY := packed(x, channels), packed(y, channels)
		row, col := make([]int32, patches), make([]int32, patches)
		distance := make([]float32, patches)
		var product, least time.Duration
		for range 5 {
			product = fastest(product, func() {
				MutualNearest(row, col, packedX, packedY, patches, patches, channels)
			})
		}
		for b.Loop() {
			least = fastest(least, func() { Distances(distance, x, y, row, channels) })
		}
		b.ReportMetric(least.Seconds()/product.Seconds(), "of-product")
	})
}

func BenchmarkPack(b *testing.B) {
	for _, s := range shapes {
		patches, channels := s[0], s[1]
		b.Run(fmt.Sprintf("%dx%d", patches, channels), func(b *testing.B) {
			x := randomFeatures(1, patches, channels)
			dst := make([]float32, PackedLen(patches, channels))
			b.SetBytes(int64(len(x)) * 4)
			for b.Loop() {
				Pack(dst, x, patches, channels)
			}
		})
	}
}
