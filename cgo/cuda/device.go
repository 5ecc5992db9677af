package cuda

import "fmt"

// Device is what is known about a CUDA device before any memory of it is used.
type Device struct {
	Ordinal         int    // the N of cuda:N
	Name            string // as the driver says it, "NVIDIA H100 80GB HBM3"
	Major, Minor    int    // compute capability
	Memory          int64  // all of it, in bytes
	Multiprocessors int    // streaming multiprocessors
	SharedMemory    int    // the most a block can ask for, in bytes
	Cache           int    // of the second level (L2), in bytes
	Driver          string // the newest CUDA release that the driver knows, "12.9"
	UUID            string // of the card, wherever it is plugged in
}

// String is the device in one line: "cuda:0 NVIDIA A100-SXM4-40GB (compute capability 8.0)".
func (d Device) String() string {
	return fmt.Sprintf("cuda:%d %s (compute capability %d.%d)", d.Ordinal, d.Name, d.Major, d.Minor)
}
