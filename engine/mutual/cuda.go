//go:build cuda && linux

package mutual

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"musc/cgo/cuda"
	"musc/engine/features"
	"musc/kernels"
)

// CUDA is the Scorer for NVIDIA GPUs. Images are scored in blocks of rows whose features stay on
// the device; the other scorers' features stay, too, where there is room, or else pass by in
// strips. Several devices score an equal share of the images each. A pair of images of two devices
// is compared by one, which sends the other what it found for its image; where memory is too short
// for that, by both. The scores are the same bytes for every bound on memory and any number of
// devices that search with the same kernel.
type CUDA struct {
	Ordinals []int // of the devices: the N of cuda:N; none: cuda:0
	Memory   int64 // bound on each device's memory, in bytes; 0: most of what is free

	// Kernels are those that search, a device each; none: the fastest that each has.
	Kernels []kernels.Kernel

	// Choose, if set, chooses between a device's direct kernel and kernels.Box for images of a shape,
	// their degrees and Problem.Near, as Faster does. Box is taken if it is chosen on every device.
	Choose func(ctx context.Context, ordinal int, direct kernels.Kernel, shape features.Shape,
		degrees []int, near int) (kernels.Kernel, error)

	// Multiprocessors bounds how many of a device's are used; 0: all. With few of them each block has
	// several tiles, also of a small batch.
	Multiprocessors int

	// Chosen, if set, hears what the search found, before it is used. It makes scoring slow.
	Chosen func(Chosen)

	// Note, if set, hears how the devices' memory is divided.
	Note func(text string)

	// Spans, if set, hears when the steps of each device ran, by its clock; that takes a little time.
	// Devices that score at the same time tell it at the same time.
	Spans func(ordinal int, spans []kernels.Span)

	forced *devicePlan // by a test
	packed int         // pairs of a parcel, by a test; 0: chosen
}

// Name implements Scorer.
func (c CUDA) Name() string {
	devices, err := cuda.Devices()
	var names []string
	for k, ordinal := range c.ordinals() {
		name := fmt.Sprintf("cuda:%d", ordinal)
		if err == nil && ordinal >= 0 && ordinal < len(devices) {
			name = devices[ordinal].String()
		}
		if kernel := c.kernel(k); kernel != "" {
			name += " by kernel " + string(kernel)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func (c CUDA) ordinals() []int {
	if len(c.Ordinals) == 0 {
		return []int{0}
	}
	return c.Ordinals
}

// kernel is that of the k-th device; "": the fastest that it has.
func (c CUDA) kernel(k int) kernels.Kernel {
	if k < len(c.Kernels) {
		return c.Kernels[k]
	}
	return ""
}

// CUDAError says why mutual scoring cannot run on these devices, nil if it can.
func CUDAError(ordinals []int) error {
	devices, err := cuda.Devices()
	if err != nil {
		return err
	}
	for _, ordinal := range ordinals {
		if ordinal < 0 || ordinal >= len(devices) {
			return fmt.Errorf("there is no cuda:%d, only cuda:0 to cuda:%d", ordinal, len(devices)-1)
		}
		if err := kernels.Supported(devices[ordinal].Major, devices[ordinal].Minor); err != nil {
			return err
		}
	}
	return nil
}

// PatchScores implements Scorer. Problem.Plan is of no concern to it. A device that cannot be had,
// or has less memory than the smallest plan needs, is an error of kind fault.Setup; so is one that
// fails on the way, a *DeviceError.
func (c CUDA) PatchScores(ctx context.Context, problem *Problem) (scores []float64, err error) {
	b, err := problem.check()
	if err != nil {
		return nil, err
	}
	if err := b.onlyOnCPU(); err != nil {
		return nil, err
	}
	if c.Choose != nil {
		if c.Kernels, err = c.choose(ctx, b); err != nil {
			return nil, err
		}
	}
	kept := b.keep(c.Name())
	defer kept.close()
	scores = make([]float64, len(b.members)*b.patches)
	steps := b.shape.Stages * len(b.windows())
	done := kept.resume(scores, steps)
	if done == steps {
		newProgress(b).add(b.pairs() * b.shape.Stages * len(b.Degrees))
		b.finish(scores)
		return scores, nil
	}
	runs, err := c.open(ctx, b)
	if err == nil {
		err = c.score(ctx, runs, scores, newCollector(kept, runs, done))
	}
	// What fails after the first error, such as freeing memory, says the same.
	if closing := closeAll(runs); err == nil {
		err = closing
	}
	if err != nil {
		return nil, err
	}
	b.finish(scores)
	return scores, nil
}

// score adds to the sums of scores. The first device to fail ends the others.
func (c CUDA) score(ctx context.Context, runs []*deviceRun, scores []float64, kept *collector,
) error {

	exchange := connect(runs)
	if c.Note != nil {
		for _, r := range runs {
			c.Note(r.describe(exchange))
		}
	}
	devices, ctx := errgroup.WithContext(ctx)
	for _, r := range runs {
		r.ctx = ctx
		devices.Go(func() error {
			return deviceFailed(r.opened.Device, c.scoreShare(r, scores, kept))
		})
	}
	return devices.Wait()
}

// scoreShare adds to the sums of one device's share of the images.
func (c CUDA) scoreShare(r *deviceRun, scores []float64, kept *collector) error {
	if c.Spans != nil {
		r.device.Time()
	}
	mine := scores[r.share.first*r.patches : r.share.end*r.patches]
	done := kept.done
	if done > 0 {
		if err := r.device.SetScores(mine, r.share.first); err != nil {
			return err
		}
	}
	for stage := done / len(r.windows); stage < r.shape.Stages; stage++ {
		for windows := range slices.Chunk(r.windows[done%len(r.windows):], r.plan.degrees) {
			if err := r.score(stage, windows); err != nil {
				return err
			}
			done += len(windows)
			if err := kept.add(r, done); err != nil {
				return err
			}
		}
	}
	if err := r.device.Scores(mine, r.share.first); err != nil {
		return err
	}
	if c.Spans != nil {
		spans, err := r.device.Spans()
		if err != nil {
			return err
		}
		c.Spans(r.ordinal, spans)
	}
	return r.ctx.Err()
}
