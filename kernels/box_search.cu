// The search of Eq. 1 in radii 1 and 2, of products that box_product made: box filters along the
// four axes of the grids of both images, and the maxima of rows and columns.
//
// With (y, x) a patch of the first image of a pair and (v, u) one of the second, a block takes 8
// columns x, a tile of up to 16 x 16 patches (v, u), and all y, one after the other:
//   - a thread has one (v, u), of the tile or the 2 around it. It keeps the products of 12 x and
//     5 y in registers, sums them along y, then along x, and writes the sums of both radii to
//     shared memory;
//   - a thread has one radius, one x, and 2 x 4 patches (v, u). It reads what is around them, sums
//     along u, then along v, and takes the maxima: those of the row at once, those of its 8
//     columns when all y were seen.
// The sums of one y are written while those of the last are still read. The lanes of a warp are 8 x
// of 4 neighbouring patches of those; planes of the sums, one for every x, begin in 8 different groups of banks.
//
// Where patches must be near each other (near.h) a block takes only the y that are near its tile,
// and reads the products of patches that are at most R + 4 apart: those in the windows of patches
// that count. The host lists the tasks in which any does.
#include "box.h"
#include "near.h"
#include "pairs.h"
#include "ptx.h"

constexpr int Radii = 2, Reach = 2, Window = 2 * Reach + 1;
constexpr int Across = 8, Inputs = Across + 2 * Reach; // x
constexpr int Down = 2, Right = 4;                     // (v, u) of a thread's rectangle
constexpr int TileHeight = 16, TileWidth = 16;         // (v, u)
constexpr int Rectangles = TileHeight / Down * TileWidth / Right;
constexpr int Threads = Radii * Rectangles * Across;
constexpr int Plane = (TileHeight + 2 * Reach) * (TileWidth + 2 * Reach) + 4; // floats
constexpr int Parts = 32 / Across; // rectangles of a warp

static_assert(Plane <= Threads && Rectangles % Parts == 0, "threads for all");

// Shared is the dynamic shared memory.
struct Shared {
    float planes[2][Radii][Across][Plane]; // of this y and the last
    BoxPatch patches[Radii][TileHeight * TileWidth];
};

struct alignas(16) Four {
    float at[4];
};

// Images are what a block compares: one of the tasks that a pair is divided into.
struct Images {
    int height, width, stride;
    const float *product; // [height * width, stride]
    int x;                // first of Across
    int top, left;        // of the tile
    int lines, columns;   // of rectangles in the tile
    int radius;           // R of near.h; below 0: all patches count
    int from, to;         // the y that are taken; from is a multiple of Window
    DEVICE_MEMBER int line() const { return Right * columns + 2 * Reach; }
    DEVICE_MEMBER int inputs() const { return line() * (Down * lines + 2 * Reach); }
};

DEVICE int ceil(int a, int b) { return (a + b - 1) / b; }

// sum_window sums four windows of a radius, whose middles are values 2 to 5.
template <int Radius> DEVICE void sum_window(float (&sums)[4], const float (&values)[8]) {
    float middle = values[3] + values[4];
    if (Radius == 1) {
        float low = values[2] + values[3], high = values[4] + values[5];
        sums[0] = values[1] + low;
        sums[1] = values[2] + middle;
        sums[2] = middle + values[5];
        sums[3] = high + values[6];
    } else {
        float low = values[1] + values[2], high = values[5] + values[6];
        sums[0] = values[0] + low + middle;
        sums[1] = low + middle + values[5];
        sums[2] = values[2] + middle + high;
        sums[3] = middle + high + values[7];
    }
}

// Ring holds the products of a thread's (v, u): row y of the grid at y % Window.
typedef float Ring[Window][Inputs];

// Column is where a thread's products are: those of one (v, u) with x - 2 and the row of the grid
// that is the next to be loaded. Bit k of inside says that x - 2 + k is on the grid, and (v, u), too;
// the row is if y is one of so many rows from 0 on.
struct Column {
    const float *next;
    unsigned inside;
    int y, rows;
};

