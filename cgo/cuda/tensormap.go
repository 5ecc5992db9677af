//go:build cuda && linux

package cuda

/*
#include <string.h>
#include <cuda.h>

// encode writes the map to memory of Go, which need not be aligned as the driver wants it.
static CUresult encode(void *out, int type, int rank, CUdeviceptr address, const cuuint64_t *shape,
                       const cuuint64_t *strides, const cuuint32_t *box, int swizzle) {
    CUtensorMap map;
    cuuint32_t steps[5] = {1, 1, 1, 1, 1};
    CUresult result = cuTensorMapEncodeTiled(&map, (CUtensorMapDataType)type, (cuuint32_t)rank,
        (void *)address, shape, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
        (CUtensorMapSwizzle)swizzle, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
        CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    if (result == CUDA_SUCCESS) memcpy(out, &map, sizeof map);
    return result;
}
*/
import "C"

import (
	"fmt"
	"unsafe"

	"gorgonia.org/cu"
)

// TensorMap describes an array in device memory to the tensor memory accelerator (compute
// capability 9.0 on). A kernel takes it by value, as a const __grid_constant__ parameter of 128
// bytes, aligned to 64.
type TensorMap [C.sizeof_CUtensorMap]byte

// ElementType is the type of an array's elements.
type ElementType int

// Element types.
const (
	Float16  ElementType = C.CU_TENSOR_MAP_DATA_TYPE_FLOAT16
	BFloat16 ElementType = C.CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
	Float32  ElementType = C.CU_TENSOR_MAP_DATA_TYPE_FLOAT32
)

// Swizzle is how the 16-byte parts of a box's rows are exchanged in shared memory, so that reading
// a column meets no bank conflict; a row of the box is at most that long.
type Swizzle int

// Swizzles, by the bytes after which the pattern repeats.
const (
	NoSwizzle  Swizzle = C.CU_TENSOR_MAP_SWIZZLE_NONE
	Swizzle32  Swizzle = C.CU_TENSOR_MAP_SWIZZLE_32B
	Swizzle64  Swizzle = C.CU_TENSOR_MAP_SWIZZLE_64B
	Swizzle128 Swizzle = C.CU_TENSOR_MAP_SWIZZLE_128B
)

// Array is an array in device memory and the box of it that one copy brings to shared memory.
// Dimensions are in the driver's order, the fastest first: {channels, patches} for a row-major
// [patches,channels]. What lies outside of the array reads as 0.
type Array struct {
	Type    ElementType
	Address cu.DevicePtr // a multiple of 16
	Shape   []uint64     // elements in each of 1 to 5 dimensions
	Strides []uint64     // bytes from one element to the next, from the second dimension on
	Box     []uint32     // elements in each dimension, at most 256
	Swizzle Swizzle
}

// EncodeTensorMap returns the array's tensor map. It needs no context, but a driver.
func EncodeTensorMap(a Array) (m TensorMap, err error) {
	rank := len(a.Shape)
	if rank < 1 || rank > 5 || len(a.Strides) != rank-1 || len(a.Box) != rank {
		return m, fmt.Errorf("describing an array to the device: %d dimensions with %d strides and "+
			"a box of %d; want 1 to 5, one stride less, and as many", rank, len(a.Strides), len(a.Box))
	}
	code := C.encode(unsafe.Pointer(&m[0]), C.int(a.Type), C.int(rank), C.CUdeviceptr(a.Address),
		(*C.cuuint64_t)(unsafe.SliceData(a.Shape)), (*C.cuuint64_t)(unsafe.SliceData(a.Strides)),
		(*C.cuuint32_t)(unsafe.SliceData(a.Box)), C.int(a.Swizzle))
	return m, explainCode("describing an array to the device", int(code))
}
