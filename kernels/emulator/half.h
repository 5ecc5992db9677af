// Halves (IEEE 754 binary16) by integer arithmetic.
#pragma once
#include <cstring>

namespace emulator {

inline unsigned bits_of(float x) {
    unsigned bits;
    memcpy(&bits, &x, 4);
    return bits;
}

inline float float_of(unsigned bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

// widen is exact: the half's exponent and fraction are put where a float has them, and the
// exponents' biases, 15 and 127, made up for by a product that is exact for subnormals, too.
inline float widen(unsigned short half) {
    unsigned magnitude = half & 0x7fff;
    unsigned bits = bits_of(float_of(magnitude << 13) * 0x1p112f);
    unsigned infinite = magnitude >= 0x7c00 ? 0x7f800000u : 0; // or no number
    return float_of(bits | infinite | (half & 0x8000u) << 16);
}

// narrow rounds to nearest, ties to even; any NaN becomes 0x7fff, as cvt.rn.f16.f32 does.
inline unsigned short narrow(float x) {
    unsigned bits = bits_of(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000u) return 0x7fff;
    if (magnitude >= bits_of(65520)) return sign | 0x7c00; // halfway from the greatest half
    if (magnitude < bits_of(0x1p-14f)) // in [1/2, 1) a float's last digit is 2^-24, as here
        return sign | (bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f));
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return sign | (magnitude - (112u << 23)) >> 13;
}

} // namespace emulator
