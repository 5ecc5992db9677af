//go:build !cuda || !linux

package mutual

import (
	"context"

	"musc/cgo/cuda"
	"musc/engine/fault"
	"musc/engine/features"
	"musc/kernels"
)

// CUDA is the Scorer for NVIDIA GPUs, which this binary was built without.
type CUDA struct {
	Ordinals []int
	Memory   int64
	Kernels  []kernels.Kernel
	Note     func(text string)

	Multiprocessors int
	Chosen          func(Chosen)
	Choose          func(ctx context.Context, ordinal int, direct kernels.Kernel, shape features.Shape,
		degrees []int, near int) (kernels.Kernel, error)
}

// Faster only fails.
func Faster(context.Context, int, kernels.Kernel, features.Shape, []int, int) (kernels.Kernel,
	error) {

	return "", fault.New(fault.Setup, "cannot search on a GPU: %w", CUDAError(nil))
}

// CUDAError says why mutual scoring cannot run on these devices.
func CUDAError([]int) error {
	_, err := cuda.Devices()
	return err
}

// Name implements Scorer.
func (CUDA) Name() string { return "cuda" }

// PatchScores implements Scorer: it only fails.
func (CUDA) PatchScores(context.Context, *Problem) ([]float64, error) {
	return nil, fault.New(fault.Setup, "cannot score on a GPU: %w", CUDAError(nil))
}
