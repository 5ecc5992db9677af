// A nearest patch as one number: keys of greater similarity are greater, and of equal similarity
// the one with the lower patch index. The maximum of keys is the same in whatever order they come.
#ifndef MUSC_KEYS_H
#define MUSC_KEYS_H

#include "ptx.h"

typedef unsigned long long Key;

// ordered maps floats to integers of the same order; -0 is below 0. No float gives 0.
DEVICE unsigned ordered(float x) {
    unsigned bits = __float_as_uint(x);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

DEVICE Key key_of(float similarity, unsigned patch) {
    return (Key)ordered(similarity) << 32 | (0xffffffffu - patch);
}

DEVICE unsigned similarity_of(Key key) { return (unsigned)(key >> 32); } // ordered
DEVICE unsigned patch_of(Key key) { return 0xffffffffu - (unsigned)key; }

#endif
