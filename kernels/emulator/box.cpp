// Cases of the box filter, for the builds that watch or sanitize it: each is run by its grid and
// channels, as "13x11 32", or "5x4 32 blank", or "13x11 32 near 2" where patches must be within 2 of each
// other. Keys are compared with a plain definition in double precision.
//
//	g++ -std=c++17 -O2 -I ../../cgo/cuda/fake box.cpp -o box && ./box "13x11 32"
#include <cmath>
#include <cstdio>

#include "runner.h"

#include "../box.h"
#include "../features.h"
#include "../near.h"
#include "../pairs.h"
#include "../product.h"
#include "../sums.h"

#ifndef __SANITIZE_THREAD__ // else the emulator is compiled apart, without the watch over itself
#include "emulator.cpp"
#endif

namespace prepare_cu {
#include "../prepare.cu"
}
namespace box_prepare_cu {
#include "../box_prepare.cu"
}
namespace box_product_cu {
#include "../box_product.cu"
}
namespace box_search_cu {
#include "../box_search.cu"
}

extern "C" const musc_kernel_entry musc_kernels[] = {{nullptr, nullptr}};

using namespace runner;

constexpr int images = 3;

static bool wrong(const char *what, int radius, int p, double got, double want) {
    fprintf(stderr, "radius %d: %s of patch %d is %.9g, not %.9g\n", radius, what, p, got, want);
    return false;
}

// Tokens of three images, and what the box filter is to find: z in double, a radius each. Of the
// second image every other patch is the one before it once more. Blank says that the others' later
// half is zeros, and so is their mean.
struct Tokens {
    static constexpr int Radii = 3;
    int height, width, channels, patches = height * width;
    std::vector<float> raw;
    std::vector<double> z[Radii];

    Tokens(int height, int width, int channels, bool blank)
        : height(height), width(width), channels(channels) {
        Random random(patches * 1000 + channels);
        std::vector<float> shared(channels);
        for (float &x : shared) x = random.between(-1, 3);
        for (int i = 0; i < images; i++)
            for (int p = 0; p < patches; p++)
                for (int c = 0; c < channels; c++) {
                    float x = shared[c] + random.between(-1, 1);
                    if (i == 1 && p % 2) x = raw[raw.size() - channels];
                    if (i != 1 && blank && p >= patches / 2) x = 0;
                    else if (i != 1 && blank && c % 2) x = -raw.back();
                    raw.push_back(x);
                }
        for (int radius = 0; radius < Radii; radius++)
            for (int i = 0; i < images; i++) aggregate(i, radius);
    }
    void aggregate(int i, int radius) {
        const float *image = &raw[i * patches * channels];
        double mean = 0;
        for (int k = 0; k < patches * channels; k++) mean += image[k];
        mean /= patches * channels;
        for (int p = 0; p < patches; p++) {
            std::vector<double> sum(channels);
            double squares = 0;
            for (int q = 0; q < patches; q++)
                if (abs(q / width - p / width) <= radius && abs(q % width - p % width) <= radius)
                    for (int c = 0; c < channels; c++) sum[c] += image[q * channels + c] - mean;
            for (double x : sum) squares += x * x;
            for (double x : sum) z[radius].push_back(squares > 0 ? x / std::sqrt(squares) : 0);
        }
    }
    // similarity is minus half the squared distance of patches p of image i and q of image j.
    double similarity(int radius, int i, int p, int j, int q) const {
        double squares = 0;
        for (int c = 0; c < channels; c++) {
            double d = z[radius][(i * patches + p) * channels + c] -
                       z[radius][(j * patches + q) * channels + c];
            squares += d * d;
        }
        return -squares / 2;
    }
};

// any_near says whether any of two rectangles' patches are within reach of each other.
static bool any_near(int top, int bottom, int left, int right, int v, int u, int height, int width,
                     int reach) {
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            for (int i = v; i < v + height; i++)
                for (int k = u; k < u + width; k++)
                    if (abs(y - i) <= reach && abs(x - k) <= reach) return true;
    return false;
}

