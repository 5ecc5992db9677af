// Inner products of raw rows in float32, for levels whose words are float32. Part of level.h.

#if KIND == FLOAT32
// copy_run brings entries [first, first + words) of `rows` rows of a, stride floats apart, into the
// block [tiles][words][ROWS]; rows beyond the last are zeros.
TARGET static void NAME(copy_run)(uint32_t *restrict block, const float *restrict a, int64_t rows,
                                  int64_t stride, int64_t first, int64_t words)
{
    for (int64_t p = 0; p < rows; p += ROWS, block += words * ROWS)
        for (int64_t r = 0; r < ROWS; r++) {
            const float *from = a + (p + r) * stride + first;
            if (p + r < rows)
                for (int64_t w = 0; w < words; w++)
                    memcpy(block + w * ROWS + r, from + w, sizeof *block);
            else
                for (int64_t w = 0; w < words; w++)
                    block[w * ROWS + r] = 0;
        }
}

// add_tile computes one register tile and adds it to dst. Of dst it touches `rows` rows, `stride`
// floats apart, and `columns` columns.
TARGET INLINE void NAME(add_tile)(float *dst, int64_t stride, int64_t rows, int64_t columns,
                                  const uint32_t *a, const uint32_t *b, int64_t words,
                                  int vectors)
{
    NAME(floats) sum[ROWS][VECTORS];
    for (int r = 0; r < ROWS && r < rows; r++)
        for (int64_t k = 0; k < columns && k < WIDTH; k += LINE)
            __builtin_prefetch(dst + r * stride + k, 1);
    NAME(tile)(sum, a, b, words, vectors, 0, 0);
    for (int r = 0; r < ROWS; r++) { // a constant: sum stays in registers
        if (r >= rows)
            break;
        float *to = dst + r * stride;
        for (int v = 0; v < vectors; v++)
            if ((v + 1) * LANES <= columns) {
                STORE(to + v * LANES, LOAD(to + v * LANES) + sum[r][v]);
            } else {
                for (int l = 0; v * LANES + l < columns; l++)
                    to[v * LANES + l] += sum[r][v][l];
            }
    }
}

// add_panel adds the products of the packed block with the columns of one panel, of which b holds
// the same words, to dst.
TARGET static void NAME(add_panel)(float *dst, int64_t stride, int64_t rows, int64_t columns,
                                   const uint32_t *block, const uint32_t *b, int64_t words)
{
    for (int64_t p = 0; p < rows; p += ROWS, block += words * ROWS)
        for (int64_t q = 0; q < columns; q += WIDTH) {
            float *to = dst + p * stride + q;
            int64_t m = rows - p, n = columns - q;
            switch ((n + LANES - 1) / LANES) { // of a narrow last tile no padding
            case 1: NAME(add_tile)(to, stride, m, n, block, b + q, words, 1); break;
#if VECTORS > 2
            case 2: NAME(add_tile)(to, stride, m, n, block, b + q, words, 2); break;
#endif
#if VECTORS > 3
            case 3: NAME(add_tile)(to, stride, m, n, block, b + q, words, 3); break;
#endif
            default: NAME(add_tile)(to, stride, m, n, block, b + q, words, VECTORS);
            }
        }
}

// inner_products is musc_inner_products for this level, of rows that begin stride floats apart. A run of
// a panel stays in the L1 cache, the block in the L2 cache.
TARGET static void NAME(inner_products)(float *dst, const float *a, int64_t rows, int64_t stride,
                                        const float *packed, int64_t columns, int64_t d)
{
    uint32_t block[MAX_BLOCK * MUSC_INNER_RUN];
    const uint32_t *b = (const uint32_t *)packed;
    int64_t padded = round_up(columns, PANEL);
    memset(dst, 0, rows * columns * sizeof *dst);
    for (int64_t p = 0; p < rows; p += MAX_BLOCK)
        for (int64_t w = 0; w < d; w += MUSC_INNER_RUN) {
            int64_t m = rows - p < MAX_BLOCK ? rows - p : MAX_BLOCK;
            int64_t words = d - w < MUSC_INNER_RUN ? d - w : MUSC_INNER_RUN;
            NAME(copy_run)(block, a + p * stride, m, stride, w, words);
            for (int64_t q = 0; q < columns; q += PANEL)
                NAME(add_panel)(dst + p * columns + q, columns, m,
                                columns - q < PANEL ? columns - q : PANEL, block,
                                b + w * padded + q * words, words);
        }
}

// not_below is musc_not_below for this level.
TARGET static int64_t NAME(not_below)(int32_t *dst, const float *x, int64_t n, float limit)
{
    int64_t count = 0, k = 0;
    for (; k + LANES <= n; k += LANES) {
        unsigned below = GREATER((NAME(floats)){0} + limit, LOAD(x + k));
        for (unsigned bits = ~below & ((1u << LANES) - 1); bits; bits &= bits - 1)
            dst[count++] = (int32_t)(k + __builtin_ctz(bits));
    }
    for (; k < n; k++)
        if (!(x[k] < limit))
            dst[count++] = (int32_t)k;
    return count;
}
#define INNER_PRODUCTS NAME(inner_products)
#define NOT_BELOW NAME(not_below)
#else
#define INNER_PRODUCTS 0 // a level without: musc_inner_products takes another
#define NOT_BELOW 0
#endif
