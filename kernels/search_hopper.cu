// architectures: sm_90a
// The search of search.cu for Hopper, by wgmma and TMA: the nearest patches in both directions by
// one product, as packed.h chooses them.
//
// A block takes tiles of 128 x Columns patches of one pair after the other; Columns is 256 or 232,
// whichever leaves less of an image's last tiles empty (tiles.go). Of its three warpgroups the
// first brings features: 64 channels of 128 + Columns patches at a time, a step, to one of four
// buffers. The other two, the readers, multiply 64 rows each by all columns, and reduce. full[s]
// says that buffer s has arrived, empty[s] that every warp of both has done with it.
//
// The readers meet nowhere: each has memory and a named barrier of its own for the maxima. The
// second begins a few steps after the first, and stays behind: while one reduces, the tensor cores
// have the other's products. It can lag by no more than there are buffers, as both read the same
// columns, and not by more steps than its first tile has.
//
// A warp has 16 rows of products, and the nearest rows of its columns are spread over 8 lanes:
// lanes halve the columns three times, each keeping the half that its number says and giving the
// other one away. Shared memory then takes them together over the 4 warps of a reader. Every value
// on that way is one packed integer: its tag has the slot for a row's nearest column, and the row
// for a column's nearest row.
#include "near.h"
#include "packed.h"
#include "pairs.h"
#include "ptx.h"

constexpr int TileRows = 128; // patches; the box of the rows' map
constexpr int Channels = 64;  // of a buffer: 128 bytes a patch, the width of the swizzle
constexpr int Stages = 4;     // buffers
constexpr int Group = 128;    // threads of a warpgroup
constexpr int Warps = 4;      // of a warpgroup
constexpr int Readers = 2;    // warpgroups that multiply
constexpr int Threads = (1 + Readers) * Group;
constexpr int ReaderRows = TileRows / Readers;
constexpr int WarpRows = ReaderRows / Warps;
constexpr int Step = 16; // channels of one product
constexpr int RowBytes = TileRows * Channels * 2;
constexpr int MostColumns = 256;
constexpr int SlotBits = 6; // of a tag: a thread has a quarter of the columns
constexpr unsigned All = 0xffffffffu;
static_assert(SlotBits + 1 == TagBits, "a tag is a slot and which of two rows");

// Shared is the dynamic shared memory. Buffers start at a multiple of 1024 bytes: they and the
// boxes in them are whole numbers of 8 rows of 128 bytes.
template <int Columns> struct Shared {
    static constexpr int ColumnBytes = Columns * Channels * 2; // the box of the columns' map
    static constexpr int BufferBytes = RowBytes + ColumnBytes; // rows, then columns
    unsigned char buffers[Stages][BufferBytes];
    float norms[Readers][Columns];             // of the tile's columns
    int of_columns[Readers][Warps][Columns];   // packed: the nearest of a warp's 16 rows
    barrier_bits full[Stages], empty[Stages];
    barrier_bits ahead; // the first reader is as far ahead as it may be
    static_assert(BufferBytes % 1024 == 0, "whole groups of 8 rows");
};

// AllTiles are those of a block, one after the other: every gridDim.x-th of all. They are counted in
// digits, so that the next one needs no division.
template <int Columns> struct AllTiles {
    int across, down;      // tiles of a pair
    int pair, row, column; // which of them it is
    int pairs_on, rows_on, columns_on; // to the next one
    DEVICE_MEMBER AllTiles(int patches, const Bound &) {
        across = (patches + Columns - 1) / Columns;
        down = (patches + TileRows - 1) / TileRows;
        int tiles = across * down, first = blockIdx.x, stride = gridDim.x;
        pair = first / tiles, pairs_on = stride / tiles;
        row = first % tiles / across, rows_on = stride % tiles / across;
        column = first % across, columns_on = stride % across;
    }
    DEVICE_MEMBER void next() {
        column += columns_on;
        int carry = column >= across;
        column -= carry ? across : 0;
        row += rows_on + carry;
        carry = row >= down;
        row -= carry ? down : 0;
        pair += pairs_on + carry;
    }
    DEVICE_MEMBER int first_row() const { return row * TileRows; }
    DEVICE_MEMBER int first_column() const { return column * Columns; }
    DEVICE_MEMBER void write_places(unsigned *, int) const {}
    DEVICE_MEMBER void drop(float (&)[Columns / 2], const unsigned *, int) const {}
};