// tiles_of lists the tiles of box_product that have products of patches within reach of each other.
static std::vector<unsigned> tiles_of(const Tokens &tokens, int reach) {
    std::vector<unsigned> tiles;
    int width = tokens.width, across = (tokens.patches + mma::Tile - 1) / mma::Tile;
    for (int row = 0; row < across; row++)
        for (int column = 0; column < across; column++) {
            bool any = false;
            for (int p = row * mma::Tile; p < min((row + 1) * mma::Tile, tokens.patches); p++)
                for (int q = column * mma::Tile; q < min((column + 1) * mma::Tile, tokens.patches); q++)
                    any = any || (abs(p / width - q / width) <= reach &&
                                  abs(p % width - q % width) <= reach);
            if (any) tiles.push_back(unsigned(row) << 16 | unsigned(column));
        }
    return tiles;
}

// tasks_of lists the tasks of box_search in which any patch is near any.
static std::vector<unsigned> tasks_of(const Tokens &tokens, int radius) {
    using namespace box_search_cu;
    std::vector<unsigned> tasks;
    int height = tokens.height, width = tokens.width, task = 0;
    for (int x = 0; x < width; x += Across)
        for (int top = 0; top < height; top += TileHeight)
            for (int left = 0; left < width; left += TileWidth, task++)
                if (any_near(0, height, x, min(x + Across, width), top, left,
                             min(TileHeight, height - top), min(TileWidth, width - left), radius))
                    tasks.push_back(task);
    return tasks;
}

// Found are the keys of all radii, from raw tokens on. near is the bound, 0: there is none.
static bool find(const Tokens &tokens, std::vector<Pair> pairs, std::vector<Key> (&found)[3],
                 int near) {
    int patches = tokens.patches, channels = tokens.channels, padded = (channels + 31) / 32 * 32;
    int stride = (patches + 7) / 8 * 8, parts = 4, values = patches * channels;
    unsigned patch_count = patches;
    float *raw = device(tokens.raw), *centre = device(std::vector<float>(channels));
    half_bits *halves = output<half_bits>(images * patches * padded);
    float *offsets = output<float>(images * patches), *lengths = output<float>(images * patches);
    float *scales[3];
    for (float *&of : scales) of = output<float>(images * patches);
    double *sums = output<double>(parts), *squares = output<double>(parts);
    auto features = [&](int i) {
        return run("sum_tokens", prepare_cu::sum_tokens, {4, 1, 1}, {128, 1, 1}, 0, sums,
                   raw + i * values, values) &&
               run("sum_squares", box_prepare_cu::sum_squares, {4, 1, 1}, {128, 1, 1}, 0, squares,
                   raw + i * values, sums, parts, values) &&
               run("box_features", box_prepare_cu::box_features, {patch_count, 1, 1}, {128, 1, 1},
                   0, halves + i * patches * padded, offsets + i * patches, lengths + i * patches,
                   raw + i * values, sums, squares, centre, parts, channels, padded);
    };
    if (!features(0) ||
        !run("add_centre", prepare_cu::add_centre, {unsigned(channels + 127) / 128, 1, 1},
             {128, 1, 1}, 0, centre, halves, patches, channels, padded, 1))
        return false;
    for (int i = 0; i < images; i++) {
        if (!features(i)) return false;
        for (int radius = 0; radius < 3; radius++)
            if (!run("box_scales", box_prepare_cu::box_scales, {patch_count, 1, 1}, {128, 1, 1}, 0,
                     scales[radius] + i * patches, halves + i * patches * padded,
                     lengths + i * patches, centre, tokens.height, tokens.width, channels, padded,
                     radius))
                return false;
    }
    int count = (int)pairs.size();
    float *products = output<float>(count * patches * stride);
    Pair *of = device(pairs);
    Key *keys[3];
    for (Key *&each : keys) each = device(std::vector<Key>(images * images * patches));
    std::vector<unsigned> tiles = tiles_of(tokens, near + 4), tasks = tasks_of(tokens, near);
    unsigned product_shared = mma::Stages * mma::Buffer * 2, shared = sizeof(box_search_cu::Shared);
    emulator::Index threads{mma::Threads, 1, 1}, box_threads{box_search_cu::Threads, 1, 1};
    bool good =
        near ? run("box_product_near", box_product_cu::box_product_near, {2, 1, 1}, threads,
                   product_shared, products, keys[0], halves, offsets, scales[0], of, count,
                   patches, padded, stride, device(tiles), (int)tiles.size(), tokens.width, near) &&
                   run("box_search_near", box_search_cu::box_search_near, {3, 1, 1}, box_threads,
                       shared, keys[1], keys[2], products, scales[1], scales[2], of, count,
                       tokens.height, tokens.width, stride, device(tasks), (int)tasks.size(), near)
             : run("box_product", box_product_cu::box_product, {2, 1, 1}, threads, product_shared,
                   products, keys[0], halves, offsets, scales[0], of, count, patches, padded,
                   stride) &&
                   run("box_search", box_search_cu::box_search, {3, 1, 1}, box_threads, shared,
                       keys[1], keys[2], products, scales[1], scales[2], of, count, tokens.height,
                       tokens.width, stride);
    if (!good) return false;
    for (int radius = 0; radius < 3; radius++)
        found[radius].assign(keys[radius], keys[radius] + images * images * patches);
    return true;
}

