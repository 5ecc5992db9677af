package mutual

import "fmt"

// DeviceError is a device that failed while it scored: it is lost, its memory is damaged, a kernel
// went wrong. Nothing that it computed is used. Its kind is fault.Setup.
type DeviceError struct {
	Device string // "cuda:0 NVIDIA A100-SXM4-40GB (compute capability 8.0)"
	What   string // happened
	Advice string // what to do about it
	Err    error  // the call that found out
}

// Error reads "DEVICE failed while scoring: WHAT (ERR); ADVICE".
func (e *DeviceError) Error() string {
	return fmt.Sprintf("%s failed while scoring: %s (%v); %s", e.Device, e.What, e.Err, e.Advice)
}

func (e *DeviceError) Unwrap() error { return e.Err }
