package mutual

import (
	"musc/engine/device"
	"musc/engine/fault"
)

// Resources are what a Scorer may use.
type Resources struct {
	Device       device.Choice
	Threads      int               // of the CPU; 0: one a processor
	DeviceMemory int64             // bound on a GPU's memory, in bytes; 0: most of what is free
	Note         func(text string) // hears how a GPU's memory is divided; nil: nobody
}

// OnGPU says whether a scorer keeps what it needs in a GPU's memory.
func OnGPU(scorer Scorer) bool {
	_, is := scorer.(CUDA)
	return is
}

// NewScorer returns the Scorer for the wanted device. Where CUDA is optional and cannot be had it
// is the CPU, and reason says why; where it is demanded that is an error of kind fault.Setup.
func NewScorer(resources Resources) (scorer Scorer, reason string, err error) {
	onCPU := CPU{Threads: resources.Threads}
	if !resources.Device.CUDA {
		return onCPU, "", nil
	}
	err = CUDAError(resources.Device.Ordinals)
	if err == nil {
		return CUDA{Ordinals: resources.Device.Ordinals, Memory: resources.DeviceMemory,
			Note: resources.Note}, "", nil
	}
	if resources.Device.Optional {
		return onCPU, err.Error(), nil
	}
	return nil, "", fault.New(fault.Setup, "cannot score on %s: %w; --device cpu does without",
		resources.Device, err)
}
