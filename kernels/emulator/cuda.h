// CUDA's own words for a C++ compiler. Functions that wait know the place of their call, which is
// part of what threads that meet must agree in.
#pragma once
#include <math.h>

#include "block.h"
#include "half.h"

#pragma GCC diagnostic ignored "-Wunknown-pragmas" // unroll

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(bytes) alignas(bytes)
#define __grid_constant__
#define __restrict__ __restrict

// Static shared memory is what is in this section (memory.cpp). Not within a template: g++ before
// 14 puts the variables of a template elsewhere, without a word.
#define __shared__ static __attribute__((section("musc_shared")))

extern emulator::Index threadIdx, blockIdx, blockDim, gridDim;

inline void __syncthreads(emulator::Here place = emulator::here()) {
    emulator::barrier("__syncthreads", place);
}

namespace emulator {

void synchronise_lanes(const Lanes &lanes);

struct Shuffle {
    unsigned long long value;
    int from; // lane
};
void shuffle(const Lanes &lanes);

struct Ballot {
    bool holds;
    unsigned of_all;
};
void ballot(const Lanes &lanes);

// from_lane gives the value of another lane.
template <class T> T from_lane(const char *what, unsigned mask, T value, int lane, Here place) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles are of 4 or 8 bytes");
    Shuffle mine{0, lane};
    memcpy(&mine.value, &value, sizeof value);
    collective(what, mask, &mine, shuffle, place);
    memcpy(&value, &mine.value, sizeof value);
    return value;
}

} // namespace emulator

inline void __syncwarp(unsigned mask = ~0u, emulator::Here place = emulator::here()) {
    emulator::collective("__syncwarp", mask, nullptr, emulator::synchronise_lanes, place);
}

template <class T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32,
              emulator::Here place = emulator::here()) {
    int lane = emulator::current_thread() % 32;
    int source = (lane & ~(width - 1)) | (from & (width - 1));
    return emulator::from_lane("__shfl_sync", mask, value, source, place);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32,
                  emulator::Here place = emulator::here()) {
    int lane = emulator::current_thread() % 32, source = lane ^ lanes;
    if (source > (lane | (width - 1))) source = lane;
    return emulator::from_lane("__shfl_xor_sync", mask, value, source, place);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned lanes, int width = 32,
                   emulator::Here place = emulator::here()) {
    int lane = emulator::current_thread() % 32, source = lane + (int)lanes;
    if (source > (lane | (width - 1))) source = lane;
    return emulator::from_lane("__shfl_down_sync", mask, value, source, place);
}

inline unsigned __ballot_sync(unsigned mask, bool holds, emulator::Here place = emulator::here()) {
    emulator::Ballot mine{holds, 0};
    emulator::collective("__ballot_sync", mask, &mine, emulator::ballot, place);
    return mine.of_all;
}

// Atomic operations return what was there before.
int atomicAdd(int *at, int value);
unsigned atomicAdd(unsigned *at, unsigned value);
unsigned long long atomicAdd(unsigned long long *at, unsigned long long value);
float atomicAdd(float *at, float value);
double atomicAdd(double *at, double value);
int atomicMax(int *at, int value);
unsigned atomicMax(unsigned *at, unsigned value);
unsigned long long atomicMax(unsigned long long *at, unsigned long long value);

inline unsigned __float_as_uint(float x) { return emulator::bits_of(x); }
// The arithmetic of a GPU has these bits for every result that is no number.
inline int __float_as_int(float x) { return x != x ? 0x7fffffff : (int)emulator::bits_of(x); }
inline float __uint_as_float(unsigned bits) { return emulator::float_of(bits); }
inline float __int_as_float(int bits) { return emulator::float_of((unsigned)bits); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
template <class T> T __ldg(const T *at) { return *at; }

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
inline long long min(long long a, long long b) { return a < b ? a : b; }
inline long long max(long long a, long long b) { return a > b ? a : b; }
inline unsigned long long min(unsigned long long a, unsigned long long b) { return a < b ? a : b; }
inline unsigned long long max(unsigned long long a, unsigned long long b) { return a > b ? a : b; }
inline float min(float a, float b) { return fminf(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
