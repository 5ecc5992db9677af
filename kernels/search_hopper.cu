// architectures: sm_90a
// The search of search.cu for Hopper: the same maxima of the same products, by wgmma and TMA.
//
// A block takes tiles of 128 x 256 patches of one pair after the other. Of its three warpgroups the
// first brings features: 64 channels of 128 + 256 patches at a time, 48 KB, to one of four buffers.
// The other two multiply 64 rows each by all columns, and reduce. full[s] says that buffer s has
// arrived, empty[s] that both have done with it: the buffers of the next tile come while the maxima
// of this one are found.
//
// A warp has 16 rows, and the maxima of its 256 columns are over 8 lanes: lanes halve the columns
// three times, each keeping the half that its number says and giving the other one away. Shared
// memory then takes them together over the 8 warps.
#include "pairs.h"
#include "ptx.h"

constexpr int TileRows = 128, TileColumns = 256; // patches
constexpr int Channels = 64;                     // of a buffer
constexpr int BoxRows = 128;                     // that one load_tile brings
constexpr int Stages = 4;                        // buffers
constexpr int Group = 128;                       // threads
constexpr int Threads = 3 * Group;
constexpr int Readers = 2;  // warpgroups that multiply
constexpr int Step = 16;    // channels of one product
constexpr int Slots = 64;   // columns of a thread
constexpr unsigned All = 0xffffffffu;

constexpr int RowBytes = TileRows * Channels * 2, ColumnBytes = TileColumns * Channels * 2;
constexpr int BufferBytes = RowBytes + ColumnBytes;
constexpr int BoxBytes = BoxRows * Channels * 2;

// Shared is the dynamic shared memory; buffers start at a multiple of 1024.
struct Shared {
    unsigned char buffers[Stages][BufferBytes];
    Key of_columns[Readers * 4][TileColumns]; // of each warp
    barrier_bits full[Stages], empty[Stages];
};

// Tile is where a block's next tile is.
struct Tile {
    Pair pair;
    int row, column;
};

DEVICE Tile tile_of(const Pair *pairs, long long task, int patches) {
    int across = (patches + TileColumns - 1) / TileColumns;
    int tiles = across * ((patches + TileRows - 1) / TileRows);
    int tile = (int)(task % tiles);
    return {pairs[task / tiles], tile / across * TileRows, tile % across * TileColumns};
}

// bring fetches all tiles' features, by one thread.
DEVICE void bring(Shared &shared, const TensorMap *features, const Pair *pairs, long long tasks,
                  int patches, int channels) {
    int step = 0;
    for (long long task = blockIdx.x; task < tasks; task += gridDim.x) {
        Tile tile = tile_of(pairs, task, patches);
        int row = tile.pair.rows * patches + tile.row;
        int column = tile.pair.columns * patches + tile.column;
        for (int channel = 0; channel < channels; channel += Channels, step++) {
            int stage = step % Stages;
            unsigned char *to = shared.buffers[stage];
            barrier_wait(&shared.empty[stage], (step / Stages + 1) % 2); // the first pass is free
            barrier_expect(&shared.full[stage], BufferBytes);
            load_tile(to, features, channel, row, &shared.full[stage]);
            load_tile(to + BoxBytes, features, channel, column, &shared.full[stage]);
            load_tile(to + 2 * BoxBytes, features, channel, column + BoxRows, &shared.full[stage]);
        }
    }
}

// keep_half keeps the one of two columns' maxima that bit lanes of the lane's number says, and
// takes the better of its own and that of the lane that differs in the bit.
DEVICE Best keep_half(const Best &lower, const Best &upper, int lanes) {
    bool high = threadIdx.x & lanes;
    Best keep = high ? upper : lower, give = high ? lower : upper;
    float similarity = __shfl_xor_sync(All, give.similarity, lanes);
    unsigned patch = __shfl_xor_sync(All, give.patch, lanes);
    take_lower(keep, similarity, patch);
    return keep;
}

// column_of is the column of a thread's slot: 64 of a warpgroup's 256.
DEVICE int column_of(int slot) { return slot / 2 * 8 + threadIdx.x % 4 * 2 + slot % 2; }

// reduce finds the maxima of one warpgroup's products: rows [first_row, first_row + 64), of which
// its warp has 16, and columns [first_column, first_column + 256).
DEVICE void reduce(float (&products)[128], Key *row_keys, Key *of_columns, const float *row_norms,
                   const float *column_norms, int first_row, int first_column, int patches) {
    int lane = threadIdx.x % 32, row = first_row + threadIdx.x % Group / 32 * 16 + lane / 4;
    float of_row[2] = {half_norm(row_norms, row, patches), half_norm(row_norms, row + 8, patches)};
    Best rows[2] = {nobody(first_column), nobody(first_column)};
    auto take_slot = [&](int slot) {
        int column = first_column + column_of(slot);
        float of_column = half_norm(column_norms, column, patches);
        Best best = nobody(first_row);
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float product = products[slot / 2 * 4 + half * 2 + slot % 2];
            float similarity = product - (of_row[half] + of_column);
            take_lower(rows[half], similarity, column);
            take(best, similarity, row + 8 * half);
        }
        return best;
    };
    Best columns[Slots / 2]; // halved at once: 64 would not fit into the registers
