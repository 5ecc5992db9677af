//go:build cuda && linux

package cuda

// #include <cuda.h>
import "C"

import (
	"unsafe"

	"gorgonia.org/cu"
)

// gorgonia.org/cu keeps its handles to itself. Each is a struct of just the driver's pointer: the
// constants below do not compile if one changes its size.
const (
	_ = uint(unsafe.Sizeof(cu.Function{}) - unsafe.Sizeof(C.CUfunction(nil)))
	_ = uint(unsafe.Sizeof(C.CUfunction(nil)) - unsafe.Sizeof(cu.Function{}))
	_ = uint(unsafe.Sizeof(cu.Stream{}) - unsafe.Sizeof(C.CUstream(nil)))
	_ = uint(unsafe.Sizeof(C.CUstream(nil)) - unsafe.Sizeof(cu.Stream{}))
)

func functionHandle(f cu.Function) C.CUfunction { return *(*C.CUfunction)(unsafe.Pointer(&f)) }
func streamHandle(s cu.Stream) C.CUstream       { return *(*C.CUstream)(unsafe.Pointer(&s)) }

// AllowSharedMemory lets launches of f ask for up to that many bytes of dynamic shared memory a
// block. More than 48 KiB must be allowed; Device.SharedMemory is the most there is, of which the
// kernel's static shared memory takes its part.
func AllowSharedMemory(f cu.Function, bytes int) error {
	return explainCode("allowing a kernel more shared memory", int(C.cuFuncSetAttribute(
		functionHandle(f), C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(bytes))))
}
