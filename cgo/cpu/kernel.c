// The levels and the dispatch between them. Each inclusion of level.h compiles the same text for
// other instructions; nothing outside this file knows which levels there are.

#include "kernel.h"
#include "layout.h"

#include <float.h>
#include <math.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define EPSILON 1e-5 // of the whole-image normalisation
#define RUN 512      // channels summed in float32 before float64 takes over
#define SIGMAS 5.0f  // by how many standard deviations a product may be off, see SIMD.md
#define AHEAD 4      // columns whose candidates are fetched while others are compared
#define ROOT 1.41421357f // of 2
#define FLOOR 1e-6f  // what the float32 sums of a window add to that
#define WHOLE 12582912.0f // 1.5 * 2^23: a float added to it is rounded to a whole number
#define ROUNDING (1.0f / (1 << 24) / 3) // of a chain of float32 sums, an addition
#define CANCELLED 0.0625f // of |a|^2 + |b|^2, below which |a - b|^2 is not taken from a . b

// What a word of a packed image holds.
#define FLOAT32 0
#define BFLOAT16 1
#define INT8 2

typedef float four_floats __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t four_integers __attribute__((vector_size(16), aligned(4), may_alias));
typedef double four_doubles __attribute__((vector_size(32)));

struct level {
    const level_sizes *sizes;
    void (*prepare)(const musc_shape *, float *, const float *, const uint8_t *, const float *,
                    float *);
    void (*distances)(const musc_shape *, float *, float *, const float *, const float *, float *);
    void (*patch_distances)(const musc_shape *, float *, const float *, int64_t, const float *,
                            const float *, int64_t, int64_t);
    void (*products)(const musc_shape *, const float *, const float *, float *);
    float (*ceiling)(int64_t);
    void (*inner_products)(float *, const float *, int64_t, int64_t, const float *, int64_t,
                           int64_t);
    int64_t (*not_below)(int32_t *, const float *, int64_t, float);
    void (*smallest)(double *, float *, const float *, int64_t, int64_t, int64_t, int64_t, int32_t *);
};

#ifdef __x86_64__
#define MAXIMUM_512(x, y) (NAME(floats))_mm512_max_ps((__m512)(x), (__m512)(y))
#define GREATER_512(x, y) _mm512_cmp_ps_mask((__m512)(x), (__m512)(y), _CMP_GT_OQ)
#define MAXIMUM_256(x, y) (NAME(floats))_mm256_max_ps((__m256)(x), (__m256)(y))
#define GREATER_256(x, y) \
    (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)(x), (__m256)(y), _CMP_GT_OQ))

#define NAME(x) x##_avx512vnni
#define TARGET __attribute__((target("avx512f,avx512vnni")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#define KIND INT8
#define MULTIPLY_ADD(sum, a, b) \
    (NAME(sums))_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(b), (__m512i)(a))
#define MAXIMUM MAXIMUM_512
#define GREATER GREATER_512
#include "level.h"

#define NAME(x) x##_avx512bf16
#define TARGET __attribute__((target("avx512f,avx512bf16")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#define KIND BFLOAT16
#define MULTIPLY_ADD(sum, a, b) \
    (NAME(sums))_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(b), (__m512bh)(a))
#define MAXIMUM MAXIMUM_512
#define GREATER GREATER_512
#include "level.h"

#define NAME(x) x##_avx512int8
#define TARGET __attribute__((target("avx512f,avx512bw")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#define KIND INT8
#define GROUP 8
#define MULTIPLY_ADD(sum, a, b) \
    ((sum) + (NAME(halves))_mm512_maddubs_epi16((__m512i)(b), (__m512i)(a)))
#define WIDEN(halves) (NAME(sums))_mm512_madd_epi16((__m512i)(halves), _mm512_set1_epi16(1))
#define MAXIMUM MAXIMUM_512
#define GREATER GREATER_512
#include "level.h"

