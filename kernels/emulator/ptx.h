// The twin of ../ptx.h for the host; what each function does is said there.
#pragma once
#include "cuda.h"

#define DEVICE static inline __attribute__((unused))
#define DEVICE_MEMBER inline

typedef unsigned short half_bits;

DEVICE half_bits to_half(float x) { return emulator::narrow(x); }
DEVICE float from_half(half_bits h) { return emulator::widen(h); }

struct alignas(16) Halves {
    half_bits at[8];
};
DEVICE Halves load_once(const half_bits *from) { return *(const Halves *)from; }

namespace emulator {

char *shared_memory();
unsigned shared_address(const void *shared);
void copy_async(void *shared, const void *global, bool present);
void commit_copies();
void wait_copies(int newest);

struct MatrixRows {
    unsigned *r;
    const void *row;
};
void load_matrices(const Lanes &lanes);

struct Fragments {
    float *d;
    const unsigned *a;
    unsigned b0, b1;
};
void multiply_add(const Lanes &lanes);

} // namespace emulator

template <class T> DEVICE T *dynamic_shared() { return (T *)emulator::shared_memory(); }
DEVICE unsigned shared_address(const void *shared) { return emulator::shared_address(shared); }

DEVICE void copy_async(void *shared, const void *global, bool present) {
    emulator::copy_async(shared, global, present);
}
DEVICE void commit_copies() { emulator::commit_copies(); }
template <int Newest> DEVICE void wait_copies() { emulator::wait_copies(Newest); }

DEVICE void load_matrices(unsigned (&r)[4], const void *shared,
                          emulator::Here place = emulator::here()) {
    emulator::MatrixRows mine{r, shared};
    emulator::collective("load_matrices", ~0u, &mine, emulator::load_matrices, place);
}

DEVICE void multiply_add(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1,
                         emulator::Here place = emulator::here()) {
    emulator::Fragments mine{d, a, b0, b1};
    emulator::collective("multiply_add", ~0u, &mine, emulator::multiply_add, place);
}

#include "hopper.h"