#pragma unroll
    for (int slot = 0; slot < Slots / 2; slot++)
        columns[slot] = keep_half(take_slot(slot), take_slot(slot + Slots / 2), 16);
#pragma unroll
    for (int slot = 0; slot < Slots / 4; slot++)
        columns[slot] = keep_half(columns[slot], columns[slot + Slots / 4], 8);
#pragma unroll
    for (int slot = 0; slot < Slots / 8; slot++)
        columns[slot] = keep_half(columns[slot], columns[slot + Slots / 8], 4);
    int first_slot = lane / 16 * 32 + lane / 8 % 2 * 16 + lane / 4 % 2 * 8;
#pragma unroll
    for (int k = 0; k < Slots / 8; k++)
        of_columns[column_of(first_slot + k)] = key_of(columns[k].similarity, columns[k].patch);

#pragma unroll
    for (int half = 0; half < 2; half++) {
        take_from(rows[half], 1);
        take_from(rows[half], 2);
        if (row_keys && lane % 4 == 0 && row + 8 * half < patches)
            atomicMax(&row_keys[row + 8 * half], key_of(rows[half].similarity, rows[half].patch));
    }
}

// read multiplies and reduces all tiles, by the two warpgroups after the first.
DEVICE void read(Shared &shared, Key *keys, const float *half_norms, const Pair *pairs,
                 long long tasks, int patches, int channels) {
    int thread = threadIdx.x - Group, reader = thread / Group;
    int step = 0;
    for (long long task = blockIdx.x; task < tasks; task += gridDim.x) {
        Tile tile = tile_of(pairs, task, patches);
        float products[128];
        for (int channel = 0; channel < channels; channel += Channels, step++) {
            int stage = step % Stages;
            barrier_wait(&shared.full[stage], step / Stages % 2);
            unsigned long long rows =
                matrix_descriptor(shared.buffers[stage] + reader * RowBytes / Readers);
            unsigned long long columns = matrix_descriptor(shared.buffers[stage] + RowBytes);
            products_begin();
#pragma unroll
            for (int k = 0; k < Channels / Step; k++) {
                unsigned long long next = k * Step * 2 >> 4; // in the descriptor's unit
                multiply_add_m64n256(products, rows + next, columns + next, channel + k > 0);
            }
            products_commit();
            products_wait<1>();
            if (channel > 0 && thread % Group == 0)
                barrier_arrive(&shared.empty[(step + Stages - 1) % Stages]);
        }
        products_wait<0>();
        settle(products);
        if (thread % Group == 0) barrier_arrive(&shared.empty[(step + Stages - 1) % Stages]);

        const Pair &pair = tile.pair;
        reduce(products, pair.row_keys < 0 ? nullptr : keys + pair.row_keys,
               shared.of_columns[thread / 32], half_norms + (long long)pair.rows * patches,
               half_norms + (long long)pair.columns * patches,
               tile.row + reader * TileRows / Readers, tile.column, patches);
        named_barrier(1, Readers * Group);
        int column = tile.column + thread;
        if (pair.column_keys >= 0 && column < patches) {
            Key best = shared.of_columns[0][thread];
#pragma unroll
            for (int warp = 1; warp < Readers * 4; warp++)
                best = max(best, shared.of_columns[warp][thread]);
            atomicMax(&keys[pair.column_keys + column], best);
        }
        named_barrier(1, Readers * Group); // the next tile may write of_columns
    }
}

// search_hopper does what search does. features is a map of [slots * patches, channels] with
// boxes of BoxRows x Channels and a swizzle of 128 bytes. Rows beyond an image are the next
// image's: their half norms, infinite, keep them out.
extern "C" __global__ void __launch_bounds__(Threads, 1)
search_hopper(Key *keys, const __grid_constant__ TensorMap features, const float *half_norms,
              const Pair *pairs, int count, int patches, int channels) {
    Shared &shared = *dynamic_shared<Shared>();
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < Stages; stage++) {
            barrier_init(&shared.full[stage], 1);
            barrier_init(&shared.empty[stage], Readers);
        }
        barrier_init_done();
    }
    __syncthreads();
    int across = (patches + TileColumns - 1) / TileColumns;
    long long tasks = (long long)count * across * ((patches + TileRows - 1) / TileRows);
    if (threadIdx.x < Group) {
        give_registers<40>();
        if (threadIdx.x == 0) bring(shared, &features, pairs, tasks, patches, channels);
    } else {
        take_registers<232>();
        read(shared, keys, half_norms, pairs, tasks, patches, channels);
    }
}
