// Which patches count for a patch where they must be near: with a radius R, patch q counts for
// patch p, and p for q, if neither their lines nor their columns on the grid are farther apart than R.
//
// The host lists the tiles of a pair of images in which any patch counts for any (near.go): no
// product of the others is ever taken. In a tile that is listed, products of patches that do not
// count are made -infinity, so that they are nearest to none. Every patch counts for the one at
// its own place: each has a nearest patch.
#ifndef MUSC_NEAR_H
#define MUSC_NEAR_H

#include "ptx.h"

// A place is a patch's line and column on the grid in one number, of 16 bits each. Both are below
// 2^13, and so is R (near.go): no sum or difference here leaves its 16 bits.
DEVICE unsigned place_of(int patch, int width) {
    return (unsigned)(patch / width) << 16 | (unsigned)(patch % width);
}

// Walk goes over places of patches that are equally far apart, without a division each.
struct Walk {
    unsigned place, step;
    int width;
    DEVICE_MEMBER Walk(int patch, int step, int width)
        : place(place_of(patch, width)), step(place_of(step, width)), width(width) {}
    DEVICE_MEMBER unsigned after(unsigned from, unsigned by) const {
        unsigned to = from + by;
        return (int)(to & 0xffff) < width ? to : to + 0x10000u - width;
    }
    DEVICE_MEMBER unsigned next() { return after(place, place_of(1, width)); }
    DEVICE_MEMBER void go() { place = after(place, step); }
};

// Near is what is near a place: no difference is above R or below -R if neither of the sums below
// carries into the highest bit of a half.
struct Near {
    static constexpr unsigned Most = 0x7fff7fffu, Carries = 0x80008000u;
    unsigned above, below;
    DEVICE_MEMBER Near(unsigned place, int radius) {
        unsigned reach = (unsigned)radius << 16 | (unsigned)radius;
        above = Most - reach - place;
        below = Most - reach + place;
    }
    DEVICE_MEMBER bool has(unsigned place) const {
        return !(((above + place) | (below - place)) & Carries);
    }
};

// Bound is the radius and the tiles that are listed, each as line << 16 | column of the tiles.
struct Bound {
    const unsigned *tiles;
    int count, width, radius;
};

#endif
