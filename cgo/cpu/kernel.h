// Mutual scoring of two images on one core, as C: see doc.go for what is computed and SIMD.md for
// how. Nothing here allocates, keeps state or checks its arguments; cpu.go does the checking.

#ifndef MUSC_CPU_KERNEL_H
#define MUSC_CPU_KERNEL_H

#include <stdint.h>

enum {
    MUSC_PANEL = 48,      // patches of a packed panel [words][48]
    MUSC_MAX_DEGREES = 8, // aggregation degrees of one search
    MUSC_INNER_RUN = 128, // products of raw rows that are summed up by themselves
    MUSC_COLUMNS = 16,    // columns of numbers of which the smallest are found at once
};

enum {
    MUSC_PORTABLE,
    MUSC_AVX2,
    MUSC_AVX2INT8,
    MUSC_AVXVNNI,
    MUSC_AVX512,
    MUSC_AVX512INT8,
    MUSC_AVX512BF16,
    MUSC_AVX512VNNI,
    MUSC_LEVELS
};

// What all images of a search have in common.
typedef struct {
    int64_t height, width; // of the patch grid: P = height * width
    int64_t channels;      // C
    int64_t degrees;       // R
    int64_t radius[MUSC_MAX_DEGREES]; // (degree - 1) / 2, strictly ascending
    int64_t near; // rows and columns of the grid a pair of patches may be apart; 0: no bound
    int64_t direct; // of a limited search: 1 compare all pairs, -1 take products, 0 what is faster
} musc_shape;

// Whether this build holds the level. Callers know whether processor and operating system can run it.
int musc_compiled(int level);

// Floats of a prepared image, and of the scratch memory that a thread needs.
int64_t musc_image_floats(int level, const musc_shape *shape);
int64_t musc_scratch_floats(int level, const musc_shape *shape);

// Prepares an image from raw patch tokens [P,C]. active [P] is not zero where a patch takes part;
// null: all do. centre [C] is the same for all images of a search.
void musc_prepare(int level, const musc_shape *shape, float *image, const float *tokens,
                  const uint8_t *active, const float *centre, float *scratch);

// rowDistances and columnDistances [R,P]: the distance of each patch of a to the nearest of b that
// counts, and the other way around; infinite where none does. columnDistances may be null.
void musc_distances(int level, const musc_shape *shape, float *rowDistances,
                    float *columnDistances, const float *a, const float *b, float *scratch);

// Packs prepared images of one patch that lie one after the other, stride floats apart: their tokens as
// musc_pack does, then [ceil(columns/48)][48] the squares of their lengths.
void musc_pack_patches(const musc_shape *shape, float *packed, const float *images,
                       int64_t columns, int64_t stride);

// Images of one patch: distances [rows,columns] of each of `rows` prepared images that lie one after the
// other, stride floats apart, to each of `columns`, which are once more packed. Of all radii the
// distances are the same.
void musc_patch_distances(int level, const musc_shape *shape, float *distances, const float *a,
                          int64_t rows, const float *b, const float *packed, int64_t columns,
                          int64_t stride);

// The products of musc_distances without what follows them, for benchmarks.
void musc_products(int level, const musc_shape *shape, const float *a, const float *b,
                   float *scratch);

// Packs raw rows b [columns,d] as the right factor of musc_inner_products:
// the entries run by run, of each run [ceil(columns/48)][entries][48], zeros beyond the last column.
void musc_pack(float *packed, const float *b, int64_t columns, int64_t d);

// dst [rows,columns] becomes the inner products of raw rows a [rows,d] with packed columns, in
// float32: runs of MUSC_INNER_RUN products, each summed up in order, then added in order. A level
// of few digits works as the float32 level that every processor with it has.
void musc_inner_products(int level, float *dst, const float *a, int64_t rows, const float *packed,
                         int64_t columns, int64_t d);

// Writes the indices of all x [n] that are not below limit, NaNs too, to dst [n] in ascending order
// and returns how many there are.
int64_t musc_not_below(int level, int32_t *dst, const float *x, int64_t n, float limit);

// Of each of `columns` columns of x [rows], stride floats apart and none negative: sums [columns]
// becomes the sum of its k smallest numbers, greatest [columns] the k-th smallest. NaN is above all
// numbers. keys [rows,MUSC_COLUMNS] is scratch memory.
void musc_smallest(int level, double *sums, float *greatest, const float *x, int64_t rows,
                   int64_t stride, int64_t columns, int64_t k, int32_t *keys);

// Runs rounds of the product's instruction in registers; the result means nothing.
float musc_ceiling(int level, int64_t rounds);

// Operations, two a multiply-add, of one round of musc_ceiling.
int64_t musc_ceiling_operations(int level);

#endif
