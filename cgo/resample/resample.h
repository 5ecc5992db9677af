// The pass of a resize along rows of RGB pixels, as C: see resample.go for what is computed.
#ifndef MUSC_RESAMPLE_H
#define MUSC_RESAMPLE_H

#include <stdint.h>

// A window of the input that an output pixel is made of.
struct musc_window {
    int32_t first, count;  // input pixels
    int64_t coefficients;  // where those of the window begin
};

int musc_resample_supported(void);

// to [height][out][3], from [height][in][3], both of bytes; a row of from has 32 bytes or more.
// 0 if there is no memory for two small tables.
int musc_resample_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t in, int64_t out,
                       const struct musc_window *windows, const int32_t *coefficients);

#endif
