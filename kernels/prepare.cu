// LNAMD on the device (the paper's section 3.2): from an image's raw patch tokens [P,C] to features
// that the tensor cores can search, for one degree.
//
// With m the mean of all the image's values and v(p) the sum of (token - m) over the window around
// p, zeros outside of the grid: the aggregated, normalised patch is z(p) = v(p) / |v(p)|, because
// the image's standard deviation and the window's area are factors that the norm cancels.
//
// What is kept is x = Scale * (z - centre), centre being about the mean of z over the batch: it
// cancels in every difference of two patches, and without it the halves spend their digits on what
// patches differ in. x is split into a half and the half of what is left, 22 bits together; the
// search reads the first only, the exact distances (average.cu) both. Scale keeps what is left
// within the normal range of halves.
#include "features.h"
#include "ptx.h"
#include "sums.h"

constexpr int Threads = 128;

// sum_tokens writes the sum of block x's share of the values of image y to sums [images,
// gridDim.x].
extern "C" __global__ void __launch_bounds__(Threads, 8)
sum_tokens(double *sums, const float *tokens, int values) {
    __shared__ double of_warps[Threads / 32];
    const float *image = tokens + (long long)blockIdx.y * values;
    double sum = 0;
    for (int k = blockIdx.x * Threads + threadIdx.x; k < values; k += gridDim.x * Threads)
        sum += image[k];
    sum = block_sum(sum, of_warps);
    if (threadIdx.x == 0) sums[blockIdx.y * gridDim.x + blockIdx.x] = sum;
}

// aggregate makes features of patch x of image y: tokens [images, height*width, channels] go to
// features and residuals [images, height*width, padded] and half_norms [images, height*width].
// radius is (degree - 1) / 2, sums and parts what sum_tokens left, centre [channels]. Dynamic
// shared memory: channels floats.
extern "C" __global__ void __launch_bounds__(Threads, 8)
aggregate(half_bits *features, half_bits *residuals, float *half_norms, const float *tokens,
          const double *sums, const float *centre, int parts, int height, int width, int channels,
          int padded, int radius) {
    __shared__ float of_warps[Threads / 32];
    float *values = dynamic_shared<float>();
    int patches = height * width, patch = blockIdx.x;
    double total = 0;
    for (int part = 0; part < parts; part++) total += sums[blockIdx.y * parts + part];
    float mean = (float)(total / ((double)patches * channels));

    const float *image = tokens + (long long)blockIdx.y * patches * channels;
    int top = max(patch / width - radius, 0), bottom = min(patch / width + radius, height - 1);
    int left = max(patch % width - radius, 0), right = min(patch % width + radius, width - 1);
    float squares = 0;
    for (int c = threadIdx.x; c < channels; c += Threads) {
        float value = 0;
        for (int y = top; y <= bottom; y++)
            for (int x = left; x <= right; x++)
                value += image[(long long)(y * width + x) * channels + c] - mean;
        values[c] = value; // read by this thread only
        squares += value * value;
    }
    float norm = sqrtf(block_sum(squares, of_warps));
    float scale = norm > 0 ? Scale / norm : 0; // a patch of zeros stays one

    long long at = ((long long)blockIdx.y * patches + patch) * padded;
    squares = 0;
    for (int c = threadIdx.x; c < padded; c += Threads) {
        float value = c < channels ? values[c] * scale - Scale * centre[c] : 0;
        half_bits half = to_half(value);
        float kept = from_half(half);
        features[at + c] = half;
        residuals[at + c] = to_half(value - kept);
        squares += kept * kept;
    }
    squares = block_sum(squares, of_warps);
    if (threadIdx.x == 0) half_norms[(long long)blockIdx.y * patches + patch] = squares / 2;
}

// add_centre adds weight times the mean of one image's z, over Sample patches that are spread
// evenly, to centre [channels]. The features must have been made with a centre of 0.
extern "C" __global__ void __launch_bounds__(Threads, 8)
add_centre(float *centre, const half_bits *features, int patches, int channels, int padded,
           double weight) {
    constexpr int Sample = 64;
    int c = blockIdx.x * Threads + threadIdx.x;
    if (c >= channels) return;
    int samples = min(patches, Sample);
    float sum = 0;
    for (int k = 0; k < samples; k++)
        sum += from_half(features[(long long)(k * patches / samples) * padded + c]);
    centre[c] += (float)(weight * sum / (samples * Scale));
}
