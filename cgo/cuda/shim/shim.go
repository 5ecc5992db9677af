//go:build cuda && linux

package shim

/*
#cgo CFLAGS: -fvisibility=hidden -Wno-deprecated-declarations
#cgo LDFLAGS: -L${SRCDIR}/stub -ldl -lpthread
#include "shim.h"
*/
import "C"

// Status opens and starts the driver if no call did so before. reason is empty if that succeeded;
// otherwise it is the loader's message and code is 0, or it says that the driver did not start and
// code is the CUresult of its cuInit.
func Status() (code int, reason string) {
	var text *C.char
	code = int(C.musc_cuda_status(&text))
	return code, C.GoString(text)
}
