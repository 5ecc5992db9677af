//go:build cuda && linux

package kernels

import (
	"gorgonia.org/cu"

	"musc/cgo/cuda"
)

// loadFor loads the code of NAME.cu that fits the context's device. It must run in Context.Do.
func loadFor(device cuda.Device, name string) (cu.Module, error) {
	image, err := choose(name, device.Major, device.Minor)
	if err != nil {
		return cu.Module{}, err
	}
	return load(image)
}

func load(image deviceCode) (cu.Module, error) {
	module, err := cu.LoadData(image.Content)
	return module, cuda.Explain("loading "+image.File, err)
}
