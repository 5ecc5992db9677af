// A row of an anomaly map between grid columns: see blend.go.

#include "resample.h"

#ifdef __x86_64__

// AVX2 alone has no fused multiply-add: the product is rounded before it is added, as in Go.
__attribute__((target("avx2"))) void
musc_resample_blend(float *to, const double *grid, const double *weights, int64_t count,
                    const struct musc_span *spans)
{
    for (int64_t s = 0; s < count; s++) {
        double low = grid[spans[s].low], difference = grid[spans[s].high] - low;
        for (int64_t x = spans[s].from; x < spans[s].to; x++)
            to[x] = (float)(low + weights[x] * difference);
    }
}

#else

void musc_resample_blend(float *to, const double *grid, const double *weights, int64_t count,
                         const struct musc_span *spans)
{
    (void)to, (void)grid, (void)weights, (void)count, (void)spans;
}

#endif
