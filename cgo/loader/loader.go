//go:build linux

package loader

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

// The reason is the loader's own memory, NULL on success; it lasts until the thread's next call.
static const char *musc_open(const char *path) {
    return dlopen(path, RTLD_NOW | RTLD_GLOBAL) ? NULL : dlerror();
}
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Open opens a library for as long as the process lives, with its symbols there for all that are
// opened later. The error is the loader's own, which names the file and what it lacks.
func Open(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if reason := C.musc_open(name); reason != nil {
		return errors.New(C.GoString(reason))
	}
	return nil
}
