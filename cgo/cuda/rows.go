//go:build cuda && linux

package cuda

/*
#include <string.h>
#include <cuda.h>

static CUresult copy_rows(CUdeviceptr to, size_t to_pitch, const void *from, size_t width,
                          size_t rows, CUstream stream) {
    CUDA_MEMCPY2D copy;
    memset(&copy, 0, sizeof copy);
    copy.srcMemoryType = CU_MEMORYTYPE_HOST;
    copy.srcHost = from;
    copy.srcPitch = width;
    copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy.dstDevice = to;
    copy.dstPitch = to_pitch;
    copy.WidthInBytes = width;
    copy.Height = rows;
    return cuMemcpy2DAsync(&copy, stream);
}
*/
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// CopyRows begins to copy rows of width bytes that lie one after the other in pinned memory, to
// device memory where each begins pitch bytes after the one before. cu.Memcpy2DAsync does not work:
// it takes an array of each side, and ends the process without one.
func CopyRows(to cu.DevicePtr, pitch int64, from []byte, width, rows int64,
	stream cu.Stream) error {

	return explainCode("copying rows to the device", int(C.copy_rows(C.CUdeviceptr(to),
		C.size_t(pitch), unsafe.Pointer(&from[0]), C.size_t(width), C.size_t(rows),
		streamHandle(stream))))
}