#define NAME(x) x##_avx512
#define TARGET __attribute__((target("avx512f")))
#define LANES 16
#define ROWS 8
#define VECTORS 3
#define KIND FLOAT32
#define MULTIPLY_ADD(sum, a, b) ((sum) + (NAME(floats))(a) * (NAME(floats))(b))
#define MAXIMUM MAXIMUM_512
#define GREATER GREATER_512
#include "level.h"

#if defined(__clang__) || __GNUC__ >= 11 // older ones do not know the instructions
#define HAVE_AVXVNNI
#define NAME(x) x##_avxvnni
#define TARGET __attribute__((target("avx2,fma,avxvnni")))
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define KIND INT8
#define MULTIPLY_ADD(sum, a, b) \
    (NAME(sums))_mm256_dpbusd_avx_epi32((__m256i)(sum), (__m256i)(b), (__m256i)(a))
#define MAXIMUM MAXIMUM_256
#define GREATER GREATER_256
#include "level.h"
#endif

#define NAME(x) x##_avx2int8
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define KIND INT8
#define GROUP 8
#define MULTIPLY_ADD(sum, a, b) \
    ((sum) + (NAME(halves))_mm256_maddubs_epi16((__m256i)(b), (__m256i)(a)))
#define WIDEN(halves) (NAME(sums))_mm256_madd_epi16((__m256i)(halves), _mm256_set1_epi16(1))
#define MAXIMUM MAXIMUM_256
#define GREATER GREATER_256
#include "level.h"

#define NAME(x) x##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define ROWS 6
#define VECTORS 2
#define KIND FLOAT32
#define MULTIPLY_ADD(sum, a, b) ((sum) + (NAME(floats))(a) * (NAME(floats))(b))
#define MAXIMUM MAXIMUM_256
#define GREATER GREATER_256
#include "level.h"
#endif

// What the compiler's default target has: SSE2 (16 registers) or NEON (32).
#define NAME(x) x##_portable
#define TARGET
#define LANES 4
#define VECTORS 4
#ifdef __x86_64__
#define ROWS 2
#define MAXIMUM(x, y) (NAME(floats))_mm_max_ps((__m128)(x), (__m128)(y))
#define GREATER(x, y) (unsigned)_mm_movemask_ps(_mm_cmpgt_ps((__m128)(x), (__m128)(y)))
#else
#define ROWS 6
#define MAXIMUM(x, y) ({ \
    NAME(integers) wins = (x) > (y); \
    (NAME(floats))((wins & (NAME(integers))(x)) | (~wins & (NAME(integers))(y))); })
#define GREATER(x, y) ({ \
    NAME(integers) wins = (x) > (y); \
    (unsigned)((wins[0] & 1) | (wins[1] & 2) | (wins[2] & 4) | (wins[3] & 8)); })
#endif
#define KIND FLOAT32
#define MULTIPLY_ADD(sum, a, b) ((sum) + (NAME(floats))(a) * (NAME(floats))(b))
#include "level.h"

static const struct level *const levels[MUSC_LEVELS] = {
    [MUSC_PORTABLE] = &level_portable,
#ifdef __x86_64__
    [MUSC_AVX2] = &level_avx2,
    [MUSC_AVX2INT8] = &level_avx2int8,
    [MUSC_AVX512INT8] = &level_avx512int8,
#ifdef HAVE_AVXVNNI
    [MUSC_AVXVNNI] = &level_avxvnni,
#endif
    [MUSC_AVX512] = &level_avx512,
    [MUSC_AVX512BF16] = &level_avx512bf16,
    [MUSC_AVX512VNNI] = &level_avx512vnni,
#endif
};

int musc_compiled(int level) { return levels[level] != 0; }

// FEW channels are better not rounded: the errors of so few do not cancel each other out.
#define FEW 32

