// Products of int8 that are summed in 16 bits, for processors without VNNI: VPMADDUBSW adds the
// products of two channels, saturating. Part of level.h, of levels with a GROUP.
//
// A 16-bit lane takes the sums of pairs of channels of GROUP words, a group, before it is widened.
// Nothing saturates or overflows, whatever the tokens, as each is scaled so that
//
//   |s_1| + |s_2| <= 128             of the integers of every pair, so that with 0 <= u <= 255
//                                    |u_1 s_1 + u_2 s_2| <= 32640: no pair saturates
//   sqrt(sum s^2 of a lane) <= 181   of every group, so that for those of two tokens, by Cauchy and
//                                    Schwarz, |sum s t| <= 181^2 = 32761
//
// The unsigned factor is u = t + 128, and sum u s = sum t s + 128 sum s may be far greater. But a lane
// begins at -128 sum s, and as its additions wrap around it ends at sum t s, which it can hold. What
// lanes begin at is a word of its own before each group, like all words of signed bytes.

#define PAIR 127.0 // to which 1/2 a channel is added by rounding: 128 at most
#define NORM (181 - sqrt(2 * GROUP) / 2) // to which rounding adds sqrt(2 * GROUP) / 2 at most

// step_of is the smallest step with which a token x [C] keeps the bounds; 0 if it is all but zero.
TARGET static double NAME(step_of)(const float *x, int64_t channels)
{
    double pair = 0, square = 0;
    for (int64_t first = 0; first < channels; first += 4 * GROUP) {
        int64_t end = first + 4 * GROUP < channels ? first + 4 * GROUP : channels;
        double squares[2] = {0}; // of the two lanes of a word
        for (int64_t c = first; c < end; c += 2) {
            double y = fabsf(x[c]), z = c + 1 < channels ? fabsf(x[c + 1]) : 0;
            pair = y + z > pair ? y + z : pair;
            squares[c / 2 % 2] += y * y + z * z;
        }
        square = squares[0] > square ? squares[0] : square;
        square = squares[1] > square ? squares[1] : square;
    }
    double step = fmax(pair / PAIR, sqrt(square) / NORM);
    return step * FLT_MAX > 1 ? step : 0; // else 1 / step is no float
}

// round_groups rounds a token x [C] of finite numbers to words, PANEL words apart, and returns the
// step. x becomes what rounding took away; bytes [C + 3] is scratch.
TARGET static float NAME(round_groups)(uint32_t *words, float *x, int64_t channels, int8_t *bytes)
{
    double exact = NAME(step_of)(x, channels);
    float step = (float)exact, perStep = exact > 0 ? (float)(1 / exact) : 0;
    for (int64_t c = 0; c < channels; c++) {
        float whole = (x[c] * perStep + WHOLE) - WHOLE;
        x[c] -= whole * step;
        bytes[c] = (int8_t)whole;
    }
    memset(bytes + channels, 0, 3);
    for (int64_t first = 0; first < channels; first += 4 * GROUP) {
        int64_t end = first + 4 * GROUP < channels ? first + 4 * GROUP : channels;
        int32_t low = 0, high = 0;
        uint32_t *begin = words;
        words += PANEL;
        for (int64_t c = first; c < end; c += 4, words += PANEL) {
            uint32_t word;
            memcpy(&word, bytes + c, sizeof word);
            *words = word ^ 0x80808080u;
            low += bytes[c] + bytes[c + 1];
            high += bytes[c + 2] + bytes[c + 3];
        }
        *begin = ((uint32_t)(uint16_t)(-128 * low) | (uint32_t)(-128 * high) << 16) ^ 0x80808080u;
    }
    return step;
}

// tile is that of product.h. Registers hold the 16-bit sums of a group; those of 32 bits stay in the
// L1 cache: as the compiler cannot know what is in memory, it keeps no copies.
TARGET INLINE void NAME(tile)(NAME(sums) sum[ROWS][VECTORS], const uint32_t *restrict a,
                              const uint32_t *restrict b, int64_t words, int vectors,
                              const float *const *fetch, int64_t fetches)
{
    int64_t channel = 0;
    NAME(sums) (*total)[VECTORS] = sum;
    __asm__ volatile("" : "+r"(total) : : "memory");
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            total[r][v] = (NAME(sums)){0};
    while (words > 0) {
        int64_t group = words < 1 + GROUP ? words : 1 + GROUP;
        NAME(halves) half[ROWS][VECTORS];
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++)
                half[r][v] = (NAME(halves))((NAME(words)){0} + a[r]);
        NAME(fetch_part)(fetch, fetches, channel, CHANNELS * GROUP);
        channel += CHANNELS * GROUP;
        words -= group;
        a += ROWS;
        b += PANEL;
        for (int64_t w = 1; w < group; w++, a += ROWS, b += PANEL) {
            NAME(words) columns[VECTORS];
            for (int v = 0; v < vectors; v++)
                columns[v] = *(const NAME(words) *)(b + v * LANES);
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < vectors; v++)
                    half[r][v] = MULTIPLY_ADD(half[r][v], (NAME(words)){0} + a[r], columns[v]);
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < vectors; v++)
                    __asm__("" : "+v"(half[r][v])); // in a register, one word after the other
        }
        __asm__ volatile("" : : : "memory");
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++)
                total[r][v] += WIDEN(half[r][v]);
        __asm__ volatile("" : : : "memory");
    }
}

#undef PAIR
#undef NORM
