//go:build cuda && linux

package cuda

/*
#include <stdlib.h>
#include <string.h>
#include <cuda.h>

// launch hands the attributes over; cgo knows no unions.
static CUresult launch(CUfunction f, const unsigned *grid, const unsigned *block,
                       const unsigned *cluster, int overlap, unsigned shared_bytes,
                       CUstream stream, void **arguments) {
    CUlaunchAttribute attributes[2];
    CUlaunchConfig config;
    memset(attributes, 0, sizeof attributes);
    memset(&config, 0, sizeof config);
    config.gridDimX = grid[0];
    config.gridDimY = grid[1];
    config.gridDimZ = grid[2];
    config.blockDimX = block[0];
    config.blockDimY = block[1];
    config.blockDimZ = block[2];
    config.sharedMemBytes = shared_bytes;
    config.hStream = stream;
    config.attrs = attributes;
    if (cluster[0] * cluster[1] * cluster[2] > 1) {
        CUlaunchAttribute *a = &attributes[config.numAttrs++];
        a->id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
        a->value.clusterDim.x = cluster[0];
        a->value.clusterDim.y = cluster[1];
        a->value.clusterDim.z = cluster[2];
    }
    if (overlap) {
        CUlaunchAttribute *a = &attributes[config.numAttrs++];
        a->id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
        a->value.programmaticStreamSerializationAllowed = 1;
    }
    return cuLaunchKernelEx(&config, f, arguments, NULL);
}
*/
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// LaunchConfig says how to run a kernel. cu.Function.Launch knows no arguments of more than 8
// bytes, such as tensor maps, and no attributes. It also stores pointers to memory fresh from
// malloc as Go pointers: should a garbage collection run, its write barrier takes what lay there
// before for a pointer, too, and ends the process if it looks like a bad one.
type LaunchConfig struct {
	Grid         [3]uint32 // blocks in x, y, z; at least 1 each
	Block        [3]uint32 // threads in x, y, z; at least 1 each
	SharedMemory int       // dynamic, in bytes a block; see AllowSharedMemory
	Stream       cu.Stream
	Cluster      [3]uint32 // blocks that share their memory, from compute capability 9.0; 0: 1
	Overlap      bool      // may begin before the stream's last kernel ended (griddepcontrol)
}

// Argument is one argument of a kernel, made by Value.
type Argument struct {
	value unsafe.Pointer
	size  uintptr
}

// Value is the argument *v. It has to have the size and layout of the kernel's parameter, and no
// pointers of Go in it.
func Value[T any](v *T) Argument { return Argument{unsafe.Pointer(v), unsafe.Sizeof(*v)} }

// alignment of arguments in the memory they are copied to: a CUtensorMap's, the strictest.
const alignment = 64

// Launch runs the kernel; it returns before the kernel ends. The arguments are copied.
func Launch(f cu.Function, config LaunchConfig, arguments ...Argument) error {
	// The driver wants an array of pointers to the values, and Go lets C see none of its own: both
	// the array and the values lie in C memory.
	size := roundUp(uintptr(len(arguments)) * unsafe.Sizeof(uintptr(0)))
	starts := make([]uintptr, len(arguments))
	for i, argument := range arguments {
		starts[i] = size
		size += roundUp(argument.size)
	}
	memory := C.aligned_alloc(alignment, C.size_t(max(size, alignment)))
	defer C.free(memory)
	// Not as Go pointers: see LaunchConfig.
	pointers := unsafe.Slice((*uintptr)(memory), len(arguments))
	for i, argument := range arguments {
		at := unsafe.Add(memory, starts[i])
		pointers[i] = uintptr(at)
		copy(unsafe.Slice((*byte)(at), argument.size),
			unsafe.Slice((*byte)(argument.value), argument.size))
	}
	cluster := config.Cluster
	for i := range cluster {
		cluster[i] = max(cluster[i], 1)
	}
	overlap := C.int(0)
	if config.Overlap {
		overlap = 1
	}
	return explainCode("launching a kernel", int(C.launch(functionHandle(f),
		(*C.uint)(&config.Grid[0]), (*C.uint)(&config.Block[0]), (*C.uint)(&cluster[0]), overlap,
		C.uint(config.SharedMemory), streamHandle(config.Stream), (*unsafe.Pointer)(memory))))
}

func roundUp(size uintptr) uintptr { return (size + alignment - 1) &^ (alignment - 1) }
