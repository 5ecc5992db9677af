// The pass along columns: an output row is a weighted sum of whole input rows. Bytes of two rows are interleaved
// and spread to 16 bits, as VPMADDWD wants them; coefficients are split as in resample.c.

#include <stdlib.h>
#include <string.h>

#include "resample.h"

#ifdef __x86_64__
#include <immintrin.h>

enum { PRECISION = 22, LOW = 15, STEP = 32, HALVES = 4 };

// Coefficients of two rows, the lower half of a word for the first.
struct pair {
    uint32_t low, high;
};

static uint32_t both(int32_t first, int32_t second)
{
    return (uint16_t)first | (uint32_t)(uint16_t)second << 16;
}

// The last of an odd number of rows is paired with itself, and with 0.
static void pairs_of(struct pair *pairs, const int32_t *c, int64_t count)
{
    const int32_t mask = (1 << LOW) - 1;
    for (int64_t j = 0; j < count; j += 2) {
        int32_t second = j + 1 < count ? c[j + 1] : 0;
        pairs[j / 2].low = both(c[j] & mask, second & mask);
        pairs[j / 2].high = both(c[j] >> LOW, second >> LOW);
    }
}

// STEP bytes of the sum of count rows.
static inline __attribute__((target("avx2"))) void
step(uint8_t *to, const uint8_t *from, int64_t stride, const struct pair *pairs, int64_t count)
{
    __m256i low[HALVES], high[HALVES];
    for (int k = 0; k < HALVES; k++) {
        low[k] = _mm256_set1_epi32(1 << (PRECISION - 1));
        high[k] = _mm256_setzero_si256();
    }
    for (int64_t j = 0; j < count; j += 2, from += 2 * stride) {
        const uint8_t *next = from + (j + 1 < count ? stride : 0);
        __m256i l = _mm256_set1_epi32((int32_t)pairs[j / 2].low);
        __m256i h = _mm256_set1_epi32((int32_t)pairs[j / 2].high);
        for (int part = 0; part < STEP / 16; part++) {
            __m128i a = _mm_loadu_si128((const __m128i *)(from + 16 * part));
            __m128i b = _mm_loadu_si128((const __m128i *)(next + 16 * part));
            __m256i two[2] = {_mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b)),
                              _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b))};
            for (int k = 0; k < 2; k++) {
                __m256i *sums = &low[2 * part + k], *upper = &high[2 * part + k];
                *sums = _mm256_add_epi32(*sums, _mm256_madd_epi16(two[k], l));
                *upper = _mm256_add_epi32(*upper, _mm256_madd_epi16(two[k], h));
            }
        }
    }
    for (int k = 0; k < HALVES; k++) {
        __m256i sum = _mm256_add_epi32(low[k], _mm256_slli_epi32(high[k], LOW));
        sum = _mm256_srai_epi32(sum, PRECISION);
        sum = _mm256_packs_epi32(sum, sum);
        sum = _mm256_packus_epi16(sum, sum); // clips to 0..255; four bytes in either half
        uint32_t bytes[2] = {(uint32_t)_mm_cvtsi128_si32(_mm256_castsi256_si128(sum)),
                             (uint32_t)_mm_cvtsi128_si32(_mm256_extracti128_si256(sum, 1))};
        memcpy(to + 8 * k, bytes, sizeof bytes);
    }
}

__attribute__((target("avx2"))) int
musc_resample_columns(uint8_t *to, const uint8_t *from, int64_t stride, int64_t out,
                      const struct musc_window *windows, const int32_t *coefficients)
{
    int64_t most = 0;
    for (int64_t y = 0; y < out; y++)
        if (windows[y].count > most) most = windows[y].count;
    struct pair *pairs = malloc((size_t)(most / 2 + 1) * sizeof *pairs);
    if (!pairs) return 0;
    for (int64_t y = 0; y < out; y++, to += stride) {
        const uint8_t *rows = from + windows[y].first * stride;
        pairs_of(pairs, coefficients + windows[y].coefficients, windows[y].count);
        int64_t x = 0;
        for (; x + STEP <= stride; x += STEP) step(to + x, rows + x, stride, pairs, windows[y].count);
        if (x < stride) // what is left, and some of what is done again
            step(to + stride - STEP, rows + stride - STEP, stride, pairs, windows[y].count);
    }
    free(pairs);
    return 1;
}

#else

int musc_resample_columns(uint8_t *to, const uint8_t *from, int64_t stride, int64_t out,
                          const struct musc_window *windows, const int32_t *coefficients)
{
    (void)to, (void)from, (void)stride, (void)out, (void)windows, (void)coefficients;
    return 0;
}

#endif