// column_of is where the products of a thread's (v, u) begin. If patches must be near each other, x and y
// beyond the reach of (v, u) are as those beyond the grid, and y is counted from the first within.
DEVICE Column column_of(const Images &of, int v, int u, bool sums_rows) {
    int y = max(of.from - Reach, 0);
    Column column = {of.product + ((long long)y * of.width + of.x - Reach) * of.stride +
                         v * of.width + u,
                     0, y, of.height};
    bool all = of.radius < 0;
    int reach = of.radius + 2 * Reach;
    if (sums_rows && v >= 0 && v < of.height && u >= 0 && u < of.width)
        for (int k = 0; k < Inputs; k++) {
            int x = of.x - Reach + k;
            if (x >= 0 && x < of.width && (all || (x - u <= reach && u - x <= reach)))
                column.inside |= 1u << k;
        }
    if (!all) {
        int first = max(v - reach, 0);
        column.y -= first;
        column.rows = min(v + reach + 1, of.height) - first;
    }
    return column;
}

// load_row fills in the next row, zeros outside of the grid.
DEVICE void load_row(float (&row)[Inputs], Column &column, const Images &of) {
    unsigned inside = (unsigned)column.y < (unsigned)column.rows ? column.inside : 0;
#pragma unroll
    for (int k = 0; k < Inputs; k++) row[k] = inside >> k & 1 ? column.next[k * of.stride] : 0;
    column.next += of.width * of.stride;
    column.y++;
}

// write_sums writes a thread's sums along x.
template <int Radius>
DEVICE void write_sums(float (&planes)[Across][Plane], const float (&inputs)[Inputs]) {
#pragma unroll
    for (int first = 0; first < Across; first += 4) {
        float values[8], sums[4];
#pragma unroll
        for (int k = 0; k < 8; k++) values[k] = inputs[first + k];
        sum_window<Radius>(sums, values);
#pragma unroll
        for (int k = 0; k < 4; k++) planes[first + k][threadIdx.x] = sums[k];
    }
}

// sum_rows writes the sums along y and x of the row at Slot of the ring, and loads the row that
// comes next but two.
template <int Slot>
DEVICE void sum_rows(Shared &shared, Ring &ring, Column &column, const Images &of, int y) {
    constexpr int Before = (Slot + 4) % Window, After = (Slot + 1) % Window;
    constexpr int First = (Slot + 3) % Window, Last = (Slot + 2) % Window;
    float sums[Inputs]; // along y
#pragma unroll
    for (int k = 0; k < Inputs; k++) sums[k] = ring[Before][k] + ring[Slot][k] + ring[After][k];
    write_sums<1>(shared.planes[y % 2][0], sums);
#pragma unroll
    for (int k = 0; k < Inputs; k++) sums[k] += ring[First][k] + ring[Last][k];
    load_row(ring[First], column, of);
    write_sums<2>(shared.planes[y % 2][1], sums);
}

// sum_rectangle sums a plane along u and v: the windows of 2 x 4 patches. plane is at the first of
// 6 x 8 inputs.
template <int Radius>
DEVICE void sum_rectangle(float (&sums)[Down][Right], const float *plane, int line) {
    constexpr int Skip = Reach - Radius, Lines = Down + 2 * Reach;
    float along[Lines][Right];
#pragma unroll
    for (int i = Skip; i < Lines - Skip; i++) {
        Four low = *(const Four *)(plane + i * line), high = *(const Four *)(plane + i * line + 4);
        float values[8];
#pragma unroll
        for (int k = 0; k < 4; k++) {
            values[k] = low.at[k];
            values[4 + k] = high.at[k];
        }
        sum_window<Radius>(along[i], values);
    }
#pragma unroll
    for (int k = 0; k < Right; k++) {
        float middle = along[2][k] + along[3][k];
        if (Radius == 2) middle += along[1][k] + along[4][k];
        sums[0][k] = along[Skip][k] + middle;
        sums[1][k] = middle + along[Lines - 1 - Skip][k];
    }
}

// Rectangle is what a thread searches, and what it found: the first of its (v, u), within the tile.
struct Rectangle {
    int v, u;
    Best nearest[Down][Right]; // to its columns
};

// Counting says which lines and columns of a rectangle are near a patch, a bit each.
struct Counting {
    unsigned lines, columns;
};