// column_of is the column of a thread's slot, within the tile.
DEVICE int column_of(int slot) { return slot / 2 * 8 + threadIdx.x % 4 * 2 + slot % 2; }

// TwoPlaces are those of two columns that are neighbours, and slots.
struct alignas(8) TwoPlaces {
    unsigned of[2];
};

// NearTiles are those of a block in which patches count for each other.
template <int Columns> struct NearTiles {
    Bound bound;
    int pair, listed;      // which of them it is
    int pairs_on, tiles_on; // to the next one
    DEVICE_MEMBER NearTiles(int, const Bound &bound) : bound(bound) {
        int first = blockIdx.x, stride = gridDim.x;
        pair = first / bound.count, pairs_on = stride / bound.count;
        listed = first % bound.count, tiles_on = stride % bound.count;
    }
    DEVICE_MEMBER void next() {
        listed += tiles_on;
        int carry = listed >= bound.count;
        listed -= carry ? bound.count : 0;
        pair += pairs_on + carry;
    }
    DEVICE_MEMBER int first_row() const { return (int)(bound.tiles[listed] >> 16) * TileRows; }
    DEVICE_MEMBER int first_column() const {
        return (int)(bound.tiles[listed] & 0xffff) * Columns;
    }
    // write_places writes those of the tile's columns, one by each thread of a warpgroup.
    DEVICE_MEMBER void write_places(unsigned *places, int thread) const {
        for (int column = thread; column < Columns; column += Group)
            places[column] = place_of(first_column() + column, bound.width);
    }
    // drop makes those of a thread's products whose patches do not count for each other -infinity: of
    // rows row and row + 8.
    DEVICE_MEMBER void drop(float (&products)[Columns / 2], const unsigned *places, int row) const {
        Near near[2] = {{place_of(row, bound.width), bound.radius},
                        {place_of(row + 8, bound.width), bound.radius}};
#pragma unroll
        for (int slot = 0; slot < Columns / 4; slot += 2) {
            TwoPlaces two = *(const TwoPlaces *)&places[column_of(slot)];
#pragma unroll
            for (int half = 0; half < 2; half++)
#pragma unroll
                for (int k = 0; k < 2; k++)
                    if (!near[half].has(two.of[k]))
                        products[slot / 2 * 4 + half * 2 + k] = -__int_as_float(0x7f800000);
        }
    }
};

// bring fetches all tiles' features, by one thread.
template <class Tiles, int Columns>
DEVICE void bring(Shared<Columns> &shared, const TensorMap *of_rows, const TensorMap *of_columns,
                  const Pair *pairs, int count, int patches, int channels, const Bound &bound) {
    unsigned step = 0;
    for (Tiles tile(patches, bound); tile.pair < count; tile.next()) {
        int row = pairs[tile.pair].rows * patches + tile.first_row();
        int column = pairs[tile.pair].columns * patches + tile.first_column();
        for (int channel = 0; channel < channels; channel += Channels, step++) {
            unsigned stage = step % Stages;
            unsigned char *to = shared.buffers[stage];
            barrier_wait(&shared.empty[stage], (step / Stages + 1) % 2); // the first pass is free
            barrier_expect(&shared.full[stage], shared.BufferBytes);
            load_tile(to, of_rows, channel, row, &shared.full[stage]);
            load_tile(to + RowBytes, of_columns, channel, column, &shared.full[stage]);
        }
    }
}