// box compares all pairs of three images, and the last pair in one direction only. The choice may
// be of a patch that is farther by no more than the tolerance, in halves of squared distances.
static bool box(int height, int width, int channels, bool blank, int near) {
    constexpr double tolerance = 2e-4; // the fewer channels the more; 3e-5 is usual
    Tokens tokens(height, width, channels, blank);
    int patches = tokens.patches;
    auto at = [&](int i, int j) { return (long long)(i * images + j) * patches; };
    std::vector<Key> found[3];
    if (!find(tokens, {{0, 1, at(0, 1), at(1, 0)}, {0, 2, at(0, 2), at(2, 0)}, {1, 2, at(1, 2), -1}},
              found, near))
        return false;
    auto counts = [&](int p, int q) {
        return !near || (abs(p / width - q / width) <= near && abs(p % width - q % width) <= near);
    };
    for (int radius = 0; radius < 3; radius++)
        for (int i = 0; i < images; i++)
            for (int j = 0; j < images; j++)
                for (int p = 0; p < patches; p++) {
                    Key key = found[radius][at(i, j) + p];
                    if (i == j || (i == 2 && j == 1)) {
                        if (key) return wrong("unwanted key", radius, p, (double)key, 0);
                        continue;
                    }
                    double best = -INFINITY;
                    for (int q = 0; q < patches; q++)
                        if (counts(p, q)) best = std::max(best, tokens.similarity(radius, i, p, j, q));
                    unsigned q = patch_of(key), bits = similarity_of(key);
                    if (q >= (unsigned)patches || !counts(p, q))
                        return wrong("nearest", radius, p, q, patches - 1);
                    float said = emulator::float_of(bits >> 31 ? bits & 0x7fffffff : ~bits);
                    double chosen = tokens.similarity(radius, i, p, j, q);
                    if (!(std::fabs(said - best) <= tolerance && chosen >= best - tolerance))
                        return wrong("similarity", radius, p, said, best);
                    if (radius == 0 && j == 1 && q % 2 && counts(p, q - 1))
                        return wrong("later of equals", radius, p, q, q - 1);
                }
    return true;
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        int height, width, channels, near = 0;
        char kind[8] = "";
        if (sscanf(arguments[i], "%dx%d %d %7s %d", &height, &width, &channels, kind, &near) < 3)
            return 2;
        if (!box(height, width, channels, kind[0] == 'b', near)) return 1;
        emulator::release_all();
    }
    return 0;
}
