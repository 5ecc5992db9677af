// The twins of what Hopper (sm_90a) alone has: barriers in shared memory that count arrivals and
// bytes, the copies of tiles that they wait for, and products of a warpgroup of 128 threads.
#pragma once
#include "cuda.h"

typedef unsigned long long barrier_bits;

struct alignas(64) TensorMap {
    unsigned long long opaque[16]; // musc_tensor_map of cgo/cuda/fake/launch.h
};

namespace emulator {

void barrier_init(barrier_bits *b, int arrivals);
void barrier_init_done();
void barrier_arrive(barrier_bits *b, int bytes);
void barrier_wait(barrier_bits *b, int parity, Here place);
void load_tile(void *shared, const TensorMap *map, int x, int y, barrier_bits *b);

void products_begin();
void products_commit();
void products_wait(int newest, Here place);
void multiply_add_group(float *d, int sums, unsigned long long a, unsigned long long b,
                        bool accumulate);

} // namespace emulator

DEVICE void barrier_init(barrier_bits *b, int arrivals) { emulator::barrier_init(b, arrivals); }
DEVICE void barrier_init_done() { emulator::barrier_init_done(); }
DEVICE void barrier_expect(barrier_bits *b, int bytes) { emulator::barrier_arrive(b, bytes); }
DEVICE void barrier_arrive(barrier_bits *b) { emulator::barrier_arrive(b, 0); }
DEVICE void barrier_wait(barrier_bits *b, int parity, emulator::Here place = emulator::here()) {
    emulator::barrier_wait(b, parity, place);
}
DEVICE void load_tile(void *shared, const TensorMap *map, int x, int y, barrier_bits *b) {
    emulator::load_tile(shared, map, x, y, b);
}

DEVICE void products_begin() { emulator::products_begin(); }
DEVICE void products_commit() { emulator::products_commit(); }
template <int Newest> DEVICE void products_wait(emulator::Here place = emulator::here()) {
    emulator::products_wait(Newest, place);
}
template <int Sums>
DEVICE void multiply_add_group(float (&d)[Sums], unsigned long long a, unsigned long long b,
                               bool accumulate) {
    static_assert(Sums == 128 || Sums == 116, "ptx.h has products of 256 and of 232 columns");
    emulator::multiply_add_group(d, Sums, a, b, accumulate);
}

DEVICE void named_barrier(int id, int threads, emulator::Here place = emulator::here()) {
    emulator::partial_barrier("named_barrier", id, threads, place);
}

template <int Sums> DEVICE void settle(float (&)[Sums]) {} // for a GPU's compiler

// Registers are not counted here.
template <int Registers> DEVICE void take_registers() {
    static_assert(Registers % 8 == 0 && Registers >= 24 && Registers <= 256, "setmaxnreg's range");
}
template <int Registers> DEVICE void give_registers() {
    static_assert(Registers % 8 == 0 && Registers >= 24 && Registers <= 256, "setmaxnreg's range");
}