// norm_of is the half norm of a patch, no number beyond the image's last: such patches are nearest
// to none, whatever their features hold.
DEVICE float norm_of(const float *half_norms, int patch, int patches) {
    return patch < patches ? half_norms[patch] : __int_as_float(NoNumber);
}

// keep_half keeps the one of two columns that bit lanes of the lane's number says, and takes the
// nearer of its own and that of the lane that differs in the bit.
DEVICE int keep_half(int lower, int upper, int lanes) {
    bool high = threadIdx.x & lanes;
    int keep = high ? upper : lower, give = high ? lower : upper;
    return min(keep, __shfl_xor_sync(All, give, lanes));
}

// in_register gives x back, unknown to the compiler, which would else make two instructions of
// (a & mask) | b for constants: one has room for one. No grid here is deeper than 1.
DEVICE int in_register(int x) { return x * (int)gridDim.z; }

// Two are the half norms of two columns that are neighbours, and slots.
struct alignas(8) Two {
    float of[2];
};

// reduce finds what is nearest among a warpgroup's products: to rows lane/4 and lane/4 + 8 of the
// warp's 16 among this thread's columns, packed with the slot, and, in of_columns, to each column
// among the warp's rows, packed with 64 * (row / 8) + 8 * (row % 8).
template <int Columns>
DEVICE void reduce(const float (&products)[Columns / 2], const float *norms,
                   const float (&of_row)[2], int (&rows)[2], int *of_columns) {
    constexpr int Slots = Columns / 4, Half = 32;
    static_assert(Half <= Slots && Slots <= 2 * Half && Slots % 2 == 0, "slots halve three times");
    int lane = threadIdx.x % 32;
    rows[0] = rows[1] = NoNumber;
    int mask = in_register(~TagMask), without_slot = in_register(-(1 << SlotBits));
    int lane_tag = in_register(lane / 4 * 8);
    auto take_two = [&](int slot, int (&nearest)[2]) {
        Two of_two = *(const Two *)&norms[column_of(slot)];
#pragma unroll
        for (int k = 0; k < 2; k++) {
            int of_half[2];
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float product = products[slot / 2 * 4 + half * 2 + k];
                float square = of_row[half] + of_two.of[k] - product;
                of_half[half] = pack(square, half << SlotBits | (slot + k), mask);
                rows[half] = min(rows[half], of_half[half]);
            }
            nearest[k] = (min(of_half[0], of_half[1]) & without_slot) | lane_tag;
        }
    };
    int columns[Half]; // halved at once: all slots would not fit into the registers
#pragma unroll
    for (int slot = 0; slot < Half; slot += 2) {
        int lower[2], upper[2];
        take_two(slot, lower);
        if (slot + Half < Slots) take_two(slot + Half, upper);
#pragma unroll
        for (int k = 0; k < 2; k++) {
            // Without an upper one nobody reads what the lanes above have instead.
            if (slot + Half < Slots) columns[slot + k] = keep_half(lower[k], upper[k], 16);
            else columns[slot + k] = min(lower[k], __shfl_xor_sync(All, lower[k], 16));
        }
    }
#pragma unroll
    for (int slot = 0; slot < Half / 2; slot++)
        columns[slot] = keep_half(columns[slot], columns[slot + Half / 2], 8);
#pragma unroll
    for (int slot = 0; slot < Half / 4; slot++)
        columns[slot] = keep_half(columns[slot], columns[slot + Half / 4], 4);
    int first = lane / 16 * Half + lane / 8 % 2 * (Half / 2) + lane / 4 % 2 * (Half / 4);
#pragma unroll
    for (int k = 0; k < Half / 4; k++)
        if (Slots == 2 * Half || first + k < Slots) of_columns[column_of(first + k)] = columns[k];
}