// near_bits tells which of count places on a line are near another.
DEVICE unsigned near_bits(int first, int count, int place, int radius) {
    unsigned bits = 0;
    for (int k = 0; k < count; k++)
        if (first + k - place <= radius && place - first - k <= radius) bits |= 1u << k;
    return bits;
}

// take_rectangle takes the similarities of row patch and the rectangle's columns, those that count.
DEVICE Best take_rectangle(Rectangle &of, const Shared &shared, const Images &images,
                           const float (&sums)[Down][Right], int radius, const BoxPatch &row,
                           unsigned patch, const Counting &counting) {
    int first = (images.top + of.v) * images.width + images.left + of.u;
    Best best = nobody(first);
#pragma unroll
    for (int i = 0; i < Down; i++)
#pragma unroll
        for (int k = 0; k < Right; k++) {
            const BoxPatch &column = shared.patches[radius][(of.v + i) * TileWidth + of.u + k];
            float similarity = box_similarity(sums[i][k], row, column);
            if (!(counting.lines >> i & counting.columns >> k & 1))
                similarity = -__uint_as_float(0x7f800000u);
            take(best, similarity, first + i * images.width + k);
            take(of.nearest[i][k], similarity, patch);
        }
    return best;
}

// Searched is one radius: keys, none if they are not wanted, and scales [slots, patches].
struct Searched {
    Key *keys;
    const float *scales;
};

// write_columns takes the rectangles' maxima of all x together, and to the keys.
DEVICE void write_columns(Rectangle &of, const Images &images, bool holds, Key *keys) {
#pragma unroll
    for (int i = 0; i < Down; i++)
#pragma unroll
        for (int k = 0; k < Right; k++) {
            Best &best = of.nearest[i][k];
            take_from(best, 1);
            take_from(best, 2);
            take_from(best, 4);
            int v = images.top + of.v + i, u = images.left + of.u + k;
            if (holds && (int)threadIdx.x % Across == i * Right + k && v < images.height &&
                u < images.width)
                atomicMax(&keys[v * images.width + u], key_of(best.similarity, best.patch));
        }
}

// compare searches one tile of one pair.
DEVICE void compare(Shared &shared, const Images &of, const Pair &pair,
                    const Searched (&searched)[Radii]) {
    int thread = threadIdx.x, patches = of.height * of.width;
    for (int k = thread; k < Radii * TileHeight * TileWidth; k += Threads) {
        int radius = k / (TileHeight * TileWidth), at = k % (TileHeight * TileWidth);
        int v = of.top + at / TileWidth, u = of.left + at % TileWidth;
        bool present = searched[radius].keys && v < of.height && u < of.width;
        shared.patches[radius][at] =
            box_patch(searched[radius].scales + (long long)pair.columns * patches,
                      v * of.width + u, present);
    }

    bool sums_rows = thread < of.inputs();
    int v = of.top - Reach + thread / of.line(), u = of.left - Reach + thread % of.line();
    Column column = column_of(of, v, u, sums_rows);
    Ring ring = {};
    if (of.from > 0) { // the two rows before, which the grid has
        load_row(ring[Window - 2], column, of);
        load_row(ring[Window - 1], column, of);
    }
#pragma unroll
    for (int k = 0; k < Reach + 1; k++) load_row(ring[k], column, of);

    int count = of.lines * of.columns, padded = ceil(count, Parts) * Parts; // in whole warps
    int radius = thread / Across / padded, index = thread / Across % padded;
    bool searches = radius < Radii && searched[min(radius, Radii - 1)].keys;
    bool holds = searches && index < count; // else it helps its warp only
    Rectangle rectangle = {index / of.columns * Down, index % of.columns * Right, {}};
    int x = of.x + thread % Across;
    for (int i = 0; i < Down; i++)
        for (int k = 0; k < Right; k++) rectangle.nearest[i][k] = nobody(x);
    Key *keys = searches ? searched[radius].keys : nullptr;
    const float *scales = searched[min(radius, Radii - 1)].scales + (long long)pair.rows * patches;
    bool all = of.radius < 0;
    Counting counting = {
        ~0u, all ? ~0u : near_bits(of.left + rectangle.u, Right, x, of.radius)};

    for (int y = of.from; y < of.to; y++) {
        if (sums_rows) {
            switch (y % Window) {
            case 0: sum_rows<0>(shared, ring, column, of, y); break;
            case 1: sum_rows<1>(shared, ring, column, of, y); break;
            case 2: sum_rows<2>(shared, ring, column, of, y); break;
            case 3: sum_rows<3>(shared, ring, column, of, y); break;
            case 4: sum_rows<4>(shared, ring, column, of, y); break;
            }
        }
        int patch = y * of.width + x;
        BoxPatch row = box_patch(scales, patch, searches && x < of.width);
        __syncthreads(); // the sums are there, and nobody reads those that come next
        if (!searches) continue; // a whole warp
        Best best = nobody(all ? patches : patch);
        if (!all) counting.lines = near_bits(of.top + rectangle.v, Down, y, of.radius);
        if (holds && counting.lines) {
            const float *plane = shared.planes[y % 2][radius][thread % Across] +
                                 rectangle.v * of.line() + rectangle.u;
            float sums[Down][Right];
            if (radius == 0) sum_rectangle<1>(sums, plane, of.line());
            else sum_rectangle<2>(sums, plane, of.line());
            best = take_rectangle(rectangle, shared, of, sums, radius, row, patch, counting);
        }
        take_from(best, Across);
        take_from(best, 2 * Across);
        if (pair.row_keys >= 0 && thread % 32 < Across && x < of.width)
            atomicMax(&keys[pair.row_keys + patch], key_of(best.similarity, best.patch));
    }
    if (searches && pair.column_keys >= 0) // whole warps
        write_columns(rectangle, of, holds, keys + pair.column_keys);
}

