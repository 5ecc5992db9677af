// The search of Eq. 1: for pairs of images, which patch of the one is nearest to each patch of the
// other, in both directions from one product.
//
// The features are halves, centred and scaled (prepare.cu). With h(p) = |x(p)|^2 / 2 of the halves
// themselves, x(p).y(q) - h(p) - h(q) is minus half the squared distance of p and q: the nearest
// patches are the row maxima and the column maxima of that, and no distance matrix is ever stored.
//
// A block takes tiles of 128 x 128 patches of one pair after the other. Its 4 warps hold 64 x 64
// products each in registers. Halves come 32 channels at a time through Stages buffers in shared
// memory: while one is multiplied, the next are under way. A row of a buffer is 64 bytes, four
// chunks of 16; chunk c of row r lies at place c ^ (r / 2 % 4), so that the 8 rows that ldmatrix
// reads at once are in 8 different groups of banks, and so are the 8 chunks that are written.
#include "pairs.h"
#include "ptx.h"

constexpr int Tile = 128;       // patches of either image
constexpr int Channels = 32;    // of a buffer
constexpr int Stages = 3;       // buffers: 48 KB, so that two blocks fit on any multiprocessor
constexpr int Threads = 128;    // 4 warps: 2 down, 2 across
constexpr int WarpTile = 64;    // patches of either image
constexpr int Chunk = 8;        // halves of 16 bytes
constexpr int Rows = WarpTile / 16, Columns = WarpTile / 8; // of a warp's mma tiles
constexpr int Buffer = 2 * Tile * Channels;                 // halves: rows, then columns

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
DEVICE void multiply(float (&products)[Rows][Columns][4], half_bits *rows, half_bits *columns) {
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
                multiply_add(products[i][j], a[i], b[j / 2][j % 2 * 2], b[j / 2][j % 2 * 2 + 1]);
    }
}

// reduce writes the maxima of the warp's products, whose first row and column are patches
// first_row and first_column.
DEVICE void reduce(float (&products)[Rows][Columns][4], Key *row_keys, Key *column_keys,
                   const float *row_norms, const float *column_norms, int first_row,
                   int first_column, int patches) {
    int lane = threadIdx.x % 32;
    float of_columns[Columns][2];
#pragma unroll
    for (int j = 0; j < Columns; j++)
#pragma unroll
        for (int k = 0; k < 2; k++)
            of_columns[j][k] =
                half_norm(column_norms, first_column + 8 * j + lane % 4 * 2 + k, patches);
#pragma unroll
    for (int i = 0; i < Rows; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = first_row + 16 * i + 8 * half + lane / 4;
            float of_row = half_norm(row_norms, row, patches);
            Best best = nobody(first_column);
#pragma unroll
            for (int j = 0; j < Columns; j++)
#pragma unroll
                for (int k = 0; k < 2; k++) {
                    float &product = products[i][j][2 * half + k];
                    product -= of_row + of_columns[j][k];
                    take(best, product, first_column + 8 * j + lane % 4 * 2 + k);
                }
            take_from(best, 1);
            take_from(best, 2);
            if (row_keys && lane % 4 == 0 && row < patches)
                atomicMax(&row_keys[row], key_of(best.similarity, best.patch));
        }
    if (!column_keys) return;
#pragma unroll
    for (int j = 0; j < Columns; j++)
#pragma unroll
        for (int k = 0; k < 2; k++) {
            int column = first_column + 8 * j + lane % 4 * 2 + k;
            Best best = nobody(first_row);
#pragma unroll
            for (int i = 0; i < Rows; i++)
#pragma unroll
                for (int half = 0; half < 2; half++)
                    take(best, products[i][j][2 * half + k],
                         first_row + 16 * i + 8 * half + lane / 4);
            take_from(best, 4);
            take_from(best, 8);
            take_from(best, 16);
            if (lane / 4 == 0 && column < patches)
                atomicMax(&column_keys[column], key_of(best.similarity, best.patch));
        }
}

// search compares pairs of images. features is [slots, patches, channels], channels a multiple of
// 32, half_norms [slots, patches]. keys must be 0, or hold what earlier launches found. Blocks
// share the tiles evenly: those that run at the same time are neighbours, of one pair or the next,
// and find each other's rows and columns in the L2 cache.
extern "C" __global__ void __launch_bounds__(Threads, 2)
search(Key *keys, const half_bits *features, const float *half_norms, const Pair *pairs, int count,
       int patches, int channels) {
    half_bits *buffers = dynamic_shared<half_bits>();
    int across = (patches + Tile - 1) / Tile, tiles = across * across;
    int warp_row = threadIdx.x / 32 / 2 * WarpTile, warp_column = threadIdx.x / 32 % 2 * WarpTile;
    long long image = (long long)patches * channels;
    for (long long task = blockIdx.x; task < (long long)count * tiles; task += gridDim.x) {
        Pair pair = pairs[task / tiles];
        int row = (int)(task % tiles) / across * Tile, column = (int)(task % tiles) % across * Tile;
        const half_bits *rows = features + pair.rows * image + (long long)row * channels;
        const half_bits *columns = features + pair.columns * image + (long long)column * channels;
        auto fetch_both = [&](int step) {
            if (step * Channels < channels) {
                half_bits *to = buffers + step % Stages * Buffer;
                fetch(to, rows, patches - row, channels, step * Channels);
                fetch(to + Buffer / 2, columns, patches - column, channels, step * Channels);
            }
            commit_copies(); // an empty group, too: the wait below counts them
        };
        float products[Rows][Columns][4] = {};
        for (int step = 0; step < Stages - 1; step++) fetch_both(step);
        for (int step = 0; step * Channels < channels; step++) {
            wait_copies<Stages - 2>();
            __syncthreads(); // all copies are there, and nobody reads the buffer to be filled next
            fetch_both(step + Stages - 1);
            half_bits *buffer = buffers + step % Stages * Buffer;
            multiply(products, buffer + warp_row * Channels,
                     buffer + Buffer / 2 + warp_column * Channels);
        }
        wait_copies<0>();
        __syncthreads(); // the next tile may overwrite the buffers
        if (row + warp_row < patches && column + warp_column < patches)
            reduce(products, pair.row_keys < 0 ? nullptr : keys + pair.row_keys,
                   pair.column_keys < 0 ? nullptr : keys + pair.column_keys,
                   half_norms + (long long)pair.rows * patches,
                   half_norms + (long long)pair.columns * patches, row + warp_row,
                   column + warp_column, patches);
    }
}
