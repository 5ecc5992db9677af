// Cases of the kernels themselves, for the builds that watch or sanitize them: each is run by its
// name, as "search 37x37 96" or "search_hopper 1x257 320 wide", or "search 37x37 96 ties 2" where
// patches must be within 2 of each other. The features are integers, so that every sum is exact and
// the keys are known to the bit; what prepare.cu and average.cu compute is checked to a tolerance.
//
//	g++ -std=c++17 -O2 -I ../../cgo/cuda/fake cases.cpp -o cases && ./cases "search 1x129 32"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "runner.h"

#include "kernels.cpp"

using namespace runner;

constexpr int images = 3;

static bool wrong(const char *what, int at, double got, double want) {
    fprintf(stderr, "%s %d is %.9g, not %.9g\n", what, at, got, want);
    return false;
}

// Kinds of features.
enum Kind {
    Ties,     // integers to 3: many patches are as near as the nearest
    Wide,     // integers to 100: sums of up to 24 bits, of which a packed one keeps 17
    Negative, // as Wide, with norms too small by so much that sums are about 0, of either sign
    NoNumbers // as Wide, and every fifth patch holds what is no number, also where padding is read
};

// Grid is that of the patches; radius is how far apart those may be that count, 0: any do.
struct Grid {
    int height, width, radius;
    bool counts(int p, int q) const {
        return !radius || (abs(p / width - q / width) <= radius && abs(p % width - q % width) <= radius);
    }
};

// Features are halves [images, patches, channels] of integers, with what the kernels get.
struct Features {
    Grid grid;
    int patches, channels;
    std::vector<float> values;
    std::vector<half_bits> halves;
    std::vector<float> norms;

    Features(const Grid &grid, int channels, Kind kind)
        : grid(grid), patches(grid.height * grid.width), channels(channels) {
        Random random(patches * 1000 + channels);
        int most = kind == Ties ? 3 : 100;
        for (int i = 0; i < images * patches; i++) {
            float norm = 0;
            for (int c = 0; c < channels; c++) {
                float x = float(int(random.bits() % (2 * most + 1)) - most);
                if (kind == NoNumbers && i % 5 == 0 && c == 3) x = NAN;
                values.push_back(x);
                halves.push_back(to_half(x));
                norm += x * x;
            }
            // Half the mean squared distance is the mean norm.
            if (kind == Negative) norm -= channels * most * (most + 1) / 3;
            norms.push_back(norm / 2);
        }
    }
    // half_square is what h(p) + h(q) - x(p).y(q) of packed.h is for two patches.
    float half_square(int i, int p, int j, int q) const {
        const float *x = &values[(i * patches + p) * channels];
        const float *y = &values[(j * patches + q) * channels];
        float product = 0;
        for (int c = 0; c < channels; c++) product += x[c] * y[c];
        return norms[i * patches + p] + norms[j * patches + q] - product;
    }
    // nearest is the key of the patch of image j that is nearest to patch p of image i.
    Key nearest(int i, int p, int j) const {
        Key best = 0;
        for (int q = 0; q < patches; q++)
            if (grid.counts(p, q)) best = max(best, key_of(-half_square(i, p, j, q), q));
        return best;
    }
    // nearest_packed is the same by the rule of packed.h. It fails, as 0, if the choice is farther
    // than packed.h says.
    Key nearest_packed(int i, int p, int j) const {
        long long least = 1ll << 40;
        int at = -1;
        float nearest = INFINITY;
        for (int q = 0; q < patches; q++) {
            if (!grid.counts(p, q)) continue;
            float square = half_square(i, p, j, q);
            nearest = fminf(nearest, square);
            unsigned bits = std::isnan(square) ? 0x7fffffff : emulator::bits_of(square);
            long long whole = (int)(bits / 128 * 128); // without the last 7 bits; with its sign
            if (whole < least) least = whole, at = q;
        }
        if (nearest > 0 && half_square(i, p, j, at) > nearest * (1 + 0x1p-16)) return 0;
        return (Key)(0x7fffffffu ^ (unsigned)least) << 32 | (0xffffffffu - (unsigned)at);
    }
};

// map_of is a map of the features with boxes of so many patches.
static TensorMap map_of(const half_bits *halves, const Features &f, int box) {
    musc_tensor_map map = {};
    map.address = (unsigned long long)halves;
    map.shape[0] = f.channels;
    map.shape[1] = images * f.patches;
    map.strides[0] = f.channels * 2;
    map.box[0] = search_hopper_cu::Channels;
    map.box[1] = box;
    map.rank = 2;
    map.swizzle = 3; // 128 bytes
    map.element_bytes = 2;
    map.magic = MUSC_TENSOR_MAP;
    TensorMap as_given;
    static_assert(sizeof map <= sizeof as_given, "a map fits");
    memcpy(&as_given, &map, sizeof map);
    return as_given;
}

