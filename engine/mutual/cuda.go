//go:build cuda && linux

package mutual

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"musc/cgo/cuda"
	"musc/engine/fault"
	"musc/kernels"
)

// CUDA is the Scorer for NVIDIA GPUs. Images are scored in blocks of rows whose features stay on
// the device; the other scorers' features stay, too, where there is room, or else pass by in
// strips. Several devices score an equal share of the images each, and exchange nothing: a pair of
// images of two devices is compared by both. The scores are the same bytes for every bound on
// memory and any number of devices.
type CUDA struct {
	Ordinals []int // of the devices: the N of cuda:N; none: cuda:0
	Memory   int64 // bound on each device's memory, in bytes; 0: most of what is free

	// Kernels are those that search, a device each; none: the fastest that each has.
	Kernels []kernels.Kernel

	// Multiprocessors bounds how many of a device's are used; 0: all. With few of them each block has
	// several tiles, also of a small batch.
	Multiprocessors int

	// Chosen, if set, hears what the search found, before it is used. It makes scoring slow.
	Chosen func(Chosen)

	// Note, if set, hears how the devices' memory is divided.
	Note func(text string)

	// Spans, if set, hears when the steps of each device ran, by its clock; that takes a little time.
	Spans func(ordinal int, spans []kernels.Span)

	forced *devicePlan // by a test
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

// share is the images that one device scores: first to end-1.
type share struct{ first, end int }

func (s share) images() int { return s.end - s.first }

// PatchScores implements Scorer. Problem.Plan is of no concern to it. A device that cannot be had,
// or has less memory than the smallest plan needs, is an error of kind fault.Setup; so is one that
// fails on the way, a *DeviceError.
func (c CUDA) PatchScores(ctx context.Context, problem *Problem) (scores []float64, err error) {
	b, err := problem.check()
	if err != nil {
		return nil, err
	}
	n, ordinals := len(b.members), c.ordinals()
	ordinals = ordinals[:min(len(ordinals), n)]
	scores = make([]float64, n*b.patches)
	progress := newProgress(b)
	devices, ctx := errgroup.WithContext(ctx)
	for k, ordinal := range ordinals {
		of := share{k * n / len(ordinals), (k + 1) * n / len(ordinals)}
		devices.Go(func() error {
			return c.scoreShare(ctx, b, of, ordinal, c.kernel(k), progress, scores)
		})
	}
	if err := devices.Wait(); err != nil {
		return nil, err
	}
	b.finish(scores)
	return scores, nil
}

// scoreShare fills in the scores of one device's share of the images.
func (c CUDA) scoreShare(ctx context.Context, b *batch, of share, ordinal int,
	kernel kernels.Kernel, progress *progress, scores []float64) (err error) {

	device, err := kernels.Open(ordinal, kernel)
	if err != nil {
		return fault.New(fault.Setup, "cannot score on cuda:%d: %w; --device cpu does without",
			ordinal, err)
	}
	if c.Multiprocessors > 0 {
		device.Multiprocessors = min(device.Multiprocessors, c.Multiprocessors)
	}
	defer func() { err = deviceFailed(device.Device, err) }()
	defer func() { err = errors.Join(err, device.Close()) }()
	r, err := c.newRun(ctx, b, of, device, progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.device.Close()) }()
	if c.Note != nil {
		c.Note(r.plan.describe(b, device.Cache, of) + " of " + device.String())
	}
	if c.Spans != nil {
		r.device.Time()
	}
	for stage := range b.shape.Stages {
		for windows := range slices.Chunk(r.windows, r.plan.degrees) {
			if err := r.score(stage, windows); err != nil {
				return err
			}
		}
	}
	if err := r.device.Scores(scores[of.first*b.patches:of.end*b.patches], of.first); err != nil {
		return err
	}
	if c.Spans != nil {
		spans, err := r.device.Spans()
		if err != nil {
			return err
		}
		c.Spans(ordinal, spans)
	}
	return ctx.Err()
}
