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

constexpr int Chunk = 256; // channels that a warp has in its registers at once, eight a lane

// Patch is a lane's eight channels of the warp's patch, zeros beyond the last one.
struct Patch {
    float features[8], residuals[8];
};

DEVICE Patch patch_at(const half_bits *features, const half_bits *residuals, bool present) {
    Patch patch = {};
    if (!present) return patch;
    Halves feature = load_once(features), rest = load_once(residuals);
#pragma unroll
    for (int k = 0; k < 8; k++) {
        patch.features[k] = from_half(feature.at[k]);
        patch.residuals[k] = from_half(rest.at[k]);
    }
    return patch;
}

// squares_to is the sum over the warp's channels of the squared differences to another patch, in
// every lane; its error is that of float32.
DEVICE float squares_to(const Patch &patch, const half_bits *features, const half_bits *residuals,
                        bool present) {
    float squares = 0;
    if (present) {
        Halves feature = *(const Halves *)features, rest = *(const Halves *)residuals;
#pragma unroll
        for (int k = 0; k < 8; k++) {
            float difference = patch.features[k] - from_half(feature.at[k]) +
                               (patch.residuals[k] - from_half(rest.at[k]));
            squares += difference * difference;
        }
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) squares += __shfl_xor_sync(All, squares, lanes);
    return squares;
}

// add_distances adds the exact distances of the selected scorers among first to first + count - 1
// to the totals [rows, patches] of Eq. 2, in the scorers' order. A warp takes one patch; y is the
// row. Slots row_slot on of features and residuals [slots, patches, channels] hold the rows,
// slots first_slot on the scorers. ends lose what was taken: the next call goes on with later
// scorers.
//
// One call may do just channels begin to end - 1, of which begin and, but for the last, end are
// multiples of Chunk: calls for the others follow in order. Of up to 32 scorers the squares so far
// are then in partial [rows, patches, count], and only the last call adds. A distance is the same
// bytes in whatever calls: the squares of each Chunk are added in order.
//
// So a few scorers' channels (of 14 scorers 256, on an H100, see Sizes.addBlock) stay in the second
// level cache while all rows gather from them. For 200 images of 1369 patches, 1024 channels, the
// lowest 30 % of the scorers, four stages and three degrees, by count and not measured: the gathers
// are 200 x 1369 x 59 x 4 KB x 12 = 794 GB. All at once they come from the device's memory, nearly.
// By blocks they come from the cache, and from the memory 258 GB: the rows' own patches once for
// each 14 scorers, 202; keys 21; partial sums 17; the scorers 14; ends and totals 5.
extern "C" __global__ void __launch_bounds__(Threads, 8)
add_distances(double *totals, Ends *ends, float *partial, const Key *keys,
              const half_bits *features, const half_bits *residuals, int scorers, int patches,
              int channels, int self, int row_slot, int first_slot, int first, int count, int begin,
              int end, int average) {
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
        bool selected = to_stop && !to_start;
        unsigned chosen = __ballot_sync(All, selected);
        float squares = begin > 0 && selected ? partial[at * count + lane] : 0; // of this lane's
        for (int chunk = begin; chunk < end && chosen; chunk += Chunk) {
            int channel = chunk + lane * 8;
            bool inside = channel < end;
            Patch patch = patch_at(features + a + channel, residuals + a + channel, inside);
            for (unsigned left = chosen; left; left &= left - 1) {
                int from = __ffs(left) - 1;
                long long b = (long long)(first_slot + group + from) * patches;
                b = (b + __shfl_sync(All, patch_of(key), from)) * channels + channel;
                float more = squares_to(patch, features + b, residuals + b, inside);
                if (lane == from) squares += more;
            }
        }
        if (end < channels) {
            if (selected) partial[at * count + lane] = squares;
            continue;
        }
        float distance = sqrtf(squares) / Scale;
        for (unsigned left = chosen; left; left &= left - 1) {
            float d = __shfl_sync(All, distance, __ffs(left) - 1);
            if (average == Mean) total += d;
            else if (average == Min) total = d < total ? d : total;
            else total = d > total ? d : total;
        }
    }
    __syncwarp(); // ends and totals were read by all lanes
    if (lane == 0 && end == channels) {
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