// search_pairs is box_search; without tiles in bound all tasks are taken, and all patches count.
DEVICE void search_pairs(const Searched (&searched)[Radii], const float *products,
                         const Pair *pairs, int count, int height, int width, int stride,
                         const Bound &bound) {
    Shared &shared = *dynamic_shared<Shared>();
    int across = ceil(width, TileWidth), tiles = ceil(height, TileHeight) * across;
    int tasks = bound.tiles ? bound.count : tiles * ceil(width, Across); // of a pair
    for (long long task = blockIdx.x; task < (long long)count * tasks; task += gridDim.x) {
        int index = (int)(task / tasks), part = (int)(task % tasks);
        if (bound.tiles) part = (int)bound.tiles[part];
        int tile = part % tiles;
        Images of = {height, width, stride, products + (long long)index * height * width * stride,
                     part / tiles * Across, tile / across * TileHeight, tile % across * TileWidth,
                     0, 0, bound.radius, 0, height};
        if (bound.tiles) {
            of.from = max(of.top - bound.radius, 0) / Window * Window;
            of.to = min(of.top + TileHeight + bound.radius, height);
        }
        of.lines = ceil(min(TileHeight, height - of.top), Down);
        of.columns = ceil(min(TileWidth, width - of.left), Right);
        compare(shared, of, pairs[index], searched);
        __syncthreads(); // the next task may overwrite what is read
    }
}

// box_search compares count pairs of images by their products [count, height * width, stride], in
// radius 1, 2 or both: keys are none for the radius that is not wanted. Blocks share the tasks
// evenly.
extern "C" __global__ void __launch_bounds__(Threads, 1)
box_search(Key *keys_of_1, Key *keys_of_2, const float *products, const float *scales_of_1,
           const float *scales_of_2, const Pair *pairs, int count, int height, int width,
           int stride) {
    search_pairs({{keys_of_1, scales_of_1}, {keys_of_2, scales_of_2}}, products, pairs, count,
                 height, width, stride, {nullptr, 0, width, -1});
}

// box_search_near is box_search among patches that are near each other. The tasks are those in which
// any are.
extern "C" __global__ void __launch_bounds__(Threads, 1)
box_search_near(Key *keys_of_1, Key *keys_of_2, const float *products, const float *scales_of_1,
                const float *scales_of_2, const Pair *pairs, int count, int height, int width,
                int stride, const unsigned *tasks, int task_count, int radius) {
    search_pairs({{keys_of_1, scales_of_1}, {keys_of_2, scales_of_2}}, products, pairs, count,
                 height, width, stride, {tasks, task_count, width, radius});
}
