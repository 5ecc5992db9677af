// Package cuda is what musc needs of NVIDIA's driver and gorgonia.org/cu does not offer: which
// devices there are and why not, a primary context on a thread of its own, pinned host memory,
// dynamic shared memory above 48 KiB, launch attributes, tensor maps, and errors in words. Modules,
// launches, device memory, streams and events are used through gorgonia.org/cu itself.
//
// One binary serves machines with and without a GPU: package shim finds the driver when it is first
// asked for something. Built without the tag cuda (no cuda.h of CUDA 12 when it was built) only
// Built, Driver, Device, Devices, Memory and what failures mean are here, and they say so.
//
// A context belongs to a thread, goroutines do not: whatever uses the device goes through
// Context.Do. ONNX Runtime uses the same primary context, so both share the device's memory.
//
// Sizes are in bytes throughout.
package cuda
