// The product of 128 x 128 patches by tensor cores from compute capability 8.0 on, that search.cu
// and box_product.cu have in common.
//
// A block of 4 warps holds 64 x 64 products each in registers. Halves come 32 channels at a time
// through Stages buffers in shared memory: while one is multiplied, the next are under way. A row
// of a buffer is 64 bytes, four chunks of 16; chunk c of row r lies at place c ^ (r / 2 % 4), so
// that the 8 rows that ldmatrix reads at once are in 8 different groups of banks, and so are the 8
// chunks that are written.
#ifndef MUSC_PRODUCT_H
#define MUSC_PRODUCT_H

#include "near.h"
#include "ptx.h"

namespace mma {

constexpr int Tile = 128;     // patches of either image
constexpr int Channels = 32;  // of a buffer
constexpr int Stages = 3;     // buffers: 48 KB, so that two blocks fit on any multiprocessor
constexpr int Threads = 128;  // 4 warps: 2 down, 2 across
constexpr int WarpTile = 64;  // patches of either image
constexpr int Chunk = 8;      // halves of 16 bytes
constexpr int Rows = WarpTile / 16, Columns = WarpTile / 8; // of a warp's mma tiles
constexpr int Buffer = 2 * Tile * Channels;                 // halves: rows, then columns

// Sums are a warp's products: of a lane, [i][j][2 * half + k] is row 16 i + 8 half + lane / 4 and
// column 8 j + lane % 4 * 2 + k of the warp's 64 x 64.
typedef float Sums[Rows][Columns][4];

DEVICE int warp_row() { return threadIdx.x / 32 / 2 * WarpTile; }
DEVICE int warp_column() { return threadIdx.x / 32 % 2 * WarpTile; }

DEVICE half_bits *place(half_bits *rows, int row, int chunk) {
    return rows + row * Channels + (chunk ^ (row / 2 % 4)) * Chunk;
}

// fetch begins to bring 32 channels of a tile's patches; patches from count on are zero.
DEVICE void fetch(half_bits *to, const half_bits *from, int count, int channels, int channel) {
#pragma unroll
    for (int step = 0; step < Tile * Channels / Chunk / Threads; step++) {
        int task = step * Threads + threadIdx.x;
        int row = task / (Channels / Chunk), chunk = task % (Channels / Chunk);
        bool present = row < count;
        long long at = (long long)(present ? row : 0) * channels + channel + chunk * Chunk;
        copy_async(place(to, row, chunk), from + at, present);
    }
}

// multiply adds the products of one buffer to the warp's.
DEVICE void multiply(Sums &sums, half_bits *rows, half_bits *columns) {
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int chunk = 0; chunk < Channels / Chunk; chunk += 2) {
        unsigned a[Rows][4], b[Columns / 2][4];
#pragma unroll
        for (int i = 0; i < Rows; i++)
            load_matrices(a[i], place(rows, 16 * i + lane % 16, chunk + lane / 16));
#pragma unroll
        for (int j = 0; j < Columns / 2; j++)
            load_matrices(b[j], place(columns, 16 * j + lane / 16 * 8 + lane % 8,
                                      chunk + lane / 8 % 2));
#pragma unroll
        for (int i = 0; i < Rows; i++)
#pragma unroll
            for (int j = 0; j < Columns; j++)
                multiply_add(sums[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
    }
}

// multiply_tiles adds the products of patches [patches, channels] from rows and from columns on, of
// which so many are there, to the warp's. buffers are Stages of Buffer halves, which may be written
// again afterwards.
DEVICE void multiply_tiles(Sums &sums, half_bits *buffers, const half_bits *rows, int row_count,
                           const half_bits *columns, int column_count, int channels) {
    auto fetch_both = [&](int step) {
        if (step * Channels < channels) {
            half_bits *to = buffers + step % Stages * Buffer;
            fetch(to, rows, row_count, channels, step * Channels);
            fetch(to + Buffer / 2, columns, column_count, channels, step * Channels);
        }
        commit_copies(); // an empty group, too: the wait below counts them
    };
    for (int step = 0; step < Stages - 1; step++) fetch_both(step);
    for (int step = 0; step * Channels < channels; step++) {
        wait_copies<Stages - 2>();
        __syncthreads(); // all copies are there, and nobody reads the buffer to be filled next
        fetch_both(step + Stages - 1);
        half_bits *buffer = buffers + step % Stages * Buffer;
        multiply(sums, buffer + warp_row() * Channels,
                 buffer + Buffer / 2 + warp_column() * Channels);
    }
    wait_copies<0>();
    __syncthreads(); // the next tile may overwrite the buffers
}

// drop_far makes the warp's products of patches that do not count for each other -infinity. Its
// first row and column are patches first_row and first_column.
DEVICE void drop_far(Sums &sums, int first_row, int first_column, const Bound &bound) {
    int lane = threadIdx.x % 32;
    unsigned columns[Columns][2];
    Walk column(first_column + lane % 4 * 2, 8, bound.width);
#pragma unroll
    for (int j = 0; j < Columns; j++, column.go()) {
        columns[j][0] = column.place;
        columns[j][1] = column.next();
    }
    Walk row(first_row + lane / 4, 8, bound.width);
#pragma unroll
    for (int i = 0; i < Rows; i++)
#pragma unroll
        for (int half = 0; half < 2; half++, row.go()) {
            Near near(row.place, bound.radius);
#pragma unroll
            for (int j = 0; j < Columns; j++)
#pragma unroll
                for (int k = 0; k < 2; k++)
                    if (!near.has(columns[j][k]))
                        sums[i][j][2 * half + k] = -__uint_as_float(0x7f800000u);
        }
}

// AllTiles are those of a pair of images, one after the other.
struct AllTiles {
    int across, count;
    DEVICE_MEMBER explicit AllTiles(int patches)
        : across((patches + Tile - 1) / Tile), count(across * across) {}
    DEVICE_MEMBER void find(int tile, int &row, int &column) const {
        row = tile / across * Tile;
        column = tile % across * Tile;
    }
    DEVICE_MEMBER void drop(Sums &, int, int) const {}
};

// NearTiles are those in which patches count for each other.
struct NearTiles {
    Bound bound;
    int count = bound.count;
    DEVICE_MEMBER void find(int tile, int &row, int &column) const {
        unsigned at = bound.tiles[tile];
        row = (int)(at >> 16) * Tile;
        column = (int)(at & 0xffff) * Tile;
    }
    DEVICE_MEMBER void drop(Sums &sums, int first_row, int first_column) const {
        drop_far(sums, first_row, first_column, bound);
    }
};

} // namespace mma

#endif
