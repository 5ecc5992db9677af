package mutual

import (
	"context"
	"fmt"
	"math"
	"testing"

	"musc/engine/features"
)

// BenchmarkPatchScores is Eq. 1 to 3 on a ViT-S/14 at 224 pixels, degrees 1, 3 and 5, one stage.
// The products alone are N(N-1)/2 * 2 P^2 C operations a degree: GFLOP/s counts only those.
func BenchmarkPatchScores(b *testing.B) {
	for _, plan := range []Plan{{}, {TileImages: 4}, {TileImages: 1}} {
		b.Run(fmt.Sprintf("tile=%d", plan.TileImages), func(b *testing.B) {
			shape := features.Shape{Stages: 1, Images: 16, Height: 16, Width: 16, Channels: 384}
			benchmark(b, &Problem{Images: look(b, shape, 1), Plan: plan})
		})
	}
}

// BenchmarkElpv is the 37 solar cells of ELPV: four stages.
func BenchmarkElpv(b *testing.B) {
	shape := features.Shape{Stages: 4, Images: 37, Height: 16, Width: 16, Channels: 384}
	benchmark(b, &Problem{Images: look(b, shape, 1)})
}

func benchmark(b *testing.B, problem *Problem) {
	problem.Degrees, problem.Interval = []int{1, 3, 5}, Interval{0, 0.3}
	for b.Loop() {
		if _, err := (CPU{}).PatchScores(context.Background(), problem); err != nil {
			b.Fatal(err)
		}
	}
	shape := problem.Images.Shape()
	pairs := float64(shape.Stages * 3 * shape.Images * (shape.Images - 1) / 2)
	patches := float64(shape.Patches())
	perSecond := pairs * 2 * patches * patches * float64(shape.Channels) *
		float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond/1e9, "GFLOP/s")
}

func BenchmarkIntervalAverage(b *testing.B) {
	const images, patches = 200, 1369
	distances := make([]float32, images*patches)
	for k := range distances {
		distances[k] = float32(k*7919%104729) / 104729
	}
	scores, scratch := make([]float64, patches), make([]uint32, blockPatches*images)
	averaging := &averaging{distances: distances, values: patches, scratch: scratch,
		bounds: Interval{0, 0.3}.Bounds}
	for b.Loop() {
		averaging.into(scores, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*images*patches), "ns/value")
}

// One image by references that are in memory, beside the same by CPU, which prepares them each time.
func BenchmarkPrepared(b *testing.B) {
	for _, references := range []int{100, 300} {
		shape := features.Shape{Stages: 2, Images: references, Height: 16, Width: 16, Channels: 384}
		problem := &Problem{References: look(b, shape, 1), Degrees: paper, Interval: lowest,
			ReferencesOnly: true, ReferencesInterval: true}
		shape.Images = 1
		problem.Images = look(b, shape, 2)
		p, err := NewPrepared(context.Background(), problem, 2, math.MaxInt64, nil)
		if err != nil {
			b.Fatal(err)
		}
		bytes := p.Bytes()
		b.Run(fmt.Sprint(references, " prepared"), func(b *testing.B) {
			for b.Loop() {
				if _, err := p.PatchScores(context.Background(), problem.Images, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(bytes)/1e6, "MB")
		})
		p.Close()
		b.Run(fmt.Sprint(references, " anew"), func(b *testing.B) {
			for b.Loop() {
				if _, err := (CPU{Threads: 2}).PatchScores(context.Background(), problem); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkClassTokens is Eq. 1 and 2 of images of one patch, ViT-B's class tokens.
func BenchmarkClassTokens(b *testing.B) {
	for _, images := range []int{400, 1725} {
		b.Run(fmt.Sprint(images), func(b *testing.B) {
			shape := features.Shape{Stages: 1, Images: images, Height: 1, Width: 1, Channels: 768}
			problem := &Problem{Images: look(b, shape, 1), Degrees: []int{1}, Interval: lowest}
			for b.Loop() {
				if _, err := (CPU{}).PatchScores(context.Background(), problem); err != nil {
					b.Fatal(err)
				}
			}
			pairs := float64(images) * float64(images-1) / 2
			b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/pairs, "ns/pair")
		})
	}
}
