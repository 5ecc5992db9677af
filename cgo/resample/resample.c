// Four pixels a step: their bytes are spread to 16 bits in the order that VPMADDWD wants,
//
//   low half   r0 r1 g0 g1 b0 b1 0 0      high half   r2 r3 g2 g3 b2 b3 0 0
//
// and multiplied by c0 c1 c0 c1 c0 c1 .. and c2 c3 c2 c3 c2 c3 .., which leaves sums of 32 bits for
// red, green and blue. A coefficient has more than 16 bits, so it is split into its lowest 15 and
// the rest: c = low + high * 2^15. Sums wrap around as Go's do; their total is exact. Four rows
// share the loads of coefficients.

#include <stdlib.h>
#include <string.h>

#include "resample.h"

#ifdef __x86_64__
#include <immintrin.h>

enum { PRECISION = 22, LOW = 15, STEP = 4, ROWS = 4, PIXEL = 3, LOAD = 16 };

// The coefficients of four pixels, each twice as often as a row of three channels needs.
struct step {
    int16_t low[16], high[16];
};

// One output pixel of four rows.
__attribute__((target("avx2"))) static inline void
pixel(uint8_t *const to[ROWS], const uint8_t *const from[ROWS], const struct step *steps,
      int64_t count)
{
    const __m256i spread = _mm256_setr_epi8(
        0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,
        6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    __m256i low[ROWS], high[ROWS];
    for (int r = 0; r < ROWS; r++)
        low[r] = high[r] = _mm256_setzero_si256();
    for (int64_t i = 0; i < count; i++) {
        __m256i l = _mm256_loadu_si256((const __m256i *)steps[i].low);
        __m256i h = _mm256_loadu_si256((const __m256i *)steps[i].high);
        for (int r = 0; r < ROWS; r++) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(from[r] + i * STEP * PIXEL));
            __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), spread);
            low[r] = _mm256_add_epi32(low[r], _mm256_madd_epi16(pixels, l));
            high[r] = _mm256_add_epi32(high[r], _mm256_madd_epi16(pixels, h));
        }
    }
    for (int r = 0; r < ROWS; r++) {
        __m256i both = _mm256_add_epi32(low[r], _mm256_slli_epi32(high[r], LOW));
        __m128i upper = _mm256_extracti128_si256(both, 1);
        __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(both), upper);
        sum = _mm_add_epi32(sum, _mm_set1_epi32(1 << (PRECISION - 1)));
        sum = _mm_srai_epi32(sum, PRECISION);
        sum = _mm_packus_epi16(_mm_packs_epi32(sum, sum), sum); // clips to 0..255
        uint32_t rgb = (uint32_t)_mm_cvtsi128_si32(sum);
        to[r][0] = rgb;
        to[r][1] = rgb >> 8;
        to[r][2] = rgb >> 16;
    }
}

__attribute__((target("avx2"))) int
musc_resample_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t in, int64_t out,
                   const struct musc_window *windows, const int32_t *coefficients)
{
    int64_t count = 0;
    for (int64_t x = 0; x < out; x++)
        count += (windows[x].count + STEP - 1) / STEP;
    struct step *steps = calloc(count, sizeof *steps);
    // A load takes up to 13 bytes behind a row's end: of the next row, or of a copy of the last
    // ones.
    uint8_t *last = malloc(ROWS * in * PIXEL + LOAD);
    if (!steps || !last) {
        free(steps);
        free(last);
        return 0;
    }
    struct step *step = steps;
    for (int64_t x = 0; x < out; x++) {
        const int32_t *c = coefficients + windows[x].coefficients;
        for (int32_t j = 0; j < windows[x].count; j++)
            for (int channel = 0; channel < PIXEL; channel++) {
                int at = j % STEP / 2 * 8 + 2 * channel + j % 2;
                step[j / STEP].low[at] = c[j] & ((1 << LOW) - 1);
                step[j / STEP].high[at] = c[j] >> LOW;
            }
        step += (windows[x].count + STEP - 1) / STEP;
    }
    int64_t row = in * PIXEL;
    for (int64_t y = 0; y < height; y += ROWS) {
        int64_t rows = height - y < ROWS ? height - y : ROWS;
        const uint8_t *block = from + y * row;
        if (y + ROWS >= height) {
            memcpy(last, block, rows * row);
            memset(last + rows * row, 0, LOAD);
            block = last;
        }
        step = steps;
        for (int64_t x = 0; x < out; x++) {
            uint8_t *tos[ROWS];
            const uint8_t *froms[ROWS];
            for (int r = 0; r < ROWS; r++) { // where there are fewer rows, the last several times
                int64_t at = r < rows ? r : rows - 1;
                tos[r] = to + ((y + at) * out + x) * PIXEL;
                froms[r] = block + at * row + windows[x].first * PIXEL;
            }
            int64_t taken = (windows[x].count + STEP - 1) / STEP;
            pixel(tos, froms, step, taken);
            step += taken;
        }
    }
    free(steps);
    free(last);
    return 1;
}

#else

int musc_resample_rows(uint8_t *to, const uint8_t *from, int64_t height, int64_t in, int64_t out,
                       const struct musc_window *windows, const int32_t *coefficients)
{
    (void)to, (void)from, (void)height, (void)in, (void)out, (void)windows, (void)coefficients;
    return 0;
}

#endif
