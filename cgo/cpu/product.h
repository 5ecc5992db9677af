// The matrix product of two packed images, a block of rows at a time. Part of level.h.

// copy_rows brings `rows` packed rows of a from row `first` on into the block
// [tiles][words][ROWS]: one register tile reads it from one end to the other. On the left of a
// product the bytes of INT8 are signed, as the instruction wants one factor unsigned, one signed.
TARGET static void NAME(copy_rows)(uint32_t *block, const uint32_t *a, int64_t words,
                                   int64_t first, int64_t rows)
{
    for (int64_t p = first; p < first + rows; p += ROWS) {
        const uint32_t *from = a + p / PANEL * PANEL * words + p % PANEL;
        for (int64_t w = 0; w < words; w++, from += PANEL, block += ROWS)
            for (int r = 0; r < ROWS; r++)
                block[r] = KIND == INT8 ? from[r] ^ 0x80808080u : from[r];
    }
}

// tile adds up the products of ROWS rows and vectors * LANES columns over all words. Each sum stays
// in one lane of one register and takes its channels in ascending order. vectors <= VECTORS is a
// constant at every call: it unrolls.
TARGET INLINE void NAME(tile)(NAME(sums) sum[ROWS][VECTORS], const uint32_t *restrict a,
                              const uint32_t *restrict b, int64_t words, int vectors)
{
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = (NAME(sums)){0};
    for (int64_t w = 0; w < words; w++, a += ROWS, b += PANEL) {
        NAME(words) columns[VECTORS];
        for (int v = 0; v < vectors; v++)
            columns[v] = *(const NAME(words) *)(b + v * LANES);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++)
                sum[r][v] = MULTIPLY_ADD(sum[r][v], (NAME(words)){0} + a[r], columns[v]);
    }
}

// visit computes one register tile and stores its products in the ring. Centring is undone here:
//   (x + m) . (y + m) = x . y + (x . m + m . m / 2) + (y . m + m . m / 2)
TARGET INLINE void NAME(visit)(const image_view *a, const image_view *b, const scratch_view *s,
                               const uint32_t *rows, const uint32_t *columns, int64_t words,
                               int64_t p, int64_t q, int vectors)
{
    NAME(sums) sum[ROWS][VECTORS];
    NAME(tile)(sum, rows, columns, words, vectors);
    for (int r = 0; r < ROWS; r++) {
        float *to = s->ring + (p + r) % s->ringRows * s->stride + q;
        for (int v = 0; v < vectors; v++) {
            int64_t k = q + v * LANES;
#if KIND == INT8
            NAME(floats) x = __builtin_convertvector(sum[r][v] - a->shift[p + r], NAME(floats));
            x *= LOAD(b->step + k) * a->step[p + r];
#else
            NAME(floats) x = sum[r][v];
#endif
            STORE(to + v * LANES, x + (LOAD(b->offset + k) + a->offset[p + r]));
        }
    }
}

// multiply stores the products of rows [first, first + rows) of a with all patches of b in the
// ring. A column panel of b stays in the L1 or L2 cache while the rows pass by.
TARGET static void NAME(multiply)(const musc_shape *shape, const image_view *a,
                                  const image_view *b, scratch_view *s, int64_t first,
                                  int64_t rows)
{
    int64_t words = words_of(shape, CHANNELS), patches = patches_of(shape);
    NAME(copy_rows)(s->block, a->words, words, first, rows);
    for (int64_t panel = 0; panel < patches; panel += PANEL) {
        int64_t stop = panel + PANEL < patches ? panel + PANEL : patches;
        for (int64_t p = first; p < first + rows && p < patches; p += ROWS)
            for (int64_t q = panel; q < stop; q += WIDTH) {
                const uint32_t *x = s->block + (p - first) * words;
                const uint32_t *y = b->words + panel * words + (q - panel);
                switch ((stop - q + LANES - 1) / LANES) { // of a narrow last tile no padding
                case 1: NAME(visit)(a, b, s, x, y, words, p, q, 1); break;
#if VECTORS > 2
                case 2: NAME(visit)(a, b, s, x, y, words, p, q, 2); break;
#endif
#if VECTORS > 3
                case 3: NAME(visit)(a, b, s, x, y, words, p, q, 3); break;
#endif
                default: NAME(visit)(a, b, s, x, y, words, p, q, VECTORS);
                }
            }
    }
    int64_t end = round_up(patches, LANES); // beyond P a window must find zeros
    for (int64_t p = first; p < first + rows && p < patches; p++) {
        float *row = s->ring + p % s->ringRows * s->stride;
        for (int64_t k = patches; k < end; k++)
            row[k] = 0;
    }
}

// products is musc_products for this level.
TARGET static void NAME(products)(const musc_shape *shape, const float *imageA,
                                  const float *imageB, float *scratch)
{
    image_view a, b;
    scratch_view s;
    view_image(&a, shape, CHANNELS, (float *)imageA);
    view_image(&b, shape, CHANNELS, (float *)imageB);
    view_scratch(&s, shape, &NAME(sizes), scratch);
    int64_t block = block_rows(words_of(shape, CHANNELS));
    for (int64_t p = 0; p < patches_of(shape); p += block) {
        int64_t rest = padded_patches(shape) - p;
        NAME(multiply)(shape, &a, &b, &s, p, rest < block ? rest : block);
    }
}
