// What CuTe's headers name of CUDA's own on a host without CUDA: included before them, so that the
// CUDA headers that they ask for may be empty. No layout depends on any of it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#define MUSC_VECTORS(type, name)                \
    struct name##2 { type x, y; };              \
    struct name##4 { type x, y, z, w; };
MUSC_VECTORS(int, int)
MUSC_VECTORS(unsigned, uint)
MUSC_VECTORS(long, long)
MUSC_VECTORS(unsigned long, ulong)
MUSC_VECTORS(long long, longlong)
MUSC_VECTORS(unsigned long long, ulonglong)
MUSC_VECTORS(float, float)
MUSC_VECTORS(double, double)
#undef MUSC_VECTORS
struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };

struct half;
struct __half_raw {
    unsigned short x;
    __half_raw() = default;
    __half_raw(half);
};
struct half {
    unsigned short x;
    half() = default;
    half(__half_raw);
};
struct half2 { half x, y; };
float __half2float(half);
half __float2half(float);

struct __nv_bfloat16;
struct __nv_bfloat16_raw {
    unsigned short x;
    __nv_bfloat16_raw() = default;
    __nv_bfloat16_raw(__nv_bfloat16);
};
struct __nv_bfloat16 {
    unsigned short x;
    __nv_bfloat16() = default;
    __nv_bfloat16(__nv_bfloat16_raw);
};

typedef float2 cuFloatComplex;
typedef double2 cuDoubleComplex;
cuFloatComplex make_cuFloatComplex(float, float);
cuDoubleComplex make_cuDoubleComplex(double, double);
float cuCrealf(cuFloatComplex), cuCimagf(cuFloatComplex);
double cuCreal(cuDoubleComplex), cuCimag(cuDoubleComplex);

namespace cuda {
namespace std = ::std;
}

// The one function of CUDA's that is called: an address in the shared memory of cute.cpp.
#define CUTE_CVTA_GENERIC_TO_SHARED_ACTIVATED 1
size_t __cvta_generic_to_shared(const void *);
