// What the searches of search.cu and search_hopper.cu share.
#ifndef MUSC_PAIRS_H
#define MUSC_PAIRS_H

#include "keys.h"

// One pair of images: slots of the features, and where the nearest patches of each patch go, as
// offsets in keys; an offset below 0 is for a direction that is not wanted.
struct Pair {
    int rows, columns;
    long long row_keys, column_keys;
};

// A float has no NaN here that a comparison would take: of NaN alone the first patch is kept.
struct Best {
    float similarity;
    unsigned patch;
};

DEVICE void take(Best &best, float similarity, unsigned patch) {
    if (similarity > best.similarity) best = {similarity, patch};
}

// take_lower is take for patches that come in any order: the lower one of equals.
DEVICE void take_lower(Best &best, float similarity, unsigned patch) {
    if (similarity > best.similarity || (similarity == best.similarity && patch < best.patch))
        best = {similarity, patch};
}

// take_from takes the better of two lanes' patches, the lower one of equals.
DEVICE void take_from(Best &best, int lanes) {
    float similarity = __shfl_xor_sync(0xffffffffu, best.similarity, lanes);
    unsigned patch = __shfl_xor_sync(0xffffffffu, best.patch, lanes);
    take_lower(best, similarity, patch);
}

// nobody is what the first patch to come is better than, unless all are NaN.
DEVICE Best nobody(unsigned patch) { return {-__uint_as_float(0x7f800000u), patch}; }

// half_norm is that of a patch of the image, infinite beyond its last: such patches are nearest to
// none.
DEVICE float half_norm(const float *half_norms, int patch, int patches) {
    return patch < patches ? half_norms[patch] : __uint_as_float(0x7f800000u);
}

#endif
