//go:build cuda && linux

package cuda

// #include <cuda.h>
import "C"

import (
	"errors"
	"fmt"
	"reflect"
)

// Error is a call of the driver that failed.
type Error struct {
	Doing string // what was being done: "copying features to the device"
	Code  int    // the CUresult
}

// CodeOf is the CUresult of the first failed call in err's chain.
func CodeOf(err error) (code int, ok bool) {
	var call *Error
	if !errors.As(err, &call) {
		return 0, false
	}
	return call.Code, true
}

// Error reads "copying features to the device: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory".
func (e *Error) Error() string {
	var name, text *C.char
	code := C.CUresult(e.Code)
	if C.cuGetErrorName(code, &name) != C.CUDA_SUCCESS ||
		C.cuGetErrorString(code, &text) != C.CUDA_SUCCESS {
		return fmt.Sprintf("%s: CUDA error %d", e.Doing, e.Code) // no driver, or a code it lacks
	}
	return fmt.Sprintf("%s: %s (%d): %s", e.Doing, C.GoString(name), e.Code, C.GoString(text))
}

// Explain makes an *Error of an error of gorgonia.org/cu, whose own type is not exported: an
// integer, the CUresult. Other errors are wrapped, nil stays nil.
func Explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	if value := reflect.ValueOf(err); value.CanInt() {
		return explainCode(doing, int(value.Int()))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// explainCode is nil for CUDA_SUCCESS.
func explainCode(doing string, code int) error {
	if code == C.CUDA_SUCCESS {
		return nil
	}
	return &Error{Doing: doing, Code: code}
}