// tiles_of lists the tiles of so many columns in which any patch counts for any, as near.h has them.
static std::vector<unsigned> tiles_of(const Grid &grid, int rows, int columns) {
    std::vector<unsigned> tiles;
    int patches = grid.height * grid.width;
    for (int row = 0; row < patches; row += rows)
        for (int column = 0; column < patches; column += columns) {
            bool any = false;
            for (int p = row; p < min(row + rows, patches); p++)
                for (int q = column; q < min(column + columns, patches); q++)
                    any = any || grid.counts(p, q);
            if (any) tiles.push_back(unsigned(row / rows) << 16 | unsigned(column / columns));
        }
    return tiles;
}

// search compares all pairs of three images: one with the first image's patches as columns, and one
// in one direction only. columns are those of a tile of search_hopper, 0 for search. The number of
// blocks, 1 to 5, mostly is no divisor of the number of tiles. Of tiles in which nothing counts no
// product may be taken.
static bool search(int columns, const Grid &grid, int channels, Kind kind) {
    Features f(grid, channels, kind);
    int patches = f.patches;
    std::vector<Key> none(images * images * patches);
    Key *keys = device(none);
    auto at = [&](int i, int j) { return (long long)(i * images + j) * patches; };
    half_bits *halves = device(f.halves);
    float *norms = device(f.norms);
    unsigned blocks = 1 + patches % 5;
    const Pair pairs[] = {{0, 1, at(0, 1), at(1, 0)}, {2, 0, at(2, 0), at(0, 2)},
                          {1, 2, at(1, 2), -1}};
    Pair *list = device(std::vector<Pair>(pairs, pairs + images));
    std::vector<unsigned> listed = tiles_of(grid, mma::Tile, columns ? columns : mma::Tile);
    unsigned *tiles = device(listed);
    int tile_count = (int)listed.size();
    bool good;
    emulator::multiplied = 0;
    if (columns) {
        using namespace search_hopper_cu;
        unsigned shared = columns == 256 ? sizeof(Shared<256>) : sizeof(Shared<232>);
        TensorMap rows = map_of(halves, f, TileRows), others = map_of(halves, f, columns);
        if (grid.radius)
            good = run("search_hopper_near",
                       columns == 256 ? search_hopper_near : search_hopper_232_near, {blocks, 1, 1},
                       {Threads, 1, 1}, shared + Readers * columns * 4, keys, rows, others, norms,
                       list, images, patches, channels, tiles, tile_count, grid.width, grid.radius);
        else
            good = run("search_hopper",
                       columns == 256 ? search_hopper_cu::search_hopper : search_hopper_232,
                       {blocks, 1, 1}, {Threads, 1, 1}, shared, keys, rows, others, norms, list,
                       images, patches, channels);
    } else if (grid.radius) {
        good = run("search_near", search_cu::search_near, {blocks, 1, 1}, {mma::Threads, 1, 1},
                   mma::Stages * mma::Buffer * 2, keys, halves, norms, list, images, patches,
                   channels, tiles, tile_count, grid.width, grid.radius);
    } else {
        good = run("search", search_cu::search, {blocks, 1, 1}, {mma::Threads, 1, 1},
                   mma::Stages * mma::Buffer * 2, keys, halves, norms, list, images, patches,
                   channels);
    }
    int depth = columns ? (channels + 63) / 64 * 64 : channels;
    double taken = double(emulator::multiplied) / mma::Tile / (columns ? columns : mma::Tile) / depth;
    for (int i = 0; i < images && good; i++)
        for (int j = 0; j < images && good; j++)
            for (int p = 0; p < patches && good; p++) {
                Key got = keys[at(i, j) + p];
                if (kind == NoNumbers && grid.radius && i != j && !(i == 2 && j == 1)) {
                    // Who is nearest to what is no number does not matter, but it must be a patch.
                    if (patch_of(got) >= unsigned(patches)) good = wrong("nearest", p, patch_of(got), 0);
                    continue;
                }
                Key want = i == j || (i == 2 && j == 1) ? 0
                           : columns                     ? f.nearest_packed(i, p, j)
                                                         : f.nearest(i, p, j);
                if (got != want) good = wrong("key", p, (double)got, (double)want);
            }
    if (good && taken != images * tile_count)
        return wrong("tiles of", images * tile_count, taken, images * tile_count);
    return good;
}

