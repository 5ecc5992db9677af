// Runs every level of the kernel over odd sizes on blocks of exactly the documented lengths, for
// bounds_test.go, which builds it with the address and undefined-behaviour sanitizers.

#include "kernel.h"

#include <stdlib.h>

static void *block(int64_t elements)
{
    float *x = malloc(elements * sizeof *x);
    if (!x)
        abort();
    for (int64_t i = 0; i < elements; i++)
        x[i] = (float)(i % 13) - 9;
    return x;
}

static int64_t padded(int64_t patches)
{
    return (patches + MUSC_PANEL - 1) / MUSC_PANEL * MUSC_PANEL;
}

static void run(int level, int64_t patchesA, int64_t patchesB, int64_t channels)
{
    float *a = block(padded(patchesA) * channels), *b = block(padded(patchesB) * channels);
    float *best = block(padded(patchesB)), *distance = block(patchesA);
    int32_t *index = block(padded(patchesB));
    int32_t *row = block(patchesA), *column = block(patchesB);
    musc_mutual(level, row, column, best, index, a, b, patchesA, patchesB, channels);
    for (int64_t p = 0; p < patchesA; p++)
        if (row[p] < 0 || row[p] >= patchesB)
            abort();
    for (int64_t q = 0; q < patchesB; q++)
        if (column[q] < 0 || column[q] >= patchesA)
            abort();
    float *x = block(patchesA * channels), *y = block(patchesB * channels);
    musc_distances(level, distance, x, y, row, patchesA, channels);
    free(a), free(b), free(best), free(distance), free(index), free(row), free(column);
    free(x), free(y);
}

int main(void)
{
    static const int64_t patches[] = {1, 7, 17, 47, 48, 49, 97, 250};
    static const int64_t channels[] = {1, 17, 70};
    enum { P = sizeof patches / sizeof *patches, C = sizeof channels / sizeof *channels };
    for (int level = 0; level < MUSC_LEVELS; level++) {
        if (!musc_supported(level))
            continue;
        for (int i = 0; i < P; i++)
            for (int j = 0; j < P; j++)
                for (int k = 0; k < C; k++)
                    run(level, patches[i], patches[j], channels[k]);
        run(level, 97, 49, 3000); // row blocks of one panel; distances in several runs
    }
    return 0;
}
