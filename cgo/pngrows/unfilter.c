// Rows of 8-bit grey or RGB without their filters. Each byte waits for the one a pixel before, so that the
// channels of a pixel are what runs side by side.

#include <stdlib.h>
#include <string.h>

#include "pngrows.h"

enum { NONE, SUB, UP, AVERAGE, PAETH, MOST = 3 };

static inline void row_of(uint8_t *restrict to, const uint8_t *restrict from, const uint8_t *restrict above,
                          int filter, int64_t length, int pixel)
{
    int left[MOST] = {0}, corner[MOST] = {0};
    for (int64_t x = 0; x < length; x += pixel)
        for (int k = 0; k < pixel; k++) {
            int a = left[k], b = above[x + k], c = corner[k], guess = a;
            if (filter == AVERAGE) {
                guess = (a + b) / 2;
            } else if (filter == PAETH) {
                int by_a = abs(b - c), by_b = abs(a - c), by_c = abs(a + b - 2 * c);
                int other = by_b <= by_c ? b : c, least = by_b <= by_c ? by_b : by_c;
                guess = by_a <= least ? a : other;
            }
            left[k] = to[x + k] = (uint8_t)(from[x + k] + guess);
            corner[k] = b;
        }
}

// The filter and the pixel are constants of each copy.
static void chained(uint8_t *to, const uint8_t *from, const uint8_t *above, int filter, int64_t length, int pixel)
{
    switch (pixel * 8 + filter) {
    case 8 + SUB: row_of(to, from, above, SUB, length, 1); break;
    case 8 + AVERAGE: row_of(to, from, above, AVERAGE, length, 1); break;
    case 8 + PAETH: row_of(to, from, above, PAETH, length, 1); break;
    case 24 + SUB: row_of(to, from, above, SUB, length, 3); break;
    case 24 + AVERAGE: row_of(to, from, above, AVERAGE, length, 3); break;
    case 24 + PAETH: row_of(to, from, above, PAETH, length, 3); break;
    }
}

int musc_png_unfilter(uint8_t *to, const uint8_t *from, int64_t height, int64_t length, int pixel,
                      const uint8_t *zeros)
{
    const uint8_t *above = zeros;
    for (int64_t y = 0; y < height; y++, above = to, to += length, from += length) {
        int filter = *from++;
        if (filter > PAETH) return 0;
        if (filter == NONE)
            memcpy(to, from, length);
        else if (filter == UP)
            for (int64_t x = 0; x < length; x++) to[x] = from[x] + above[x];
        else
            chained(to, from, above, filter, length, pixel);
    }
    return 1;
}
