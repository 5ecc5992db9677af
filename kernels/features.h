// What the kernels agree on about features.
#ifndef MUSC_FEATURES_H
#define MUSC_FEATURES_H

// Features are multiplied by Scale: a power of two that keeps products of two of them within
// 65536 (their length is at most 2) and the residuals of usual ones, 2^-11 of a value near
// 1/sqrt(channels), well above the least normal half, 2^-14.
constexpr float Scale = 256;

#endif
