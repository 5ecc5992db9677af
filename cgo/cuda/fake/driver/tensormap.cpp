// Tensor maps, with the driver's rules as far as the programming guide states them.
#include <cstring>

#include "driver.h"

static_assert(sizeof(musc_tensor_map) <= sizeof(CUtensorMap), "launch.h describes a tensor map");

static unsigned element_bytes(CUtensorMapDataType type) {
    switch (type) {
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT16:
    case CU_TENSOR_MAP_DATA_TYPE_BFLOAT16: return 2;
    case CU_TENSOR_MAP_DATA_TYPE_FLOAT32: return 4;
    default: return 0; // none that musc uses
    }
}

// How long a row of the box may be, in bytes.
static unsigned row_limit(CUtensorMapSwizzle swizzle) {
    switch (swizzle) {
    case CU_TENSOR_MAP_SWIZZLE_NONE: return 1024; // 256 elements of 4 bytes
    case CU_TENSOR_MAP_SWIZZLE_32B: return 32;
    case CU_TENSOR_MAP_SWIZZLE_64B: return 64;
    case CU_TENSOR_MAP_SWIZZLE_128B: return 128;
    default: return 0;
    }
}

API cuTensorMapEncodeTiled(CUtensorMap *map, CUtensorMapDataType type, cuuint32_t rank,
                           void *address, const cuuint64_t *shape, const cuuint64_t *strides,
                           const cuuint32_t *box, const cuuint32_t *steps,
                           CUtensorMapInterleave interleave, CUtensorMapSwizzle swizzle,
                           CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
    unsigned bytes = element_bytes(type);
    if ((size_t)map % 64 || !bytes || rank < 1 || rank > 5 || (size_t)address % 16 || interleave)
        return CUDA_ERROR_INVALID_VALUE;
    musc_tensor_map fake{};
    fake.magic = MUSC_TENSOR_MAP;
    fake.address = (size_t)address;
    fake.rank = rank;
    fake.type = type;
    fake.swizzle = swizzle;
    fake.element_bytes = bytes;
    for (unsigned i = 0; i < rank; i++) {
        if (!shape[i] || shape[i] > 1ull << 32 || !box[i] || box[i] > 256 || steps[i] != 1)
            return CUDA_ERROR_INVALID_VALUE;
        fake.shape[i] = shape[i];
        fake.box[i] = box[i];
        if (i + 1 == rank) break;
        if (strides[i] % 16 || strides[i] >= 1ull << 40) return CUDA_ERROR_INVALID_VALUE;
        fake.strides[i] = strides[i];
    }
    if (box[0] * bytes % 16 || box[0] * bytes > row_limit(swizzle)) return CUDA_ERROR_INVALID_VALUE;
    memcpy(map, &fake, sizeof fake);
    return CUDA_SUCCESS;
}