// unrounded is the level with words of float32 that every processor with `level` has.
static const struct level *unrounded(int level)
{
    if (level >= MUSC_AVX512)
        level = MUSC_AVX512;
    else if (level > MUSC_AVX2)
        level = MUSC_AVX2;
    return levels[level];
}

static const struct level *level_for(int level, const musc_shape *shape)
{
    return shape->channels < FEW ? unrounded(level) : levels[level];
}

int64_t musc_image_floats(int level, const musc_shape *shape)
{
    image_view v;
    return view_image(&v, shape, level_for(level, shape)->sizes, 0);
}

int64_t musc_scratch_floats(int level, const musc_shape *shape)
{
    scratch_view v;
    return view_scratch(&v, shape, level_for(level, shape)->sizes, 0);
}

void musc_prepare(int level, const musc_shape *shape, float *image, const float *tokens,
                  const uint8_t *active, const float *centre, float *scratch)
{
    level_for(level, shape)->prepare(shape, image, tokens, active, centre, scratch);
}

void musc_distances(int level, const musc_shape *shape, float *rowDistances,
                    float *columnDistances, const float *a, const float *b, float *scratch)
{
    level_for(level, shape)->distances(shape, rowDistances, columnDistances, a, b, scratch);
}

void musc_patch_distances(int level, const musc_shape *shape, float *distances, const float *a,
                          int64_t rows, const float *b, const float *packed, int64_t columns,
                          int64_t stride)
{
    unrounded(level)->patch_distances(shape, distances, a, rows, b, packed, columns, stride);
}

void musc_products(int level, const musc_shape *shape, const float *a, const float *b,
                   float *scratch)
{
    level_for(level, shape)->products(shape, a, b, scratch);
}

// pack is musc_pack of columns that begin stride floats apart.
static void pack(float *packed, const float *b, int64_t columns, int64_t d, int64_t stride)
{
    for (int64_t first = 0; first < d; first += MUSC_INNER_RUN) {
        int64_t words = d - first < MUSC_INNER_RUN ? d - first : MUSC_INNER_RUN;
        for (int64_t q = 0; q < columns; q += PANEL, packed += words * PANEL)
            for (int64_t k = 0; k < PANEL; k++)
                for (int64_t w = 0; w < words; w++)
                    packed[w * PANEL + k] =
                        q + k < columns ? b[(q + k) * stride + first + w] : 0;
    }
}

void musc_pack(float *packed, const float *b, int64_t columns, int64_t d)
{
    pack(packed, b, columns, d, d);
}

void musc_pack_patches(const musc_shape *shape, float *packed, const float *images,
                       int64_t columns, int64_t stride)
{
    int64_t padded = round_up(columns, PANEL);
    float *squares = packed + padded * shape->channels;
    image_view one;
    view_image(&one, shape, &sizes_portable, (float *)images); // without words, that of all levels
    pack(packed, one.centred, columns, shape->channels, stride);
    for (int64_t j = 0; j < padded; j++)
        squares[j] = j < columns ? one.square[j * stride] : 0;
}

void musc_inner_products(int level, float *dst, const float *a, int64_t rows, const float *packed,
                         int64_t columns, int64_t d)
{
    unrounded(level)->inner_products(dst, a, rows, d, packed, columns, d);
}

int64_t musc_not_below(int level, int32_t *dst, const float *x, int64_t n, float limit)
{
    return unrounded(level)->not_below(dst, x, n, limit);
}

void musc_smallest(int level, double *sums, float *greatest, const float *x, int64_t rows,
                   int64_t stride, int64_t columns, int64_t k, int32_t *keys)
{
    unrounded(level)->smallest(sums, greatest, x, rows, stride, columns, k, keys);
}

float musc_ceiling(int level, int64_t rounds)
{
    return levels[level]->ceiling(rounds);
}

int64_t musc_ceiling_operations(int level)
{
    const level_sizes *sizes = levels[level]->sizes;
    return 2 * sizes->chains * sizes->lanes * sizes->channels * (sizes->group ? sizes->group : 1);
}
