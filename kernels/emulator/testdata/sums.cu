// A sum over blocks of 64 threads by shuffles, static shared memory and an atomic addition, right
// and with one fault planted; and the maximum, by atomicMax.
#include "../../ptx.h"

enum Fault {
    None,
    MissingBarrier,   // between the warps
    WarpRace,         // both warps write the same word
    Undefined,        // a word is read that nobody wrote
    Divergent,        // one thread does not come to the barrier
    DivergentPlaces,  // the warps wait at different barriers
    MissingLane,      // of a shuffle
    ReadOutOfBounds,  // of device memory
    WriteOutOfBounds, // of device memory
    BlockRace,        // blocks add without an atomic operation
    LaneRace,         // a lane reads what another wrote, without __syncwarp
    DynamicOutOfBounds,
};

extern "C" __global__ void __launch_bounds__(64)
sums(unsigned *total, unsigned *greatest, unsigned *squares, const unsigned *values, int count,
     int fault) {
    __shared__ unsigned of_warps[2], of_lanes[64], never[2];
    int thread = threadIdx.x, lane = thread % 32, at = blockIdx.x * 64 + thread;
    unsigned value = at < count || fault == ReadOutOfBounds ? values[at] : 0;
    if (at < count || fault == WriteOutOfBounds) squares[at] = value * value;
    if (value > 0) atomicMax(greatest, value);

    of_lanes[thread] = value; // the neighbour's value, by shared memory
    if (fault != LaneRace) __syncwarp();
    unsigned neighbour = of_lanes[thread ^ 1];
    if (neighbour != __shfl_xor_sync(~0u, value, 1)) atomicAdd(total, 1000000u); // never

    for (int lanes = 16; lanes > 0; lanes /= 2)
        if (fault != MissingLane || lane != 3 || lanes > 4)
            value += __shfl_down_sync(~0u, value, lanes);
    if (lane == 0) of_warps[fault == WarpRace ? 0 : thread / 32] = value;
    if (fault == Divergent && thread == 40) return;
    if (fault == DivergentPlaces) {
        if (thread < 32) __syncthreads();
        else
            __syncthreads();
    } else if (fault != MissingBarrier) {
        __syncthreads();
    }
    if (thread != 0) return;
    unsigned sum = of_warps[0] + of_warps[1];
    if (fault == Undefined) sum += never[1];
    if (fault == DynamicOutOfBounds) sum += dynamic_shared<unsigned>()[4] > 7;
    if (fault == BlockRace) *total += sum;
    else
        atomicAdd(total, sum);
}
