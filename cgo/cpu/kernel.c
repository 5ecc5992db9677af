// The levels and the dispatch between them. Each inclusion of level.h compiles the same text for
// other instructions; nothing outside this file knows which levels there are.

#include "kernel.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define PANEL MUSC_PANEL
#define MAX_BLOCK (4 * PANEL) // rows
#define L2_BUDGET (512 << 10) // bytes of a row block: half of a 1 MiB L2 cache
#define RUN 512               // channels summed in float32 before float64 takes over

// musc_block returns how many rows are kept in the L2 cache, a multiple of PANEL.
static int64_t musc_block(int64_t channels)
{
    int64_t panels = L2_BUDGET / (channels * PANEL * (int64_t)sizeof(float));
    int64_t rows = panels * PANEL;
    return rows < PANEL ? PANEL : rows > MAX_BLOCK ? MAX_BLOCK : rows;
}

#ifdef __x86_64__
#define NAME(x) x##_avx512
#define TARGET __attribute__((target("avx512f")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#include "level.h"

#define NAME(x) x##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define ROWS 6
#define VECTORS 2
#include "level.h"
#endif

// What the compiler's default target has: SSE2 (16 registers) or NEON (32).
#define NAME(x) x##_portable
#define TARGET
#define LANES 4
#define VECTORS 4
#ifdef __x86_64__
#define ROWS 2
#else
#define ROWS 6
#endif
#include "level.h"

static const struct {
    void (*mutual)(int32_t *, int32_t *, float *, int32_t *, const float *, const float *,
                   int64_t, int64_t, int64_t);
    void (*distances)(float *, const float *, const float *, const int32_t *, int64_t, int64_t);
    float (*ceiling)(int64_t);
    int lanes;
} levels[MUSC_LEVELS] = {
    [MUSC_PORTABLE] = {mutual_portable, distances_portable, ceiling_portable, 4},
#ifdef __x86_64__
    [MUSC_AVX2] = {mutual_avx2, distances_avx2, ceiling_avx2, 8},
    [MUSC_AVX512] = {mutual_avx512, distances_avx512, ceiling_avx512, 16},
#endif
};

int musc_supported(int level)
{
#ifdef __x86_64__
    // The compiler's runtime asks CPUID for the instructions and XGETBV for the system's consent.
    if (level == MUSC_AVX512)
        return __builtin_cpu_supports("avx512f") != 0;
    if (level == MUSC_AVX2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return level == MUSC_PORTABLE;
}

void musc_mutual(int level, int32_t *rowNearest, int32_t *columnNearest, float *columnBest,
                 int32_t *columnIndex, const float *a, const float *b, int64_t patchesA,
                 int64_t patchesB, int64_t channels)
{
    levels[level].mutual(rowNearest, columnNearest, columnBest, columnIndex, a, b, patchesA,
                         patchesB, channels);
}

void musc_distances(int level, float *distance, const float *a, const float *b,
                    const int32_t *nearest, int64_t patches, int64_t channels)
{
    levels[level].distances(distance, a, b, nearest, patches, channels);
}

float musc_ceiling(int level, int64_t rounds)
{
    return levels[level].ceiling(rounds);
}

int64_t musc_ceiling_operations(int level)
{
    return 12 * 2 * (int64_t)levels[level].lanes;
}
