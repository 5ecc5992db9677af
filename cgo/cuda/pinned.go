//go:build cuda && linux

package cuda

// #include <cuda.h>
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// AllocPinned returns size bytes of page-locked host memory, which asynchronous copies need to be
// asynchronous, from and to every device. It is the driver's memory and not Go's: free it with
// FreePinned, and copy to and from it with cu.MemcpyHtoDAsync(device, unsafe.Pointer(&memory[0]),
// ...). Its content is undefined.
func AllocPinned(size int) ([]byte, error) {
	var memory unsafe.Pointer
	doing := fmt.Sprintf("allocating %d bytes of pinned host memory", size)
	if code := C.cuMemHostAlloc(&memory, C.size_t(size),
		C.CU_MEMHOSTALLOC_PORTABLE); code != C.CUDA_SUCCESS {
		return nil, explainCode(doing, int(code))
	}
	return unsafe.Slice((*byte)(memory), size), nil
}

// FreePinned frees what AllocPinned returned; nil is fine. No copy may be under way.
func FreePinned(memory []byte) error {
	if memory == nil {
		return nil
	}
	return Explain("freeing pinned host memory", cu.MemFreeHost(unsafe.Pointer(&memory[0])))
}
