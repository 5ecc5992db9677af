package main

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

// The part of nvrtc.h that is used; the library is opened when it runs.
typedef void *program;
static int (*create)(program *, const char *, const char *, int, const char *const *,
                     const char *const *);
static int (*compile)(program, int, const char *const *);
static int (*log_size)(program, size_t *), (*get_log)(program, char *);
static int (*ptx_size)(program, size_t *), (*get_ptx)(program, char *);
static int (*destroy)(program *);

static const char *load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    struct {
        const char *name;
        void *address;
    } functions[] = {
        {"nvrtcCreateProgram", &create},    {"nvrtcCompileProgram", &compile},
        {"nvrtcGetProgramLogSize", &log_size}, {"nvrtcGetProgramLog", &get_log},
        {"nvrtcGetPTXSize", &ptx_size},     {"nvrtcGetPTX", &get_ptx},
        {"nvrtcDestroyProgram", &destroy},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(library, functions[i].name);
        if (!found) return dlerror();
        *(void **)functions[i].address = found;
    }
    return NULL;
}

// run compiles to PTX; *ptx and *log are to be freed and may be NULL.
static int run(const char *source, const char *name, int count, char **options, char **ptx,
               char **log) {
    program p = NULL;
    size_t size = 0;
    int result = create(&p, source, name, 0, NULL, NULL);
    if (result) return result;
    result = compile(p, count, (const char *const *)options);
    if (!log_size(p, &size) && size && (*log = calloc(size + 1, 1))) get_log(p, *log);
    if (!result) result = ptx_size(p, &size);
    if (!result && (*ptx = calloc(size + 1, 1))) result = get_ptx(p, *ptx);
    destroy(&p);
    return result;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// loadCompiler opens NVRTC's library, once a process.
func loadCompiler(path string) error {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if problem := C.load(name); problem != nil {
		return errors.New("cannot load the compiler: " + C.GoString(problem))
	}
	return nil
}

// toPTX compiles CUDA C++ to PTX. name stands for the source in messages.
func toPTX(source, name string, options []string) (string, error) {
	pointers := make([]*C.char, len(options)+2)
	for i, text := range append([]string{source, name}, options...) {
		pointers[i] = C.CString(text)
		defer C.free(unsafe.Pointer(pointers[i]))
	}
	// The array itself has to be C memory, too.
	array := C.malloc(C.size_t(len(pointers)) * C.size_t(unsafe.Sizeof(pointers[0])))
	defer C.free(array)
	copy(unsafe.Slice((**C.char)(array), len(pointers)), pointers[2:])
	var ptx, log *C.char
	code := C.run(pointers[0], pointers[1], C.int(len(options)), (**C.char)(array), &ptx, &log)
	defer C.free(unsafe.Pointer(ptx))
	defer C.free(unsafe.Pointer(log))
	if code != 0 || ptx == nil {
		return "", fmt.Errorf("NVRTC failed (%d):\n%s", int(code), C.GoString(log))
	}
	return C.GoString(ptx), nil
}
