// What the kernels of the box filter agree on.
//
// With X the tokens of an image less the image's mean, and B_r the sum over windows of radius r,
// zeros outside of the grid, SPEC's section 8 has (B_r X_i)(B_r X_j)^t = B_r (X_i X_j^t) B_r^t: one
// product of two images serves all degrees. z(p) = (B_r X)(p) / |(B_r X)(p)|, and
// z(p).z'(q) - |z(p)|^2 / 2 - |z'(q)|^2 / 2 is minus half the squared distance of two patches.
#ifndef MUSC_BOX_H
#define MUSC_BOX_H

#include "ptx.h"

// BoxScale is the mean length of an image's X in the box filter's features: any image's is the
// same. No value of X is beyond 64 * sqrt(patches), and a usual one is about 2.
constexpr float BoxScale = 64;

// BoxPatch is what turns a product of window sums into a similarity. A patch of zeros has no
// direction: its z is zero. Beyond the grid the half norm is infinite: such are nearest to none.
struct BoxPatch {
    float scale;     // 1 / |(B_r X)(p)|, 0 for a patch of zeros
    float half_norm; // |z(p)|^2 / 2
};

DEVICE BoxPatch box_patch(const float *scales, int patch, bool present) {
    if (!present) return {0, __uint_as_float(0x7f800000u)};
    return {scales[patch], scales[patch] > 0 ? 0.5f : 0};
}

DEVICE float box_similarity(float product, const BoxPatch &row, const BoxPatch &column) {
    return fmaf(product * row.scale, column.scale, -(row.half_norm + column.half_norm));
}

#endif
