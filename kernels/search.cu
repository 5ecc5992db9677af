// The search of Eq. 1: for pairs of images, which patch of the one is nearest to each patch of the
// other, in both directions from one product.
//
// The features are halves, centred and scaled (prepare.cu). With h(p) = |x(p)|^2 / 2 of the halves
// themselves, x(p).y(q) - h(p) - h(q) is minus half the squared distance of p and q: the nearest
// patches are the row maxima and the column maxima of that, and no distance matrix is ever stored.
//
// A block takes tiles of 128 x 128 patches of one pair after the other (product.h).
#include "pairs.h"
#include "product.h"
#include "ptx.h"

using namespace mma;

// reduce writes the maxima of the warp's products, whose first row and column are patches
// first_row and first_column.
DEVICE void reduce(Sums &products, Key *row_keys, Key *column_keys, const float *row_norms,
                   const float *column_norms, int first_row, int first_column, int patches) {
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

// search_tiles is search for any tiles of a pair.
template <class Tiles>
DEVICE void search_tiles(Key *keys, const half_bits *features, const float *half_norms,
                         const Pair *pairs, int count, int patches, int channels,
                         const Tiles &tiles) {
    half_bits *buffers = dynamic_shared<half_bits>();
    long long image = (long long)patches * channels;
    for (long long task = blockIdx.x; task < (long long)count * tiles.count; task += gridDim.x) {
        Pair pair = pairs[task / tiles.count];
        int row, column;
        tiles.find((int)(task % tiles.count), row, column);
        const half_bits *rows = features + pair.rows * image + (long long)row * channels;
        const half_bits *columns = features + pair.columns * image + (long long)column * channels;
        Sums products = {};
        multiply_tiles(products, buffers, rows, patches - row, columns, patches - column, channels);
        row += warp_row();
        column += warp_column();
        if (row >= patches || column >= patches) continue; // no barrier but in multiply_tiles
        tiles.drop(products, row, column);
        reduce(products, pair.row_keys < 0 ? nullptr : keys + pair.row_keys,
               pair.column_keys < 0 ? nullptr : keys + pair.column_keys,
               half_norms + (long long)pair.rows * patches,
               half_norms + (long long)pair.columns * patches, row, column, patches);
    }
}

// search compares pairs of images. features is [slots, patches, channels], channels a multiple of
// 32, half_norms [slots, patches]. keys must be 0, or hold what earlier launches found. Blocks
// share the tiles evenly: those that run at the same time are neighbours, of one pair or the next,
// and find each other's rows and columns in the L2 cache.
extern "C" __global__ void __launch_bounds__(Threads, 2)
search(Key *keys, const half_bits *features, const float *half_norms, const Pair *pairs, int count,
       int patches, int channels) {
    search_tiles(keys, features, half_norms, pairs, count, patches, channels, AllTiles(patches));
}

// search_near is search among patches that are near each other (near.h), of grids of that width.
extern "C" __global__ void __launch_bounds__(Threads, 2)
search_near(Key *keys, const half_bits *features, const float *half_norms, const Pair *pairs,
            int count, int patches, int channels, const unsigned *tiles, int tile_count, int width,
            int radius) {
    search_tiles(keys, features, half_norms, pairs, count, patches, channels,
                 NearTiles{{tiles, tile_count, width, radius}});
}
