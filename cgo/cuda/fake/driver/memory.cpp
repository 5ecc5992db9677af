// Device memory, pinned host memory and copies. Every address is checked; new memory is filled with
// 0xff, which is NaN in float32, so that a result that nothing was written to is noticed.
#include <cstdlib>
#include <cstring>

#include "driver.h"

namespace fake {

bool inside(const Blocks &blocks, size_t address, size_t size) {
    auto after = blocks.upper_bound(address);
    if (after == blocks.begin()) return false;
    auto block = std::prev(after);
    return address - block->first <= block->second &&
           size <= block->second - (address - block->first);
}

static size_t used() {
    size_t sum = 0;
    for (auto &block : state().device) sum += block.second;
    return sum;
}

static void *allocate(Blocks &blocks, size_t size) {
    void *memory = aligned_alloc(512, (size + 511) / 512 * 512);
    if (memory) {
        memset(memory, 0xff, size);
        blocks[(size_t)memory] = size;
    }
    return memory;
}

static CUresult release(Blocks &blocks, size_t address) {
    if (!blocks.count(address)) return CUDA_ERROR_INVALID_VALUE;
    run_all(); // freeing waits for the device
    free((void *)address);
    blocks.erase(address);
    return CUDA_SUCCESS;
}

// copy submits a copy to the stream, of bytes that are in device memory where to_device or
// from_device says so. What is in pageable host memory is copied before the call returns.
static CUresult copy(void *to, bool to_device, const void *from, bool from_device, size_t size,
                     Stream *stream) {
    FAULT("copy");
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (to_device && !inside(state().device, (size_t)to, size)) return CUDA_ERROR_INVALID_VALUE;
    if (from_device && !inside(state().device, (size_t)from, size))
        return CUDA_ERROR_INVALID_VALUE;
    bool lazy = (to_device || inside(state().pinned, (size_t)to, size)) &&
                (from_device || inside(state().pinned, (size_t)from, size));
    submit(*stream, [=] { memmove(to, from, size); });
    if (!lazy) return wait_for(*stream);
    return state().broken;
}

} // namespace fake

API cuMemGetInfo_v2(size_t *available, size_t *total) {
    ENTER();
    *total = fake::number("MUSC_FAKE_MEMORY", 1l << 30);
    *available = *total - fake::used();
    return CUDA_SUCCESS;
}

API cuMemAlloc_v2(CUdeviceptr *address, size_t size) {
    ENTER();
    FAULT("alloc");
    if (!size) return CUDA_ERROR_INVALID_VALUE;
    if (fake::used() + size > (size_t)fake::number("MUSC_FAKE_MEMORY", 1l << 30))
        return CUDA_ERROR_OUT_OF_MEMORY;
    *address = (CUdeviceptr)fake::allocate(fake::state().device, size);
    return *address ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

API cuMemFree_v2(CUdeviceptr address) {
    ENTER();
    return address ? fake::release(fake::state().device, address) : CUDA_SUCCESS;
}

API cuMemHostAlloc(void **address, size_t size, unsigned) {
    ENTER();
    FAULT("pin");
    if (!size) return CUDA_ERROR_INVALID_VALUE;
    *address = fake::allocate(fake::state().pinned, size);
    return *address ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

API cuMemFreeHost(void *address) {
    ENTER();
    return fake::release(fake::state().pinned, (size_t)address);
}

API cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t size) {
    ENTER();
    return fake::copy((void *)to, true, from, false, size, &fake::state().default_stream);
}

API cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t size) {
    ENTER();
    return fake::copy(to, false, (void *)from, true, size, &fake::state().default_stream);
}

API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t size, CUstream stream) {
    ENTER();
    return fake::copy((void *)to, true, from, false, size, fake::stream_of(stream));
}

API cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t size, CUstream stream) {
    ENTER();
    return fake::copy(to, false, (void *)from, true, size, fake::stream_of(stream));
}

// Rows of bytes between device memory and pinned host memory: this module has no others.
API cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D *c, CUstream handle) {
    ENTER();
    FAULT("copy");
    auto &state = fake::state();
    auto *stream = fake::stream_of(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    bool in = c->dstMemoryType == CU_MEMORYTYPE_DEVICE;
    bool out = c->srcMemoryType == CU_MEMORYTYPE_DEVICE;
    if ((!in && c->dstMemoryType != CU_MEMORYTYPE_HOST) ||
        (!out && c->srcMemoryType != CU_MEMORYTYPE_HOST) || !c->WidthInBytes || !c->Height ||
        c->WidthInBytes > c->dstPitch || c->WidthInBytes > c->srcPitch)
        return CUDA_ERROR_INVALID_VALUE;
    size_t to = in ? (size_t)c->dstDevice : (size_t)c->dstHost;
    size_t from = out ? (size_t)c->srcDevice : (size_t)c->srcHost;
    to += c->dstY * c->dstPitch + c->dstXInBytes;
    from += c->srcY * c->srcPitch + c->srcXInBytes;
    size_t width = c->WidthInBytes, rows = c->Height, to_row = c->dstPitch, from_row = c->srcPitch;
    if (!fake::inside(in ? state.device : state.pinned, to, (rows - 1) * to_row + width) ||
        !fake::inside(out ? state.device : state.pinned, from, (rows - 1) * from_row + width))
        return CUDA_ERROR_INVALID_VALUE;
    fake::submit(*stream, [=] {
        for (size_t y = 0; y < rows; y++)
            memmove((char *)to + y * to_row, (char *)from + y * from_row, width);
    });
    return state.broken;
}

API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream) {
    ENTER();
    return fake::copy((void *)to, true, (void *)from, true, size, fake::stream_of(stream));
}

// set fills count elements of a type.
template <typename T>
static CUresult set(CUdeviceptr to, T value, size_t count, fake::Stream *stream) {
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (to % sizeof(T) || !fake::inside(fake::state().device, to, count * sizeof(T)))
        return CUDA_ERROR_INVALID_VALUE;
    fake::submit(*stream, [=] {
        for (size_t i = 0; i < count; i++) ((T *)to)[i] = value;
    });
    return fake::state().broken;
}

API cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count) {
    ENTER();
    return set(to, value, count, &fake::state().default_stream);
}

API cuMemsetD32_v2(CUdeviceptr to, unsigned value, size_t count) {
    ENTER();
    return set(to, value, count, &fake::state().default_stream);
}

API cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream) {
    ENTER();
    return set(to, value, count, fake::stream_of(stream));
}

API cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
    ENTER();
    return set(to, value, count, fake::stream_of(stream));
}
