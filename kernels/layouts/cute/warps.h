// product.h's use of shared memory and of a warp's products, against CuTe. Its own functions run
// here, thread by thread; the instructions that they call only write down what they were asked.
#pragma once
#include <set>
#include <vector>

#include "../../ptx.h"

#include "check.h"
#include "cute.h"

namespace warps {

using check::equal;

struct Copy {
    half_bits *to;
    const half_bits *from;
};
static std::vector<Copy> copies;              // in the order of the calls
static std::vector<const half_bits *> matrices; // of one lane
struct Product {
    const float *d;
    unsigned a[4], b[2]; // which register of which load: 4 * load + register
};
static std::vector<Product> products; // of one lane

inline void write_copy(half_bits *to, const half_bits *from, bool present) {
    if (present) copies.push_back({to, from});
}
inline void write_matrices(unsigned (&r)[4], const half_bits *row) {
    for (unsigned k = 0; k < 4; k++) r[k] = 4 * matrices.size() + k;
    matrices.push_back(row);
}
inline void write_product(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    products.push_back({d, {a[0], a[1], a[2], a[3]}, {b0, b1}});
}

namespace source {
#define copy_async ::warps::write_copy
#define load_matrices ::warps::write_matrices
#define multiply_add ::warps::write_product
#undef MUSC_PRODUCT_H // search.cu has included it with the emulator's instructions
#include "../../product.h"
#undef copy_async
#undef load_matrices
#undef multiply_add
} // namespace source

using namespace source::mma;
constexpr int banks = 8; // groups of 16 bytes

// no_conflict says that 8 lanes touch 8 different groups of banks.
inline void no_conflict(const char *what, std::vector<const half_bits *> rows, const half_bits *of) {
    for (size_t first = 0; first < rows.size(); first += banks) {
        std::set<long> groups;
        for (size_t k = first; k < first + banks; k++) groups.insert((rows[k] - of) / Chunk % banks);
        equal(groups.size(), banks, "%s: groups of banks of lanes %zu to %zu", what, first,
              first + banks - 1);
    }
}

// copied checks that fetch brings every half of a buffer to where CuTe's layout with a swizzle of
// 64 bytes has it.
inline void copied() {
    constexpr int channels = 3 * Channels, channel = Channels;
    static half_bits from[Tile * channels];
    alignas(1024) static half_bits to[Tile * Channels];
    std::vector<std::vector<Copy>> of_threads(Threads);
    for (int thread = 0; thread < Threads; thread++) {
        threadIdx.x = thread;
        copies.clear();
        fetch(to, from, Tile, channels, channel);
        of_threads[thread] = copies;
        for (const Copy &copy : copies)
            for (int k = 0; k < Chunk; k++) {
                int row = (copy.from - from) / channels, column = (copy.from - from) % channels;
                equal((copy.to + k - to) * 2, witness::byte_of_64(row, column + k - channel),
                      "fetch: half %d of row %d", column + k - channel, row);
            }
    }
    for (size_t step = 0; step < of_threads[0].size(); step++) {
        std::vector<const half_bits *> places;
        for (auto &of_thread : of_threads) places.push_back(of_thread[step].to);
        no_conflict("fetch", places, to);
    }
}

// multiplied checks that every half of every operand of a warp's products is the one of the row or
// column and the channel that CuTe says: from the product's registers back to the loads, from
// these back to shared memory.
inline void multiplied() {
    alignas(1024) static half_bits buffer[Buffer];
    half_bits *rows = buffer, *columns = buffer + Buffer / 2;
    static float sums[Rows][Columns][4];
    static int channel_of[2][Tile * Channels], row_of[2][Tile * Channels];
    for (int row = 0; row < Tile; row++)
        for (int channel = 0; channel < Channels; channel++) {
            int at = witness::byte_of_64(row, channel) / 2;
            for (int side : {0, 1}) row_of[side][at] = row, channel_of[side][at] = channel;
        }
    std::vector<std::vector<const half_bits *>> loads(32);
    std::vector<std::vector<Product>> of_lanes(32);
    for (int lane = 0; lane < 32; lane++) {
        threadIdx.x = lane;
        matrices.clear(), products.clear();
        multiply(sums, rows, columns);
        loads[lane] = matrices;
        of_lanes[lane] = products;
    }
    for (size_t load = 0; load < loads[0].size(); load++) {
        std::vector<const half_bits *> places;
        for (auto &of_lane : loads) places.push_back(of_lane[load]);
        no_conflict("multiply", places, buffer);
    }
    // source is the half that half k of a register came from, as an index of rows or columns.
    auto source = [&](int lane, unsigned tag, int k, const half_bits *of) {
        witness::Cell part = witness::matrix_part(lane, tag % 4, k);
        return loads[part.row][tag / 4] + part.column - of;
    };
    for (int lane = 0; lane < 32; lane++) {
        size_t count = 0;
        for (const Product &p : of_lanes[lane]) {
            int sum = (int)(p.d - &sums[0][0][0]) / 4, i = sum / Columns, j = sum % Columns;
            int channel = int(count++ / (Rows * Columns)) * 16;
            for (int k = 0; k < 8; k++) {
                witness::Cell want = witness::cell_of_a(lane, k);
                long at = source(lane, p.a[k / 2], k % 2, rows);
                if (at < 0 || at >= Tile * Channels) at = 0;
                equal(row_of[0][at], 16 * i + want.row, "multiply: the row of a's half %d of lane %d",
                      k, lane);
                equal(channel_of[0][at], channel + want.column,
                      "multiply: the channel of a's half %d of lane %d", k, lane);
            }
            for (int k = 0; k < 4; k++) {
                witness::Cell want = witness::cell_of_b(lane, k);
                long at = source(lane, p.b[k / 2], k % 2, columns);
                if (at < 0 || at >= Tile * Channels) at = 0;
                equal(row_of[1][at], 8 * j + want.column,
                      "multiply: the column of b's half %d of lane %d", k, lane);
                equal(channel_of[1][at], channel + want.row,
                      "multiply: the channel of b's half %d of lane %d", k, lane);
            }
        }
        equal(count, Rows * Columns * Channels / 16, "multiply: the products of lane %d", lane);
    }
}

} // namespace warps
