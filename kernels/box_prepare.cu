// What the box filter needs of an image: features of its tokens before aggregation, and what each
// patch's window sums are to be divided by.
//
// X is scaled so that its mean length is BoxScale; no scale of an image changes a z. What is kept
// is the half x~ of x = X - centre, centre being about the mean of X over the batch: without it the
// halves spend their digits on what patches differ in. X~ = x~ + centre stands for X from here on:
// the scales are those of X~, so that equal patches have a distance of 0. Its product is
// X~(p).X~'(q) = x~(p).x~'(q) + offset(p) + offset(q), offset = x~.centre + centre.centre / 2.
#include "box.h"
#include "features.h"
#include "ptx.h"
#include "sums.h"

constexpr int Threads = 128, Warps = Threads / 32;

// sum_squares writes the sum of the squares of block x's share of the values of an image, less
// their mean, to squares [gridDim.x]. sums and parts are what sum_tokens left.
extern "C" __global__ void __launch_bounds__(Threads, 8)
sum_squares(double *squares, const float *tokens, const double *sums, int parts, int values) {
    __shared__ double of_warps[Warps];
    double total = 0;
    for (int part = 0; part < parts; part++) total += sums[part];
    float mean = (float)(total / values);
    double sum = 0;
    for (int k = blockIdx.x * Threads + threadIdx.x; k < values; k += gridDim.x * Threads) {
        float x = tokens[k] - mean;
        sum += x * x;
    }
    sum = block_sum(sum, of_warps);
    if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

// box_features makes features of patch x: tokens [patches, channels] go to features [patches,
// padded], offsets [patches] and lengths [patches], which are |X|^2. sums, squares and parts are
// what sum_tokens and sum_squares left. centre [channels] is in units of Scale, as add_centre makes
// it of features.
extern "C" __global__ void __launch_bounds__(Threads, 8)
box_features(half_bits *features, float *offsets, float *lengths, const float *tokens,
             const double *sums, const double *squares, const float *centre, int parts,
             int channels, int padded) {
    __shared__ float of_warps[Warps];
    int patches = gridDim.x, patch = blockIdx.x;
    double total = 0, total_squares = 0;
    for (int part = 0; part < parts; part++) {
        total += sums[part];
        total_squares += squares[part];
    }
    float mean = (float)(total / ((double)patches * channels));
    float scale = total_squares > 0 ? BoxScale / sqrtf((float)(total_squares / patches)) : 0;

    const float *token = tokens + (long long)patch * channels;
    float offset = 0, length = 0;
    for (int c = threadIdx.x; c < padded; c += Threads) {
        float of_centre = c < channels ? Scale * centre[c] : 0;
        float value = c < channels ? (token[c] - mean) * scale : 0;
        half_bits half = to_half(value - of_centre);
        features[(long long)patch * padded + c] = half;
        offset += (from_half(half) + of_centre / 2) * of_centre;
        length += value * value;
    }
    offset = block_sum(offset, of_warps);
    length = block_sum(length, of_warps);
    if (threadIdx.x == 0) {
        offsets[patch] = offset;
        lengths[patch] = length;
    }
}

// box_scales writes what the window sums of patch x are divided by, for one radius: 1 / |B X~|, 0
// if X is zero in the whole window.
extern "C" __global__ void __launch_bounds__(Threads, 8)
box_scales(float *scales, const half_bits *features, const float *lengths, const float *centre,
           int height, int width, int channels, int padded, int radius) {
    __shared__ float of_warps[Warps];
    int patch = blockIdx.x;
    int top = max(patch / width - radius, 0), bottom = min(patch / width + radius, height - 1);
    int left = max(patch % width - radius, 0), right = min(patch % width + radius, width - 1);
    int count = (bottom - top + 1) * (right - left + 1);
    float squares = 0, length = 0;
    for (int c = threadIdx.x; c < channels; c += Threads) {
        float sum = 0;
        for (int y = top; y <= bottom; y++)
            for (int x = left; x <= right; x++)
                sum += from_half(features[(long long)(y * width + x) * padded + c]);
        sum += count * (Scale * centre[c]);
        squares += sum * sum;
    }
    squares = block_sum(squares, of_warps);
    for (int y = top; y <= bottom; y++)
        for (int x = left; x <= right; x++) length += lengths[y * width + x];
    if (threadIdx.x == 0) scales[patch] = length > 0 && squares > 0 ? 1 / sqrtf(squares) : 0;
}
