// Every instruction of a GPU that C++ has no word for, one function each; the kernels have no other
// PTX. The twin of each, for the host, is in emulator/ptx.h: a kernel that is compiled by a C++
// compiler gets that one. Names and numbers of the instructions are those of NVIDIA's "PTX ISA".
//
// CUDA's own words (threadIdx, __syncthreads, __shfl_xor_sync, __ballot_sync, atomicMax and
// __float_as_uint) are used as they are.
#ifndef MUSC_PTX_H
#define MUSC_PTX_H

#ifndef __CUDACC__
#include "emulator/ptx.h"
#else

#define DEVICE static __device__ __forceinline__
#define DEVICE_MEMBER __device__ __forceinline__

typedef unsigned short half_bits; // an IEEE 754 binary16

DEVICE half_bits to_half(float x) { // to nearest, ties to even
    half_bits h;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
    return h;
}

DEVICE float from_half(half_bits h) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(h));
    return x;
}

// dynamic_shared is the memory of the launch's shared_bytes.
template <class T> DEVICE T *dynamic_shared() {
    extern __shared__ __align__(1024) unsigned char musc_dynamic_shared[];
    return (T *)musc_dynamic_shared;
}

DEVICE unsigned shared_address(const void *shared) {
    return (unsigned)__cvta_generic_to_shared(shared);
}

// copy_async begins to copy 16 bytes, or 16 zero bytes if the source is not present (it is not
// read then). Both addresses are multiples of 16.
DEVICE void copy_async(void *shared, const void *global, bool present) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
                 "l"(__cvta_generic_to_global(global)), "r"(present ? 16 : 0)
                 : "memory");
}

// commit_copies makes one group of the thread's copies since the last one.
DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// wait_copies returns when all but the thread's Newest groups have arrived; the other threads see
// them after a barrier.
template <int Newest> DEVICE void wait_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Newest) : "memory");
}

// load_matrices is ldmatrix.x4: four matrices of 8 x 8 halves. Lane l brings the address of row
// l%8 of matrix l/8, 16 bytes; of each matrix m it gets the elements (l/4, 2*(l%4)) and, in the
// upper half of r[m], (l/4, 2*(l%4)+1).
DEVICE void load_matrices(unsigned (&r)[4], const void *shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(shared))
                 : "memory");
}

// multiply_add is mma.m16n8k16: d += a b for a [16,16] and b [16,8] of halves, d [16,8] of floats.
// With g = lane/4 and t = 2*(lane%4), a holds (g, t..), (g+8, t..), (g, t+8..), (g+8, t+8..), two
// columns each; b holds (t.., g), (t+8.., g), two rows each; d holds (g, t), (g, t+1), (g+8, t),
// (g+8, t+1).
DEVICE void multiply_add(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#endif
#endif
