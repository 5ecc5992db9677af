//go:build cuda && linux

package mutual

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"musc/engine/features"
	"musc/kernels"
)

// measuredImages is enough for the pairs of one search to keep a device busy for a while.
const measuredImages = 12

// worthwhile is the least that kernel Box has to win to be chosen: a near tie is the direct kernel's.
const worthwhile = 0.9

// Faster returns which of a direct kernel and kernels.Box searches images of the shape in these
// degrees faster on a device, among patches that are near each other if near is not 0. It times both
// by the device's own events, on random tokens of the same grid and channels; features that only Box
// needs count as well. The shape's number of images and stages is of no concern.
func Faster(ctx context.Context, ordinal int, direct kernels.Kernel, shape features.Shape,
	degrees []int, near int) (kernels.Kernel, error) {

	if windows := slices.Concat(windowsOf(shape, degrees)...); len(windows) < 2 {
		return direct, nil // one product is one product
	}
	shape.Images, shape.Stages = measuredImages, 1
	tokens := features.NewMemory(shape)
	defer tokens.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for image := range shape.Images {
		for k := range tokens.Tokens(0, image) {
			tokens.Tokens(0, image)[k] = float32(random.NormFloat64())
		}
	}
	problem := &Problem{Images: tokens, Degrees: degrees, Interval: Interval{0, 0.3},
		Near: near}
	var took [2]time.Duration
	for k, kernel := range []kernels.Kernel{direct, kernels.Box} {
		for range 2 { // the first run warms up
			took[k] = 0
			scorer := CUDA{Ordinals: []int{ordinal}, Kernels: []kernels.Kernel{kernel},
				Spans: func(_ int, spans []kernels.Span) {
					for _, span := range spans {
						if span.Step == kernels.Preparing || span.Step == kernels.Searching {
							took[k] += span.End - span.Begin
						}
					}
				}}
			if _, err := scorer.PatchScores(ctx, problem); err != nil {
				return direct, err
			}
		}
	}
	return faster(direct, took), nil
}

// faster is Box if it took so much less than the direct kernel.
func faster(direct kernels.Kernel, took [2]time.Duration) kernels.Kernel {
	if float64(took[1]) < worthwhile*float64(took[0]) {
		return kernels.Box
	}
	return direct
}

// choose is Box for all devices if that is chosen on every one, else their own kernels.
func (c CUDA) choose(ctx context.Context, b *batch) ([]kernels.Kernel, error) {
	var all []kernels.Kernel
	for k, ordinal := range c.ordinals() {
		kernel, err := c.Choose(ctx, ordinal, c.kernel(k), b.shape, b.Degrees, b.near)
		if err != nil || kernel != kernels.Box {
			return c.Kernels, err
		}
		all = append(all, kernel)
	}
	return all, nil
}
