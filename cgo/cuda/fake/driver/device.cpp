// Devices and the primary context.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace fake {

State &state() {
    static State *only = new State; // never destroyed: threads may outlive main
    return *only;
}

long number(const char *variable, long otherwise) {
    const char *text = getenv(variable);
    return text && *text ? atol(text) : otherwise;
}

int capability() {
    const char *text = getenv("MUSC_FAKE_CAPABILITY");
    int major = 8, minor = 0;
    if (text && sscanf(text, "%d.%d", &major, &minor) != 2) major = 8, minor = 0;
    return 10 * major + minor;
}

static long devices() { return number("MUSC_FAKE_DEVICES", 1); }

// By the programming guide's table of compute capabilities.
int shared_memory() {
    switch (capability()) {
    case 80: case 87: return 163 << 10;
    case 86: case 89: case 120: return 99 << 10;
    default: return 227 << 10;
    }
}

// A static object: memory that was never a context's is not taken for one.
static char primary;

} // namespace fake

API cuInit(unsigned flags) {
    FAULT("init");
    if (flags) return CUDA_ERROR_INVALID_VALUE;
    return fake::devices() ? CUDA_SUCCESS : CUDA_ERROR_NO_DEVICE;
}

API cuDriverGetVersion(int *version) {
    *version = (int)fake::number("MUSC_FAKE_VERSION", 12090);
    return CUDA_SUCCESS;
}

API cuDeviceGetCount(int *count) {
    *count = (int)fake::devices();
    return CUDA_SUCCESS;
}

API cuDeviceGet(CUdevice *device, int ordinal) {
    if (ordinal < 0 || ordinal >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    *device = ordinal;
    return CUDA_SUCCESS;
}

API cuDeviceGetName(char *name, int size, CUdevice device) {
    if (device < 0 || device >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    snprintf(name, size, "Fake %d", device);
    return CUDA_SUCCESS;
}

// "Fake", then $MUSC_FAKE_UUID and the ordinal.
API cuDeviceGetUuid(CUuuid *uuid, CUdevice device) {
    if (device < 0 || device >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    memset(uuid, 0, sizeof *uuid);
    memcpy(uuid->bytes, "Fake", 4);
    uuid->bytes[14] = (char)fake::number("MUSC_FAKE_UUID", 0);
    uuid->bytes[15] = (char)device;
    return CUDA_SUCCESS;
}

API cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
    if (device < 0 || device >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    *bytes = fake::number("MUSC_FAKE_MEMORY", 1l << 30);
    return CUDA_SUCCESS;
}

API cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
    if (device < 0 || device >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = fake::capability() / 10; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = fake::capability() % 10; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *value = 2; break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *value = 1024; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *value = 32; break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE:
        *value = (int)fake::number("MUSC_FAKE_L2", 50l << 20);
        break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *value = 48 << 10; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN:
        *value = fake::shared_memory();
        break;
    default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

// All devices share their memory, and so one context is enough.
API cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
    ENTER(false);
    FAULT("retain");
    if (device < 0 || device >= fake::devices()) return CUDA_ERROR_INVALID_DEVICE;
    fake::state().retained++;
    *context = (CUcontext)&fake::primary;
    return CUDA_SUCCESS;
}

// The last release frees all memory that is left.
API cuDevicePrimaryCtxRelease_v2(CUdevice) {
    auto &state = fake::state();
    std::lock_guard<std::mutex> guard(state.mutex);
    if (!state.retained) return CUDA_ERROR_INVALID_CONTEXT;
    if (--state.retained) return CUDA_SUCCESS;
    fake::run_all();
    for (auto *blocks : {&state.device, &state.pinned}) {
        for (auto &block : *blocks) free((void *)block.first);
        blocks->clear();
    }
    return CUDA_SUCCESS;
}
