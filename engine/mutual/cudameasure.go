//go:build cuda && linux

package mutual

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"musc/engine/features"
	"musc/kernels"
)

// measuredImages is enough for the pairs of one search to keep a device busy for a while.
const measuredImages = 12

// worthwhile is the least that kernel Box has to win to be chosen: what comes of a near tie would
// change from run to run, and with it the choice between near ties of patches.
const worthwhile = 0.9

// measurement is what a measurement was of; its result counts as long as the process runs.
type measurement struct {
	ordinal                 int
	direct                  kernels.Kernel
	height, width, channels int
	windows                 int
}

var measured = struct {
	sync.Mutex
	faster map[measurement]kernels.Kernel
}{faster: map[measurement]kernels.Kernel{}}

// Faster returns which of a direct kernel and kernels.Box searches images of the shape in these
// degrees faster on a device. It times both by the device's own events, on random tokens of the
// same grid and channels; features that only Box needs count as well. The shape's number of images
// and stages is of no concern.
func Faster(ctx context.Context, ordinal int, direct kernels.Kernel, shape features.Shape,
	degrees []int) (kernels.Kernel, error) {

	windows := 0
	for _, group := range windowsOf(shape, degrees) {
		windows += len(group)
	}
	key := measurement{ordinal, direct, shape.Height, shape.Width, shape.Channels, windows}
	measured.Lock()
	defer measured.Unlock()
	if kernel, ok := measured.faster[key]; ok || windows < 2 {
		if !ok {
			kernel = direct // one product is one product
		}
		return kernel, nil
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
	problem := &Problem{Images: tokens, Degrees: degrees, Interval: Interval{0, 0.3}}
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
	kernel := direct
	if float64(took[1]) < worthwhile*float64(took[0]) {
		kernel = kernels.Box
	}
	measured.faster[key] = kernel
	return kernel, nil
}

// measure replaces the kernels by Box if that is faster on every device.
func (c CUDA) measure(ctx context.Context, b *batch) (CUDA, error) {
	var all []kernels.Kernel
	for k, ordinal := range c.ordinals() {
		kernel, err := Faster(ctx, ordinal, c.kernel(k), b.shape, b.Degrees)
		if err != nil || kernel != kernels.Box {
			return c, err
		}
		all = append(all, kernel)
	}
	c.Kernels = all
	return c, nil
}
