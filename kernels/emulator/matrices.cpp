// ldmatrix and mma.sync, once for a warp.
#include <cstring>

#include "layouts.h"
#include "memory.h"
#include "ptx.h"

namespace emulator {

void load_matrices(const Lanes &lanes) {
    for (int lane = 0; lane < 32; lane++) {
        auto *row = (const char *)((MatrixRows *)lanes.of[lane])->row;
        if ((size_t)row % 16) fail("misaligned: load_matrices of %p by lane %d", row, lane);
        if (!in_shared(row, 16))
            fail("out of bounds: load_matrices of what is no shared memory by lane %d", lane);
    }
    for (int lane = 0; lane < 32; lane++)
        for (int part = 0; part < 4; part++) {
            Cell from = matrix_part(lane, part);
            auto *halves = (half_bits *)((MatrixRows *)lanes.of[from.row])->row + from.column;
            check_as(lanes.first + lane, halves, 4, Access::Read);
            memcpy(((MatrixRows *)lanes.of[lane])->r + part, halves, 4);
        }
}

// add_product adds a [16,16] times b [16,8] to d [16,8]. Products of halves are exact in float, so
// that fused or not the sums are the same.
static inline __attribute__((always_inline)) void
add_product(float (&d)[16][8], const unsigned short (&a)[16][16],
            const unsigned short (&b)[16][8]) {
    float wide_a[16][16], wide_b[16][8];
    for (int row = 0; row < 16; row++)
        for (int k = 0; k < 16; k++) wide_a[row][k] = widen(a[row][k]);
    for (int k = 0; k < 16; k++)
        for (int column = 0; column < 8; column++) wide_b[k][column] = widen(b[k][column]);
    for (int row = 0; row < 16; row++)
        for (int k = 0; k < 16; k++)
            for (int column = 0; column < 8; column++)
                d[row][column] += wide_a[row][k] * wide_b[k][column];
}

#ifdef __x86_64__ // the same with vectors twice as wide
__attribute__((target("avx2,fma"))) static void
add_product_avx2(float (&d)[16][8], const unsigned short (&a)[16][16],
                 const unsigned short (&b)[16][8]) {
    add_product(d, a, b);
}
static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif

void multiply_add(const Lanes &lanes) {
    unsigned short a[16][16], b[16][8];
    float d[16][8];
    for (int lane = 0; lane < 32; lane++) {
        auto *mine = (Fragments *)lanes.of[lane];
        for (int k = 0; k < 8; k++) {
            Cell at = cell_of_a(lane, k);
            a[at.row][at.column] = (unsigned short)(mine->a[k / 2] >> k % 2 * 16);
        }
        for (int k = 0; k < 4; k++) {
            Cell of_b = cell_of_b(lane, k), of_d = cell_of_d(lane, k);
            b[of_b.row][of_b.column] =
                (unsigned short)((k < 2 ? mine->b0 : mine->b1) >> k % 2 * 16);
            d[of_d.row][of_d.column] = mine->d[k];
        }
    }
#ifdef __x86_64__
    if (avx2) add_product_avx2(d, a, b);
    else
#endif
        add_product(d, a, b);
    multiplied += 16 * 16 * 8;
    for (int lane = 0; lane < 32; lane++) {
        auto *mine = (Fragments *)lanes.of[lane];
        for (int k = 0; k < 4; k++) {
            Cell at = cell_of_d(lane, k);
            mine->d[k] = d[at.row][at.column];
        }
    }
}

} // namespace emulator
