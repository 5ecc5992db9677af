//go:build !cuda || !linux

package cuda

import (
	"errors"
	"fmt"
)

var errAbsent = errors.New("this musc was built without CUDA: build it on Linux with make build, " +
	"which fetches cuda.h")

// Built says whether this binary can use CUDA at all.
const Built = false

// Devices lists the devices that can be used: none.
func Devices() ([]Device, error) { return nil, errAbsent }

// CodeOf is the CUresult of a failed call: there is none.
func CodeOf(error) (code int, ok bool) { return 0, false }

// Memory returns how much memory a device has.
func Memory(int) (free, total int64, err error) { return 0, 0, errAbsent }

// FindDriver is the driver as its kernel module tells it. The error says that there is none.
func FindDriver() (Driver, error) {
	text := driverRelease(kernelModule, "")
	if text == "" {
		return Driver{}, fmt.Errorf("no NVIDIA driver: there is no %s", kernelModule)
	}
	return Driver{CUDA: cudaOf(text), Release: text}, nil
}
