// Eq. 2 on the device: of all images' nearest patches to a patch, those whose distances count are
// selected by what the search found, and their distances are computed exactly.
#include "features.h"
#include "keys.h"
#include "ptx.h"

constexpr int Threads = 128;
constexpr unsigned All = 0xffffffffu; // lanes

enum Average { Mean, Min, Max }; // in the order of mutual.Average

// Ends says which of a patch's scorers count: those among the stop nearest that are not among the
// start nearest. The k nearest are those whose similarity (ordered) is above the limit, and as many
// of equal similarity, in the scorers' order, as are missing to k.
struct End {
    unsigned limit;
    int equal; // still to be taken
};
struct Ends {
    End stop, start;
};

// Scorers are the similarities (ordered) of a patch's nearest patch in each of count images.
struct Scorers {
    const Key *keys;
    long long stride;
    int count, self; // the image itself does not count
    template <class F> DEVICE_MEMBER void each(F visit) const {
        for (int j = 0; j < count; j++)
            if (j != self) visit(similarity_of(keys[j * stride]));
    }
};

// nearest finds the end of the k nearest, digit by digit of three bits: how many are at or above
// each of the seven limits that differ in the digit?
DEVICE End nearest(const Scorers &scorers, int k) {
    if (k == 0) return {All, 0};
    unsigned limit = 0;
    for (int shift = 30; shift >= 0; shift -= 3) {
        int at_least[8] = {};
        scorers.each([&](unsigned similarity) {
#pragma unroll
            for (unsigned digit = 1; digit < 8; digit++)
                if (shift < 30 || digit < 4) // the first digit has two bits
                    at_least[digit] += similarity >= (limit | digit << shift);
        });
        unsigned best = 0;
#pragma unroll
        for (unsigned digit = 1; digit < 8; digit++)
            if (at_least[digit] >= k) best = digit;
        limit |= best << shift;
    }
    int above = 0;
    scorers.each([&](unsigned similarity) { above += similarity > limit; });
    return {limit, k - above};
}

// select_nearest writes, for patch p of image y, which scorers' distances are at positions
// [start, stop) of the sorted ones, and begins the totals. keys is [rows, scorers, patches]; the
// images are scorers self, self + 1 and so on themselves, or none of them if self is not below
// scorers.
extern "C" __global__ void __launch_bounds__(Threads, 8)
select_nearest(Ends *ends, double *totals, const Key *keys, int scorers, int patches, int self,
               int start, int stop, int average) {
    int p = blockIdx.x * Threads + threadIdx.x, row = blockIdx.y;
    if (p >= patches) return;
    Scorers of{keys + (long long)row * scorers * patches + p, patches, scorers, self + row};
    long long at = (long long)row * patches + p;
    ends[at] = {nearest(of, stop), nearest(of, start)};
    double infinity = __uint_as_float(0x7f800000u);
    totals[at] = average == Mean ? 0 : average == Min ? infinity : -infinity;
}

// counts says whether this lane's scorer is among the nearest, and how many of equal similarity the
// warp's scorers took away.
DEVICE bool counts(End &end, unsigned similarity, bool present) {
    int lane = threadIdx.x % 32;
    unsigned equal = __ballot_sync(All, present && similarity == end.limit);
    bool chosen = present && (similarity > end.limit ||
                              (similarity == end.limit &&
                               __popc(equal & ((1u << lane) - 1)) < end.equal));
    end.equal -= min(__popc(equal), end.equal);
    return chosen;
}

struct alignas(16) Halves {
    half_bits at[8];
};

// distance is that of two patches, by a warp; its error is that of float32.
DEVICE float distance(const half_bits *a, const half_bits *a_rest, const half_bits *b,
                      const half_bits *b_rest, int channels) {
    float squares = 0;
    for (int c = threadIdx.x % 32 * 8; c < channels; c += 256) {
        Halves one = *(const Halves *)(a + c), one_rest = *(const Halves *)(a_rest + c);
        Halves other = *(const Halves *)(b + c), other_rest = *(const Halves *)(b_rest + c);
#pragma unroll
        for (int k = 0; k < 8; k++) {
            float difference = from_half(one.at[k]) - from_half(other.at[k]) +
                               (from_half(one_rest.at[k]) - from_half(other_rest.at[k]));
            squares += difference * difference;
        }
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) squares += __shfl_xor_sync(All, squares, lanes);
    return sqrtf(squares) / Scale;
}

// add_distances adds the exact distances of the selected scorers among first to first + count - 1
// to the totals [rows, patches] of Eq. 2, in the scorers' order. A warp takes one patch; y is the
// row. Slots row_slot on of features and residuals [slots, patches, channels] hold the rows,
// slots first_slot on the scorers. ends lose what was taken: the next call goes on with later
// scorers.
extern "C" __global__ void __launch_bounds__(Threads, 8)
add_distances(double *totals, Ends *ends, const Key *keys, const half_bits *features,
              const half_bits *residuals, int scorers, int patches, int channels, int self,
              int row_slot, int first_slot, int first, int count, int average) {
    int p = blockIdx.x * (Threads / 32) + threadIdx.x / 32, row = blockIdx.y;
    int lane = threadIdx.x % 32;
    if (p >= patches) return; // the whole warp
    long long at = (long long)row * patches + p;
    long long a = ((long long)(row_slot + row) * patches + p) * channels;
    const Key *of = keys + (long long)row * scorers * patches + p;
    Ends mine = ends[at];
    double total = totals[at];
    for (int group = 0; group < count; group += 32) {
        int j = first + group + lane;
        bool present = group + lane < count && j != self + row;
        Key key = present ? of[(long long)j * patches] : 0;
        bool to_stop = counts(mine.stop, similarity_of(key), present);
        bool to_start = counts(mine.start, similarity_of(key), present);
        unsigned chosen = __ballot_sync(All, to_stop && !to_start);
        while (chosen) {
            int from = __ffs(chosen) - 1;
            chosen &= chosen - 1;
            unsigned patch = __shfl_sync(All, patch_of(key), from);
            long long b = ((long long)(first_slot + group + from) * patches + patch) * channels;
            float d = distance(features + a, residuals + a, features + b, residuals + b, channels);
            if (average == Mean) total += d;
            else if (average == Min) total = d < total ? d : total;
            else total = d > total ? d : total;
        }
    }
    __syncwarp(); // ends and totals were read by all lanes
    if (lane == 0) {
        ends[at] = mine;
        totals[at] = total;
    }
}

// add_scores adds factor times the totals to the scores (Eq. 3).
extern "C" __global__ void __launch_bounds__(Threads, 8)
add_scores(double *scores, const double *totals, long long count, double factor) {
    long long k = (long long)blockIdx.x * Threads + threadIdx.x;
    if (k < count) scores[k] += factor * totals[k];
}