// average scores image 0 by the two others, whose nearest patches are given, from raw tokens on.
static bool average(int height, int width, int channels) {
    int patches = height * width, padded = (channels + 31) / 32 * 32, parts = 4, radius = 1;
    Random random(7);
    std::vector<float> tokens(images * patches * channels);
    for (float &x : tokens) x = random.between(-1, 3);
    float *raw = device(tokens);
    double *sums = output<double>(images * parts);
    half_bits *halves = output<half_bits>(images * patches * padded);
    half_bits *rest = output<half_bits>(images * patches * padded);
    float *norms = output<float>(images * patches);
    float *centre = device(std::vector<float>(channels, 0.01f));
    unsigned image_count = images, patch_count = patches, part_count = parts;
    if (!run("sum_tokens", prepare_cu::sum_tokens, {part_count, image_count, 1}, {128, 1, 1}, 0,
             sums, raw, patches * channels) ||
        !run("aggregate", prepare_cu::aggregate, {patch_count, image_count, 1}, {128, 1, 1},
             channels * 4, halves, rest, norms, raw, sums, centre, parts, height, width, channels,
             padded, radius) ||
        !run("add_centre", prepare_cu::add_centre, {unsigned(channels + 127) / 128, 1, 1},
             {128, 1, 1}, 0, centre, halves, patches, channels, padded, 0.5))
        return false;

    // z in double: the window sums of what is above the image's mean, of length 1.
    std::vector<double> z(images * patches * channels);
    for (int i = 0; i < images; i++) {
        const float *image = &tokens[i * patches * channels];
        double mean = 0;
        for (int k = 0; k < patches * channels; k++) mean += image[k];
        mean /= patches * channels;
        for (int p = 0; p < patches; p++) {
            double *of = &z[(i * patches + p) * channels], squares = 0;
            for (int q = 0; q < patches; q++)
                if (abs(q / width - p / width) <= radius && abs(q % width - p % width) <= radius)
                    for (int c = 0; c < channels; c++) of[c] += image[q * channels + c] - mean;
            for (int c = 0; c < channels; c++) squares += of[c] * of[c];
            for (int c = 0; c < channels; c++) of[c] /= std::sqrt(squares);
        }
    }
    auto apart = [&](int p, int j, int q) {
        double squares = 0;
        for (int c = 0; c < channels; c++) {
            double d = z[p * channels + c] - z[(j * patches + q) * channels + c];
            squares += d * d;
        }
        return std::sqrt(squares);
    };
    std::vector<Key> given(images * patches);
    for (int j = 1; j < images; j++)
        for (int p = 0; p < patches; p++) {
            unsigned q = random.bits() % patches;
            given[j * patches + p] = key_of(float(-apart(p, j, q)), q);
        }
    Key *keys = device(given);
    auto *ends = output<average_cu::Ends>(patches);
    double *totals = output<double>(patches);
    unsigned blocks = unsigned(patches + 127) / 128, warps = unsigned(patches + 3) / 4;
    if (!run("select_nearest", average_cu::select_nearest, {blocks, 1, 1}, {128, 1, 1}, 0, ends,
             totals, keys, images, patches, 0, 0, 1, average_cu::Mean))
        return false;
    float *partial = output<float>(2 * patches);
    for (int j = 0; j < images; j += 2) // two scorers and then one, and of each some channels
        for (int begin = 0; begin < padded; begin += average_cu::Chunk)
            if (!run("add_distances", average_cu::add_distances, {warps, 1, 1}, {128, 1, 1}, 0,
                     totals, ends, partial, keys, halves, rest, images, patches, padded, 0, 0, j, j,
                     min(2, images - j), begin, min(begin + average_cu::Chunk, padded),
                     average_cu::Mean))
                return false;
    double *scores = device(std::vector<double>(patches, 1));
    if (!run("add_scores", average_cu::add_scores, {blocks, 1, 1}, {128, 1, 1}, 0, scores, totals,
             patches, 2))
        return false;
    for (int p = 0; p < patches; p++) {
        double one = apart(p, 1, patch_of(given[patches + p]));
        double other = apart(p, 2, patch_of(given[2 * patches + p]));
        double want = 1 + 2 * std::min(one, other);
        if (!(std::fabs(scores[p] - want) < 1e-5)) return wrong("score", p, scores[p], want);
    }
    return true;
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        char kernel[32], features[32] = "ties";
        int height, width, channels, radius = 0;
        if (sscanf(arguments[i], "%31s %dx%d %d %31s %d", kernel, &height, &width, &channels,
                   features, &radius) < 4)
            return 2;
        std::string name = kernel, of = features;
        Kind kind = of == "wide" ? Wide : of == "negative" ? Negative : of == "nan" ? NoNumbers : Ties;
        int columns = name == "search_hopper" ? 256 : name == "search_hopper_232" ? 232 : 0;
        if (name == "average" ? !average(height, width, channels)
                              : !search(columns, {height, width, radius}, channels, kind))
            return 1;
        emulator::release_all();
    }
    return 0;
}
