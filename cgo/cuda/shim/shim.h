#ifndef MUSC_CUDA_SHIM_H
#define MUSC_CUDA_SHIM_H

#include <cuda.h>

#define MUSC_HIDDEN __attribute__((visibility("hidden")))

// The driver's function of that name, or NULL where there is no driver or its release lacks it.
MUSC_HIDDEN void *musc_cuda_find(const char *name);

// What a forwarder returns that found no function: CUDA_ERROR_NOT_FOUND if there is a driver,
// else CUDA_ERROR_NO_DEVICE.
MUSC_HIDDEN CUresult musc_cuda_absent(void);

// The result of the driver's cuInit. *reason is "" if it succeeded, else one line that says what
// failed; the result is then 0 if there is no driver to ask.
MUSC_HIDDEN CUresult musc_cuda_status(const char **reason);

// FORWARD defines the function `name`, which looks its namesake up on the first call. Threads that
// race for that find the same address.
#define FORWARD(name, parameters, arguments)                       \
    MUSC_HIDDEN CUresult CUDAAPI name parameters {                 \
        static void *found;                                        \
        void *address = __atomic_load_n(&found, __ATOMIC_ACQUIRE); \
        if (!address) {                                            \
            address = musc_cuda_find(#name);                       \
            if (!address) return musc_cuda_absent();               \
            __atomic_store_n(&found, address, __ATOMIC_RELEASE);   \
        }                                                          \
        return ((__typeof__(&name))address)arguments;              \
    }

#endif
