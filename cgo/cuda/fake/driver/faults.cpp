// MUSC_FAKE_FAIL is a list of faults, as "alloc:3" or "copy:1=700,run:2": the n-th call of the
// operation, counted since the variable last changed, fails with that CUresult. Operations, with
// what they return where no code is given:
//
//   init     starting the driver                              999 UNKNOWN
//   retain   the primary context                              2 OUT_OF_MEMORY
//   load     a module                                         200 INVALID_IMAGE
//   alloc    device memory                                    2 OUT_OF_MEMORY
//   pin      host memory                                      2 OUT_OF_MEMORY
//   copy     in either direction                              1 INVALID_VALUE
//   launch   refused                                          701 LAUNCH_OUT_OF_RESOURCES
//   run      the kernel fails while it runs: the launch succeeds, and every call fails from the
//            next synchronisation on                          719 LAUNCH_FAILED
//
// MUSC_FAKE_KERNEL is a list of kernels that misbehave in every launch, as
// "search_hopper*=wrong,search=hang"; a * stands for whatever ends a name:
//
//   wrong    the first number that the kernel wrote is another one: of the array that its first
//            argument points at, two bits of the first 8 bytes that are not 0. That is the other
//            patch of two in a key, and twice or half of a double
//   hang     the launch never ends
//   crash    the process is aborted
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace fake {

static CUresult usual(const std::string &operation) {
    if (operation == "alloc" || operation == "pin" || operation == "retain")
        return CUDA_ERROR_OUT_OF_MEMORY;
    if (operation == "load") return CUDA_ERROR_INVALID_IMAGE;
    if (operation == "copy") return CUDA_ERROR_INVALID_VALUE;
    if (operation == "launch") return CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
    if (operation == "run") return CUDA_ERROR_LAUNCH_FAILED;
    return CUDA_ERROR_UNKNOWN;
}

// faults_of parses the list to the wanted call's number and the code, by operation.
static std::map<std::string, std::pair<long, CUresult>> faults_of(const std::string &text) {
    std::map<std::string, std::pair<long, CUresult>> faults;
    for (size_t at = 0; at < text.size();) {
        size_t end = std::min(text.find(',', at), text.size());
        std::string item = text.substr(at, end - at);
        size_t colon = item.find(':'), equals = item.find('=');
        if (colon != std::string::npos) {
            std::string operation = item.substr(0, colon);
            CUresult code = equals == std::string::npos
                                ? usual(operation)
                                : (CUresult)atoi(item.c_str() + equals + 1);
            faults[operation] = {atol(item.c_str() + colon + 1), code};
        }
        at = end + 1;
    }
    return faults;
}

static std::string current;                 // the variable as it was last seen
static std::map<std::string, long> counted; // calls since then

static const std::string &watch() {
    const char *text = getenv("MUSC_FAKE_FAIL");
    if (current != (text ? text : "")) {
        current = text ? text : "";
        counted.clear();
        state().broken = CUDA_SUCCESS; // as if the process had started anew
    }
    return current;
}

CUresult injected(const char *operation) {
    auto faults = faults_of(watch());
    long call = ++counted[operation];
    auto found = faults.find(operation);
    return found != faults.end() && found->second.first == call ? found->second.second
                                                                : CUDA_SUCCESS;
}

std::string misbehaviour(const std::string &kernel) {
    const char *text = getenv("MUSC_FAKE_KERNEL");
    std::string list = text ? text : "";
    for (size_t at = 0; at < list.size();) {
        size_t end = std::min(list.find(',', at), list.size());
        std::string item = list.substr(at, end - at);
        size_t equals = std::min(item.find('='), item.size());
        bool prefix = equals && item[equals - 1] == '*';
        if (prefix ? !kernel.compare(0, equals - 1, item, 0, equals - 1)
                   : kernel == item.substr(0, equals))
            return item.substr(std::min(equals + 1, item.size()));
        at = end + 1;
    }
    return "";
}

void misbehave(const std::string &how, void **arguments) {
    if (how == "hang")
        for (;;) pause();
    if (how == "crash") abort();
    if (how != "wrong") return;
    auto first = *(size_t *)arguments[0];
    auto block = state().device.upper_bound(first);
    if (block == state().device.begin()) return;
    --block;
    for (size_t at = first; at + 8 <= block->first + block->second; at += 8) {
        auto *number = (unsigned long long *)at;
        if (!*number) continue;
        *number ^= 1ull << 52 | 1;
        return;
    }
}

static thread_local CUcontext context;

CUresult enter(bool needs_context) {
    watch();
    if (state().broken) return state().broken;
    if (needs_context && (!context || !state().retained)) return CUDA_ERROR_INVALID_CONTEXT;
    return CUDA_SUCCESS;
}

} // namespace fake

API cuCtxSetCurrent(CUcontext c) {
    ENTER(false);
    fake::context = c;
    return CUDA_SUCCESS;
}

API cuCtxGetCurrent(CUcontext *c) {
    ENTER(false);
    *c = fake::context;
    return CUDA_SUCCESS;
}

API cuGetErrorName(CUresult code, const char **name) {
    switch (code) {
#define NAMED(x) case x: *name = #x; return CUDA_SUCCESS;
        NAMED(CUDA_SUCCESS)
        NAMED(CUDA_ERROR_INVALID_VALUE)
        NAMED(CUDA_ERROR_OUT_OF_MEMORY)
        NAMED(CUDA_ERROR_NO_DEVICE)
        NAMED(CUDA_ERROR_INVALID_DEVICE)
        NAMED(CUDA_ERROR_INVALID_IMAGE)
        NAMED(CUDA_ERROR_INVALID_CONTEXT)
        NAMED(CUDA_ERROR_NO_BINARY_FOR_GPU)
        NAMED(CUDA_ERROR_ECC_UNCORRECTABLE)
        NAMED(CUDA_ERROR_INVALID_HANDLE)
        NAMED(CUDA_ERROR_NOT_FOUND)
        NAMED(CUDA_ERROR_NOT_READY)
        NAMED(CUDA_ERROR_ILLEGAL_ADDRESS)
        NAMED(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
        NAMED(CUDA_ERROR_LAUNCH_TIMEOUT)
        NAMED(CUDA_ERROR_HARDWARE_STACK_ERROR)
        NAMED(CUDA_ERROR_LAUNCH_FAILED)
        NAMED(CUDA_ERROR_INVALID_CLUSTER_SIZE)
        NAMED(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)
        NAMED(CUDA_ERROR_UNKNOWN)
#undef NAMED
    default:
        *name = nullptr;
        return CUDA_ERROR_INVALID_VALUE;
    }
}

// The texts of the codes that tests look for; the others share one.
API cuGetErrorString(CUresult code, const char **text) {
    if (CUresult unknown = cuGetErrorName(code, text)) return unknown;
    *text = code == CUDA_ERROR_OUT_OF_MEMORY    ? "out of memory"
            : code == CUDA_ERROR_LAUNCH_FAILED  ? "unspecified launch failure"
            : code == CUDA_ERROR_NO_DEVICE      ? "no CUDA-capable device is detected"
                                                : "as the fake driver was told";
    return CUDA_SUCCESS;
}
