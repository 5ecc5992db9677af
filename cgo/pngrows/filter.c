// All filters of 32 bytes are computed from bytes as they are, so that nothing waits for the byte before. What
// a filter leaves is summed up as its absolute value, with a sign of 8 bits; the filter of the smallest sum wins,
// an earlier one if sums are equal, in the order of image/png: up, Paeth, none, sub, average.

#include <string.h>

#include "pngrows.h"

#ifdef __x86_64__
#include <immintrin.h>

enum { NONE, SUB, UP, AVERAGE, PAETH, FILTERS, STEP = 32 };

// Differences of 16 bits: |b - c|, |a - c| and |a + b - 2 c| say which of left a, above b and above left c is
// nearest to a + b - c.
static inline __attribute__((target("avx2"))) __m256i nearest(__m256i a, __m256i b, __m256i c)
{
    __m256i by_a = _mm256_sub_epi16(b, c), by_b = _mm256_sub_epi16(a, c);
    __m256i from_c = _mm256_abs_epi16(_mm256_add_epi16(by_a, by_b));
    __m256i from_a = _mm256_abs_epi16(by_a), from_b = _mm256_abs_epi16(by_b);
    __m256i b_or_c = _mm256_blendv_epi8(b, c, _mm256_cmpgt_epi16(from_b, from_c));
    __m256i least = _mm256_min_epi16(from_b, from_c);
    return _mm256_blendv_epi8(a, b_or_c, _mm256_cmpgt_epi16(from_a, least));
}

static inline __attribute__((target("avx2"))) __m256i paeth(__m256i a, __m256i b, __m256i c)
{
    const __m256i zero = _mm256_setzero_si256();
    return _mm256_packus_epi16(
        nearest(_mm256_unpacklo_epi8(a, zero), _mm256_unpacklo_epi8(b, zero), _mm256_unpacklo_epi8(c, zero)),
        nearest(_mm256_unpackhi_epi8(a, zero), _mm256_unpackhi_epi8(b, zero), _mm256_unpackhi_epi8(c, zero)));
}

// (a + b) / 2, rounded down: VPAVGB rounds up.
static inline __attribute__((target("avx2"))) __m256i average(__m256i a, __m256i b)
{
    __m256i odd = _mm256_and_si256(_mm256_xor_si256(a, b), _mm256_set1_epi8(1));
    return _mm256_sub_epi8(_mm256_avg_epu8(a, b), odd);
}

struct around {
    __m256i here, left, above, corner;
};

static inline __attribute__((target("avx2"))) struct around
around(const uint8_t *row, const uint8_t *above, int64_t pixel)
{
    return (struct around){
        _mm256_loadu_si256((const __m256i *)row), _mm256_loadu_si256((const __m256i *)(row - pixel)),
        _mm256_loadu_si256((const __m256i *)above), _mm256_loadu_si256((const __m256i *)(above - pixel))};
}

static inline __attribute__((target("avx2"))) __m256i filtered(int filter, struct around of)
{
    switch (filter) {
    case SUB: return _mm256_sub_epi8(of.here, of.left);
    case UP: return _mm256_sub_epi8(of.here, of.above);
    case AVERAGE: return _mm256_sub_epi8(of.here, average(of.left, of.above));
    case PAETH: return _mm256_sub_epi8(of.here, paeth(of.left, of.above, of.corner));
    }
    return of.here;
}

__attribute__((target("avx2"))) void
musc_png_filter(uint8_t *to, const uint8_t *row, const uint8_t *above, int64_t length, int64_t pixel)
{
    static const int order[FILTERS] = {UP, PAETH, NONE, SUB, AVERAGE};
    __m256i sums[FILTERS];
    for (int f = 0; f < FILTERS; f++) sums[f] = _mm256_setzero_si256();
    for (int64_t x = 0; x < length; x += STEP) {
        struct around of = around(row + x, above + x, pixel);
        __m256i mask = _mm256_set1_epi8(-1);
        if (length - x < STEP) { // what is behind the row does not count
            uint8_t inside[STEP] = {0};
            memset(inside, 255, length - x);
            mask = _mm256_loadu_si256((const __m256i *)inside);
        }
        for (int f = 0; f < FILTERS; f++) {
            __m256i rest = _mm256_abs_epi8(_mm256_and_si256(filtered(f, of), mask));
            sums[f] = _mm256_add_epi64(sums[f], _mm256_sad_epu8(rest, _mm256_setzero_si256()));
        }
    }
    uint64_t least = UINT64_MAX;
    int best = UP;
    for (int k = 0; k < FILTERS; k++) {
        uint64_t parts[4];
        memcpy(parts, &sums[order[k]], sizeof parts);
        uint64_t sum = parts[0] + parts[1] + parts[2] + parts[3];
        if (sum < least) {
            least = sum;
            best = order[k];
        }
    }
    *to++ = best;
    for (int64_t x = 0; x < length; x += STEP) {
        __m256i rest = filtered(best, around(row + x, above + x, pixel));
        if (length - x >= STEP) {
            _mm256_storeu_si256((__m256i *)(to + x), rest);
        } else {
            uint8_t last[STEP];
            memcpy(last, &rest, sizeof last);
            memcpy(to + x, last, length - x);
        }
    }
}

#else

void musc_png_filter(uint8_t *to, const uint8_t *row, const uint8_t *above, int64_t length, int64_t pixel)
{
    (void)to, (void)row, (void)above, (void)length, (void)pixel;
}

#endif
