//go:build cuda && linux

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "shim.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *driver; // the library's handle; stays open as long as the process lives
static CUresult started;
static char reason[512];

// $MUSC_LIBCUDA names another library than the driver: tests bring their own.
static void open_driver(void) {
    const char *path = getenv("MUSC_LIBCUDA");
    void *library = dlopen(path && *path ? path : "libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(reason, sizeof reason, "%s", dlerror());
        return;
    }
    CUresult(CUDAAPI * init)(unsigned) = (CUresult(CUDAAPI *)(unsigned))dlsym(library, "cuInit");
    if (!init) {
        snprintf(reason, sizeof reason, "%s", dlerror());
        return;
    }
    driver = library; // even if it does not start: it can then still name its errors
    started = init(0);
    if (started != CUDA_SUCCESS) snprintf(reason, sizeof reason, "cuInit failed");
}

void *musc_cuda_find(const char *name) {
    pthread_once(&once, open_driver);
    return driver ? dlsym(driver, name) : NULL;
}

CUresult musc_cuda_absent(void) {
    return driver ? CUDA_ERROR_NOT_FOUND : CUDA_ERROR_NO_DEVICE;
}

CUresult musc_cuda_status(const char **text) {
    pthread_once(&once, open_driver);
    *text = reason;
    return started;
}

// gorgonia.org/cu calls this before main and exits if it fails.
MUSC_HIDDEN CUresult CUDAAPI cuInit(unsigned flags) {
    (void)flags;
    return CUDA_SUCCESS;
}