// take_rows adds the nearest columns of a thread's two rows, of which 4 lanes have a share each.
DEVICE void take_rows(Key *row_keys, const int (&rows)[2], int row, int first_column,
                      int patches) {
#pragma unroll
    for (int half = 0; half < 2; half++) {
        int nearest = untagged(rows[half]);
        nearest = min(nearest, __shfl_xor_sync(All, nearest, 1));
        nearest = min(nearest, __shfl_xor_sync(All, nearest, 2));
        int column = column_of(rows[half] & ((1 << SlotBits) - 1));
        if (nearest != untagged(rows[half])) column = MostColumns; // else the lowest of them
        column = min(column, __shfl_xor_sync(All, column, 1));
        column = min(column, __shfl_xor_sync(All, column, 2));
        if (threadIdx.x % 4 == 0 && row + 8 * half < patches)
            atomicMax(&row_keys[row + 8 * half], key_of_packed(nearest, first_column + column));
    }
}

// take_columns adds the nearest rows of all columns, of a reader's 64 rows from first_row on.
template <int Columns>
DEVICE void take_columns(Key *column_keys, const int (&of_columns)[Warps][Columns], int first_row,
                         int first_column, int patches) {
    for (int column = threadIdx.x % Group; column < Columns; column += Group) {
        if (first_column + column >= patches) break;
        int nearest = of_columns[0][column], row = 0;
#pragma unroll
        for (int warp = 1; warp < Warps; warp++) {
            int other = of_columns[warp][column];
            if (untagged(other) >= untagged(nearest)) continue; // of equal ones the lower row
            nearest = other;
            row = warp * WarpRows;
        }
        row += tag_of(nearest) / 8;
        atomicMax(&column_keys[first_column + column], key_of_packed(nearest, first_row + row));
    }
}

// read multiplies and reduces all tiles, by the two warpgroups after the first.
template <class Tiles, int Columns>
DEVICE void read(Shared<Columns> &shared, Key *keys, const float *half_norms, const Pair *pairs,
                 int count, int patches, int channels, const Bound &bound) {
    int reader = threadIdx.x / Group - 1, thread = threadIdx.x % Group, warp = thread / 32;
    bool first_lane = thread % 32 == 0;
    unsigned *places = (unsigned *)(&shared + 1) + reader * Columns; // of NearTiles alone
    unsigned lag = min((channels + Channels - 1) / Channels, Stages), step = 0;
    Tiles tile(patches, bound);
    if (reader == 1 && tile.pair < count) barrier_wait(&shared.ahead, 0);
    for (; tile.pair < count; tile.next()) {
        float products[Columns / 2];
        for (int channel = 0; channel < channels; channel += Channels, step++) {
            unsigned stage = step % Stages;
            barrier_wait(&shared.full[stage], step / Stages % 2);
            unsigned long long rows =
                matrix_descriptor(shared.buffers[stage] + reader * RowBytes / Readers);
            unsigned long long columns = matrix_descriptor(shared.buffers[stage] + RowBytes);
            products_begin();
#pragma unroll
            for (int k = 0; k < Channels / Step; k++) {
                unsigned long long next = k * Step * 2 >> 4; // in the descriptor's unit
                multiply_add_group(products, rows + next, columns + next, channel + k > 0);
            }
            products_commit();
            products_wait<1>(); // those of the step before
            if (channel > 0 && first_lane)
                barrier_arrive(&shared.empty[(step + Stages - 1) % Stages]);
            if (step == lag - 1 && thread == 0 && reader == 0) barrier_arrive(&shared.ahead);
        }
        // While the last products are under way: what the maxima need.
        Pair pair = pairs[tile.pair];
        int first_row = tile.first_row() + reader * ReaderRows;
        int first_column = tile.first_column();
        int row = first_row + warp * WarpRows + thread % 32 / 4;
        const float *row_norms = half_norms + (long long)pair.rows * patches;
        const float *column_norms = half_norms + (long long)pair.columns * patches;
        float of_row[2] = {norm_of(row_norms, row, patches), norm_of(row_norms, row + 8, patches)};
        for (int column = thread; column < Columns; column += Group)
            shared.norms[reader][column] = norm_of(column_norms, first_column + column, patches);
        tile.write_places(places, thread);
        products_wait<0>();
        settle(products);
        if (first_lane) barrier_arrive(&shared.empty[(step + Stages - 1) % Stages]);

        named_barrier(1 + reader, Group); // norms are there, and of_columns was read
        tile.drop(products, places, row);
        int rows[2];
        reduce<Columns>(products, shared.norms[reader], of_row, rows,
                        shared.of_columns[reader][warp]);
        if (pair.row_keys >= 0) take_rows(keys + pair.row_keys, rows, row, first_column, patches);
        named_barrier(1 + reader, Group); // of_columns is there, and norms were read
        if (pair.column_keys >= 0)
            take_columns<Columns>(keys + pair.column_keys, shared.of_columns[reader], first_row,
                                  first_column, patches);
    }
}

