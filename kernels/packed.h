// A nearest patch as one 32-bit number, for search_hopper.cu: the lowest of packed numbers is that
// of the nearest patch, whatever the order in which they are compared. With h(p) = |x(p)|^2 / 2,
//
//	packed = the bits of h(p) + h(q) - x(p).y(q), the last 7 replaced by a tag, as an integer.
//
// That sum is half the squared distance, in float. The integers have the order of the floats where
// these are not negative, which but for rounding they are not; a negative one is before all
// others. Tags count up with the patches' indices. So the rule by which a nearest patch is chosen
// is, exactly: the least of the floats without their last 7 bits, and of equal ones the lower
// index. Which of the two images the patch is in, and how the patches are shared out to tiles,
// warps and lanes, is no part of it: the keys are the same for all of that.
//
// The choice is off by little: of a patch that is chosen, half the squared distance is below that
// of the nearest one times (1 + 2^-16), both as computed (in distance: 1 + 2^-17). Its distance is
// computed exactly later (average.cu).
//
// No number, which is what padding has for a norm, comes after all numbers: the arithmetic of a GPU
// gives it the bits 0x7fffffff.
#ifndef MUSC_PACKED_H
#define MUSC_PACKED_H

#include "keys.h"

constexpr int TagBits = 7;
constexpr int TagMask = (1 << TagBits) - 1;
constexpr int NoNumber = 0x7fffffff; // as a float's bits

// pack's mask is ~TagMask, which a kernel may have in a register.
DEVICE int pack(float half_square, int tag, int mask = ~TagMask) {
    return (__float_as_int(half_square) & mask) | tag;
}

DEVICE int tag_of(int packed) { return packed & TagMask; }
DEVICE int untagged(int packed) { return packed & ~TagMask; }

// key_of_packed is a key as keys.h says, of minus half the squared distance.
DEVICE Key key_of_packed(int packed, unsigned patch) {
    return (Key)(unsigned)(untagged(packed) ^ 0x7fffffff) << 32 | (0xffffffffu - patch);
}

#endif
