// The pass of a resize along rows of RGB pixels, as C: see resample.go for what is computed.
#ifndef MUSC_RESAMPLE_H
#define MUSC_RESAMPLE_H

#include <stdint.h>

// A window of the input that an output pixel is made of.
struct musc_window {
    int32_t first, count;  // input pixels
    int64_t coefficients;  // where those of the window begin
};

// to [height][out][3], from [height][in][3], both of bytes; a row of from has 32 bytes or more.
// 0 if there is no memory for two small tables.
int musc_resample_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t in, int64_t out,
                       const struct musc_window *windows, const int32_t *coefficients);

// to [out][stride], from rows of stride bytes, 32 or more, of which the windows are sums. 0 if there is no
// memory for a small table.
int musc_resample_columns(uint8_t *to, const uint8_t *from, int64_t stride, int64_t out,
                          const struct musc_window *windows, const int32_t *coefficients);

// Values from to to-1 of a row, which lie between two of the grid.
struct musc_span {
    int64_t from, to, low, high;
};

void musc_resample_blend(float *to, const double *grid, const double *weights, int64_t count,
                         const struct musc_span *spans);

#endif
