// Cases of the box filter, for the builds that watch or sanitize it: each is run by its grid and
// channels, as "13x11 32", or "5x4 32 blank". Keys are compared with a plain definition in double precision.
//
//	g++ -std=c++17 -O2 -I ../../cgo/cuda/fake box.cpp -o box && ./box "13x11 32"
#include <cmath>
#include <cstdio>

#include "runner.h"

#include "../box.h"
#include "../features.h"
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

// Found are the keys of all radii, from raw tokens on.
static bool find(const Tokens &tokens, std::vector<Pair> pairs, std::vector<Key> (&found)[3]) {
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
    if (!run("box_product", box_product_cu::box_product, {2, 1, 1}, {mma::Threads, 1, 1},
             mma::Stages * mma::Buffer * 2, products, keys[0], halves, offsets, scales[0], of, count,
             patches, padded, stride) ||
        !run("box_search", box_search_cu::box_search, {3, 1, 1}, {box_search_cu::Threads, 1, 1},
             sizeof(box_search_cu::Shared), keys[1], keys[2], products, scales[1], scales[2], of,
             count, tokens.height, tokens.width, stride))
        return false;
    for (int radius = 0; radius < 3; radius++)
        found[radius].assign(keys[radius], keys[radius] + images * images * patches);
    return true;
}

// box compares all pairs of three images, and the last pair in one direction only. The choice may
// be of a patch that is farther by no more than the tolerance, in halves of squared distances.
static bool box(int height, int width, int channels, bool blank) {
    constexpr double tolerance = 2e-4; // the fewer channels the more; 3e-5 is usual
    Tokens tokens(height, width, channels, blank);
    int patches = tokens.patches;
    auto at = [&](int i, int j) { return (long long)(i * images + j) * patches; };
    std::vector<Key> found[3];
    if (!find(tokens, {{0, 1, at(0, 1), at(1, 0)}, {0, 2, at(0, 2), at(2, 0)}, {1, 2, at(1, 2), -1}},
              found))
        return false;
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
                        best = std::max(best, tokens.similarity(radius, i, p, j, q));
                    unsigned q = patch_of(key), bits = similarity_of(key);
                    if (q >= (unsigned)patches) return wrong("nearest", radius, p, q, patches - 1);
                    float said = emulator::float_of(bits >> 31 ? bits & 0x7fffffff : ~bits);
                    double chosen = tokens.similarity(radius, i, p, j, q);
                    if (!(std::fabs(said - best) <= tolerance && chosen >= best - tolerance))
                        return wrong("similarity", radius, p, said, best);
                    if (radius == 0 && j == 1 && q % 2) return wrong("later of equals", radius, p, q, q - 1);
                }
    return true;
}

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        int height, width, channels;
        char blank[8] = "";
        if (sscanf(arguments[i], "%dx%d %d %7s", &height, &width, &channels, blank) < 3) return 2;
        if (!box(height, width, channels, blank[0])) return 1;
        emulator::release_all();
    }
    return 0;
}
