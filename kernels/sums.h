// Sums over a block of threads, of the same bytes on every run.
#ifndef MUSC_SUMS_H
#define MUSC_SUMS_H

#include "ptx.h"

// block_sum adds one value of each of the block's threads, in a fixed order; every thread gets the
// sum. of_warps has room for a value of each of the Warps.
template <int Warps, class T> DEVICE T block_sum(T value, T (&of_warps)[Warps]) {
    for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(0xffffffffu, value, lanes);
    __syncthreads(); // of_warps may still be read
    if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = value;
    __syncthreads();
    T sum = 0;
    for (int warp = 0; warp < Warps; warp++) sum += of_warps[warp];
    return sum;
}

#endif
