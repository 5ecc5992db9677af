// The product of pairs of images that box_search.cu filters, and the search of radius 0, which
// needs no filter.
#include "box.h"
#include "pairs.h"
#include "product.h"
#include "ptx.h"

using namespace mma;

// Two are written at once.
struct alignas(8) Two {
    float low, high;
};

// Side is one image of a pair.
struct Side {
    const float *offsets, *scales;
    Key *keys; // none if they are not wanted
    int first; // patch of the warp's tile
};

// add_offsets makes X~ X~'^t of the warp's products and writes them to product [, stride].
DEVICE void add_offsets(Sums &sums, float *product, const Side &rows, const Side &columns,
                        int patches, int stride) {
    int lane = threadIdx.x % 32;
    auto offset = [&](const Side &side, int patch) {
        return patch < patches ? side.offsets[patch] : 0;
    };
    float of_columns[Columns][2];
#pragma unroll
    for (int j = 0; j < Columns; j++)
#pragma unroll
        for (int k = 0; k < 2; k++)
            of_columns[j][k] = offset(columns, columns.first + 8 * j + lane % 4 * 2 + k);
#pragma unroll
    for (int i = 0; i < Rows; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            int row = rows.first + 16 * i + 8 * half + lane / 4;
            float of_row = offset(rows, row);
#pragma unroll
            for (int j = 0; j < Columns; j++) {
                float *pair = &sums[i][j][2 * half];
                pair[0] += of_row + of_columns[j][0];
                pair[1] += of_row + of_columns[j][1];
                int column = columns.first + 8 * j + lane % 4 * 2;
                if (row < patches && column < stride)
                    *(Two *)(product + (long long)row * stride + column) = {pair[0], pair[1]};
            }
        }
}

// reduce writes the maxima of the warp's similarities.
DEVICE void reduce(const Sums &sums, const Side &rows, const Side &columns, int patches) {
    int lane = threadIdx.x % 32;
    BoxPatch of_rows[Rows][2];
    Best best_rows[Rows][2];
    auto row_of = [&](int i, int half) { return rows.first + 16 * i + 8 * half + lane / 4; };
#pragma unroll
    for (int i = 0; i < Rows; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            of_rows[i][half] = box_patch(rows.scales, row_of(i, half), row_of(i, half) < patches);
            best_rows[i][half] = nobody(columns.first);
        }
#pragma unroll
    for (int j = 0; j < Columns; j++)
#pragma unroll
        for (int k = 0; k < 2; k++) {
            int column = columns.first + 8 * j + lane % 4 * 2 + k;
            BoxPatch of_column = box_patch(columns.scales, column, column < patches);
            Best best = nobody(rows.first);
#pragma unroll
            for (int i = 0; i < Rows; i++)
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    float similarity =
                        box_similarity(sums[i][j][2 * half + k], of_rows[i][half], of_column);
                    take(best_rows[i][half], similarity, column);
                    take(best, similarity, row_of(i, half));
                }
            take_from(best, 4);
            take_from(best, 8);
            take_from(best, 16);
            if (columns.keys && lane / 4 == 0 && column < patches)
                atomicMax(&columns.keys[column], key_of(best.similarity, best.patch));
        }
#pragma unroll
    for (int i = 0; i < Rows; i++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            Best &best = best_rows[i][half];
            take_from(best, 1);
            take_from(best, 2);
            if (rows.keys && lane % 4 == 0 && row_of(i, half) < patches)
                atomicMax(&rows.keys[row_of(i, half)], key_of(best.similarity, best.patch));
        }
}

// multiply_pairs is box_product for any tiles of a pair.
template <class Tiles>
DEVICE void multiply_pairs(float *products, Key *keys, const half_bits *features,
                           const float *offsets, const float *scales, const Pair *pairs, int count,
                           int patches, int channels, int stride, const Tiles &tiles) {
    half_bits *buffers = dynamic_shared<half_bits>();
    long long image = (long long)patches * channels;
    for (long long task = blockIdx.x; task < (long long)count * tiles.count; task += gridDim.x) {
        int index = (int)(task / tiles.count);
        const Pair &pair = pairs[index];
        int row, column;
        tiles.find((int)(task % tiles.count), row, column);
        Sums sums = {};
        multiply_tiles(sums, buffers, features + pair.rows * image + (long long)row * channels,
                       patches - row,
                       features + pair.columns * image + (long long)column * channels,
                       patches - column, channels);
        row += warp_row();
        column += warp_column();
        if (row >= patches || column >= patches) continue; // no barrier but in multiply_tiles
        auto side = [&](int slot, long long at, int first) {
            long long from = (long long)slot * patches;
            return Side{offsets + from, scales + from, keys && at >= 0 ? keys + at : nullptr, first};
        };
        Side rows = side(pair.rows, pair.row_keys, row);
        Side columns = side(pair.columns, pair.column_keys, column);
        add_offsets(sums, products + (long long)index * patches * stride, rows, columns, patches,
                    stride);
        if (!rows.keys && !columns.keys) continue;
        tiles.drop(sums, row, column);
        reduce(sums, rows, columns, patches);
    }
}

// box_product writes X~ X~'^t of each of count pairs to products [count, patches, stride], stride a
// multiple of 8 that is at least patches, and takes what is nearest in radius 0 to keys, if there
// are any. features is [slots, patches, channels], offsets and scales, those of radius 0, [slots,
// patches]. Blocks share the tiles as those of search do.
extern "C" __global__ void __launch_bounds__(Threads, 2)
box_product(float *products, Key *keys, const half_bits *features, const float *offsets,
            const float *scales, const Pair *pairs, int count, int patches, int channels,
            int stride) {
    multiply_pairs(products, keys, features, offsets, scales, pairs, count, patches, channels,
                   stride, AllTiles(patches));
}

// box_product_near is box_product among patches that are near each other. The tiles are those with
// products that box_search_near reads, which are more: it writes no others.
extern "C" __global__ void __launch_bounds__(Threads, 2)
box_product_near(float *products, Key *keys, const half_bits *features, const float *offsets,
                 const float *scales, const Pair *pairs, int count, int patches, int channels,
                 int stride, const unsigned *tiles, int tile_count, int width, int radius) {
    multiply_pairs(products, keys, features, offsets, scales, pairs, count, patches, channels,
                   stride, NearTiles{{tiles, tile_count, width, radius}});
}
