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

struct alignas(16) Halves {
    half_bits at[8];
};

// load_once reads halves that are not read again soon: the caches may forget them first.
DEVICE Halves load_once(const half_bits *from) {
    union {
        unsigned words[4];
        Halves halves;
    } read;
    asm("ld.global.cs.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(read.words[0]), "=r"(read.words[1]), "=r"(read.words[2]), "=r"(read.words[3])
        : "l"(__cvta_generic_to_global(from)));
    return read.halves;
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

// What follows is for sm_90a alone.

// A barrier in shared memory is in phase 0 first; it goes to the next phase when it has seen as
// many arrivals as it was made for, and as many bytes as those expected. The waits name the
// parity of the phase that is to end.
typedef unsigned long long barrier_bits;

DEVICE void barrier_init(barrier_bits *b, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(b)), "r"(arrivals)
                 : "memory");
}

// barrier_init_done makes new barriers known to the copies; a __syncthreads must follow.
DEVICE void barrier_init_done() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}

// barrier_expect arrives, and expects bytes more.
DEVICE void barrier_expect(barrier_bits *b, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(b)),
                 "r"(bytes)
                 : "memory");
}

DEVICE void barrier_arrive(barrier_bits *b) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(b)) : "memory");
}

DEVICE void barrier_wait(barrier_bits *b, int parity) {
    asm volatile("{\n"
                 ".reg .pred done;\n"
                 "again:\n"
                 "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
                 "@!done bra again;\n"
                 "}" ::"r"(shared_address(b)),
                 "r"(parity)
                 : "memory");
}

// TensorMap is as large as CUtensorMap, whose content only the hardware reads.
struct alignas(64) TensorMap {
    unsigned long long opaque[16];
};

// load_tile begins to copy the map's box at column x and row y; its bytes arrive at the barrier.
// What is outside of the tensor is 0.
DEVICE void load_tile(void *shared, const TensorMap *map, int x, int y, barrier_bits *b) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile"
                 ".mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
                     shared_address(shared)),
                 "l"(map), "r"(x), "r"(y), "r"(shared_address(b))
                 : "memory");
}

// The products of a warpgroup (wgmma) run on their own. products_begin comes before the first,
// products_commit makes a group of those since the last one, products_wait returns when all but the
// Newest groups are done. settle must follow it before their sums are read: the compiler does not
// know that they change.
DEVICE void products_begin() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void products_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Newest> DEVICE void products_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Newest) : "memory");
}
template <int Sums> DEVICE void settle(float (&d)[Sums]) {
#pragma unroll
    for (int k = 0; k < Sums; k++) asm volatile("" : "+f"(d[k])::"memory");
}

// multiply_add_group is wgmma.m64n(2*Sums)k16: d = a b^t, or d += if accumulate, for a [64,16] and
// b [2*Sums,16]. Of thread t of the 128, d[4*j+k] is row 16*(t/32) + t%32/4 + 8*(k/2), column 8*j +
// 2*(t%4) + k%2. There is one of 256 columns and one of 232.
#define SUMS_TO_115                                                                          \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, "  \
    "%19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "  \
    "%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, "  \
    "%53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, "  \
    "%70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, "  \
    "%87, %88, %89, %90, %91, %92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, "    \
    "%103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, %115"
#define SUMS(k) "+f"(d[k]), "+f"(d[k + 1]), "+f"(d[k + 2]), "+f"(d[k + 3])
#define MORE_SUMS(k) SUMS(k), SUMS(k + 4), SUMS(k + 8), SUMS(k + 12)
#define ALL_SUMS_TO_111                                                                      \
    MORE_SUMS(0), MORE_SUMS(16), MORE_SUMS(32), MORE_SUMS(48), MORE_SUMS(64), MORE_SUMS(80), \
        MORE_SUMS(96)
DEVICE void multiply_add_group(float (&d)[128], unsigned long long a, unsigned long long b,
                               bool accumulate) {
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %130, 0;\n"
                 "wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {" SUMS_TO_115
                 ", %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
                 "%128, %129, p, 1, 1, 0, 0;\n}"
                 : ALL_SUMS_TO_111, MORE_SUMS(112)
                 : "l"(a), "l"(b), "r"((int)accumulate));
}
DEVICE void multiply_add_group(float (&d)[116], unsigned long long a, unsigned long long b,
                               bool accumulate) {
    asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %118, 0;\n"
                 "wgmma.mma_async.sync.aligned.m64n232k16.f32.f16.f16 {" SUMS_TO_115
                 "}, %116, %117, p, 1, 1, 0, 0;\n}"
                 : ALL_SUMS_TO_111, SUMS(112)
                 : "l"(a), "l"(b), "r"((int)accumulate));
}
#undef ALL_SUMS_TO_111
#undef MORE_SUMS
#undef SUMS
#undef SUMS_TO_115

// named_barrier is __syncthreads for the threads that name the same barrier, 1 to 15.
DEVICE void named_barrier(int id, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

// take_registers and give_registers set how many registers each thread of the warpgroup has.
template <int Registers> DEVICE void take_registers() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
}
template <int Registers> DEVICE void give_registers() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
}

#endif

// What follows is the same on either side.

// matrix_descriptor describes rows of 64 halves in shared memory as load_tile puts them there with
// a swizzle of 128 bytes: 8 rows in 1024 bytes, whose start is a multiple of 1024. The next 16
// halves of each row are 32 bytes on, 2 in the descriptor.
DEVICE unsigned long long matrix_descriptor(const void *shared) {
    return (shared_address(shared) & 0x3ffff) >> 4 | 1ull << 16 | (1024ull >> 4) << 32 | 1ull << 62;
}

#endif
