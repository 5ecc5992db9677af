// Filters of PNG rows: see pngrows.go.
#ifndef MUSC_PNGROWS_H
#define MUSC_PNGROWS_H

#include <stdint.h>

// Bytes that are read in front of a row and behind it.
enum { MUSC_PNG_BEFORE = 8, MUSC_PNG_BEHIND = 32 };

// Writes the row to `to` under the filter that leaves the least, its number in front: 1 + length bytes. pixel is
// the bytes of one, at most MUSC_PNG_BEFORE. In front of the row and of the one above are zeros.
void musc_png_filter(uint8_t *to, const uint8_t *row, const uint8_t *above, int64_t length, int64_t pixel);

// Writes [height][length] bytes from rows of 1 + length, filtered, of pixels of 1 or 3 bytes. zeros has length
// of them. 0 if a filter is none of the five.
int musc_png_unfilter(uint8_t *to, const uint8_t *from, int64_t height, int64_t length, int pixel,
                      const uint8_t *zeros);

#endif