template <class Tiles, int Columns>
DEVICE void search_tiles(Key *keys, const TensorMap *of_rows, const TensorMap *of_columns,
                         const float *half_norms, const Pair *pairs, int count, int patches,
                         int channels, const Bound &bound) {
    Shared<Columns> &shared = *dynamic_shared<Shared<Columns>>();
    if (threadIdx.x == 0) {
        for (int stage = 0; stage < Stages; stage++) {
            barrier_init(&shared.full[stage], 1);
            barrier_init(&shared.empty[stage], Readers * Warps);
        }
        barrier_init(&shared.ahead, 1);
        barrier_init_done();
    }
    __syncthreads();
    if (threadIdx.x < Group) {
        give_registers<40>();
        if (threadIdx.x == 0)
            bring<Tiles>(shared, of_rows, of_columns, pairs, count, patches, channels, bound);
    } else {
        take_registers<232>();
        read<Tiles>(shared, keys, half_norms, pairs, count, patches, channels, bound);
    }
}

// search_hopper and search_hopper_232 do what search does, by tiles of 256 and 232 columns. The two
// maps are of the same features, [slots * patches, channels], with boxes of TileRows x Channels and
// Columns x Channels and a swizzle of 128 bytes. Rows beyond an image are the next image's, or 0
// beyond the last: norm_of keeps them out.
#define SEARCH(name, columns)                                                                    \
    extern "C" __global__ void __launch_bounds__(Threads, 1)                                     \
    name(Key *keys, const __grid_constant__ TensorMap of_rows,                                   \
         const __grid_constant__ TensorMap of_columns, const float *half_norms,                  \
         const Pair *pairs, int count, int patches, int channels) {                              \
        search_tiles<AllTiles<columns>, columns>(keys, &of_rows, &of_columns, half_norms, pairs, \
                                                 count, patches, channels, {});                  \
    }
SEARCH(search_hopper, 256)
SEARCH(search_hopper_232, 232)

// search_hopper_near and search_hopper_232_near are these among patches that are near each other
// (near.h), of grids of that width. Behind Shared they have the places of each reader's columns.
#define SEARCH_NEAR(name, columns)                                                               \
    extern "C" __global__ void __launch_bounds__(Threads, 1)                                     \
    name(Key *keys, const __grid_constant__ TensorMap of_rows,                                   \
         const __grid_constant__ TensorMap of_columns, const float *half_norms,                  \
         const Pair *pairs, int count, int patches, int channels, const unsigned *tiles,         \
         int tile_count, int width, int radius) {                                                \
        search_tiles<NearTiles<columns>, columns>(keys, &of_rows, &of_columns, half_norms,       \
                                                  pairs, count, patches, channels,               \
                                                  {tiles, tile_count, width, radius});           \
    }
SEARCH_NEAR(search_hopper_near, 256)
SEARCH_NEAR(search_hopper_232_near, 232)
