// Mutual scoring of two images on one core, as C: see doc.go for what is computed and SIMD.md for
// how. Nothing here allocates, keeps state or checks its arguments; cpu.go does the checking.

#ifndef MUSC_CPU_KERNEL_H
#define MUSC_CPU_KERNEL_H

#include <stdint.h>

enum { MUSC_PANEL = 48 }; // patches a packed panel [C][48]

enum { MUSC_PORTABLE, MUSC_AVX2, MUSC_AVX512, MUSC_LEVELS };

// Whether this build holds the level and this processor and operating system can run it.
int musc_supported(int level);

// rowNearest [patchesA] and columnNearest [patchesB] from packed a and b. columnBest and
// columnIndex are scratch of patchesB elements rounded up to MUSC_PANEL.
void musc_mutual(int level, int32_t *rowNearest, int32_t *columnNearest, float *columnBest,
                 int32_t *columnIndex, const float *a, const float *b, int64_t patchesA,
                 int64_t patchesB, int64_t channels);

// distance[p] = || a_p - b_nearest(p) || from unpacked a [patches,C] and b.
void musc_distances(int level, float *distance, const float *a, const float *b,
                    const int32_t *nearest, int64_t patches, int64_t channels);

// Runs rounds * 12 vector multiply-adds in registers; returns their result, which means nothing.
float musc_ceiling(int level, int64_t rounds);

// Floating-point operations of one round of musc_ceiling.
int64_t musc_ceiling_operations(int level);

#endif
