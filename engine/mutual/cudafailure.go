//go:build cuda && linux

package mutual

import (
	"errors"

	"musc/cgo/cuda"
	"musc/engine/fault"
)

// deviceFailed makes a DeviceError of an error that the device does not survive. What failed after
// the first call, such as freeing its memory, is left out: it says the same.
func deviceFailed(device cuda.Device, err error) error {
	var call *cuda.Error
	if !errors.As(err, &call) {
		return err
	}
	failure, ok := cuda.FailureOf(call.Code)
	if !ok {
		return err
	}
	return fault.New(fault.Setup, "%w", &DeviceError{Device: device.String(), What: failure.What,
		Advice: failure.Advice, Err: call})
}
