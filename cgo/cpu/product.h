// The matrix product of two packed images, a block of rows at a time. Part of level.h.

// copy_rows brings the listed packed rows of a, whole tiles, into the block [tiles][words][ROWS]: one
// register tile reads it from one end to the other. On the left of a product the bytes of INT8 are
// signed, as the instruction wants one factor unsigned, one signed.
TARGET static void NAME(copy_rows)(uint32_t *block, const uint32_t *a, int64_t words,
                                   const int32_t *rows, int64_t count)
{
    for (int64_t i = 0; i < count; i += ROWS) {
        const uint32_t *from[ROWS];
        int apart = 0; // rows that do not follow the first one in its panel
        for (int r = 0; r < ROWS; r++) {
            from[r] = a + rows[i + r] / PANEL * PANEL * words + rows[i + r] % PANEL;
            apart |= from[r] != from[0] + r;
        }
        for (int64_t w = 0; !apart && w < words; w++, block += ROWS)
            for (int r = 0; r < ROWS; r++)
                block[r] = from[0][w * PANEL + r] ^ (KIND == INT8 ? 0x80808080u : 0);
        for (int64_t w = 0; apart && w < words; w++, block += ROWS)
            for (int r = 0; r < ROWS; r++)
                block[r] = from[r][w * PANEL] ^ (KIND == INT8 ? 0x80808080u : 0);
    }
}

// tile adds up the products of ROWS rows and vectors * LANES columns over all words. Each sum stays
// in one lane of one register and takes its channels in ascending order. vectors <= VECTORS is a
// constant at every call: it unrolls. Meanwhile the listed tokens come closer. groups.h has that of
// levels with groups.
#if !GROUP
TARGET INLINE void NAME(add_words)(NAME(sums) sum[ROWS][VECTORS], const uint32_t *restrict a,
                                   const uint32_t *restrict b, int64_t words, int vectors)
{
    for (int64_t w = 0; w < words; w++, a += ROWS, b += PANEL) {
        NAME(words) columns[VECTORS];
        for (int v = 0; v < vectors; v++)
            columns[v] = *(const NAME(words) *)(b + v * LANES);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++)
                sum[r][v] = MULTIPLY_ADD(sum[r][v], (NAME(words)){0} + a[r], columns[v]);
    }
}

TARGET INLINE void NAME(tile)(NAME(sums) sum[ROWS][VECTORS], const uint32_t *restrict a,
                              const uint32_t *restrict b, int64_t words, int vectors,
                              const float *const *fetch, int64_t fetches)
{
    enum { PIECE = 32 }; // words after which more is fetched
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = (NAME(sums)){0};
    if (fetches == 0) {
        NAME(add_words)(sum, a, b, words, vectors);
        return;
    }
    for (int64_t w = 0; w < words; w += PIECE) {
        NAME(fetch_part)(fetch, fetches, w * CHANNELS, PIECE * CHANNELS);
        NAME(add_words)(sum, a + w * ROWS, b + w * PANEL,
                        words - w < PIECE ? words - w : PIECE, vectors);
    }
}
#endif

// visit computes one register tile, of rows `at` of a, and stores its products in the ring: zeros
// for patches of b that are not active. Centring is undone here:
//   (x + m) . (y + m) = x . y + (x . m + m . m / 2) + (y . m + m . m / 2)
TARGET INLINE void NAME(visit)(const image_view *a, const image_view *b, const scratch_view *s,
                               const uint32_t *rows, const uint32_t *columns, int64_t words,
                               const int32_t *at, float *const *to, int64_t q, int vectors)
{
    NAME(sums) sum[ROWS][VECTORS] __attribute__((aligned(64)));
    NAME(tile)(sum, rows, columns, words, vectors, s->fetch, s->fetches);
    for (int r = 0; r < ROWS; r++) {
        for (int v = 0; v < vectors; v++) {
            int64_t k = q + v * LANES;
#if KIND == INT8
            NAME(floats) x = __builtin_convertvector(sum[r][v] - a->shift[at[r]], NAME(floats));
            x *= LOAD(b->step + k) * a->step[at[r]];
#else
            NAME(floats) x = sum[r][v];
#endif
            x += LOAD(b->offset + k) + a->offset[at[r]];
            x = (NAME(floats))(*(const NAME(integers) *)(b->active + k) & (NAME(integers))x);
            STORE(to[r] + k, x);
        }
    }
}

// visits takes count vectors of columns of a panel from q on, a register tile at a time.
TARGET static void NAME(visits)(const image_view *a, const image_view *b, scratch_view *s,
                                const uint32_t *rows, const uint32_t *columns, int64_t words,
                                const int32_t *at, float *const *to, int64_t q, int64_t count)
{
    for (; count > 0; count -= VECTORS, q += WIDTH, columns += WIDTH) {
        switch (count) { // of a narrow last tile no padding
        case 1: NAME(visit)(a, b, s, rows, columns, words, at, to, q, 1); break;
#if VECTORS > 2
        case 2: NAME(visit)(a, b, s, rows, columns, words, at, to, q, 2); break;
#endif
#if VECTORS > 3
        case 3: NAME(visit)(a, b, s, rows, columns, words, at, to, q, 3); break;
#endif
        default: NAME(visit)(a, b, s, rows, columns, words, at, to, q, VECTORS);
        }
        s->fetches = 0; // they are close now
    }
}

// multiply_some is multiply for a limited search.
TARGET static void NAME(multiply_some)(const musc_shape *shape, const image_view *a,
                                       const image_view *b, scratch_view *s, const int32_t *rows,
                                       float *const *to, int64_t count)
{
    int64_t words = words_of(shape, &NAME(sizes)), patches = patches_of(shape);
    grid_box boxes[MAX_BLOCK / ROWS + 1];
    for (int64_t i = 0; i < count; i += ROWS)
        boxes[i / ROWS] = NAME(needed_of)(shape, s, rows[i], rows[i + ROWS - 1]);
    for (int64_t panel = 0; panel < patches; panel += PANEL)
        for (int64_t i = 0; i < count; i += ROWS) {
            uint32_t bits = NAME(needed)(shape, s, boxes[i / ROWS], panel);
            while (bits) {
                int64_t first = __builtin_ctz(bits), n = __builtin_ctz(~(bits >> first));
                NAME(list_fetches)(shape, a, b, s, 2);
                NAME(visits)(a, b, s, s->block + i * words,
                             b->words + panel * words + first * LANES, words, rows + i, to + i,
                             panel + first * LANES, n);
                NAME(pair_rows)(shape, a, b, s, 2);
                bits &= ~(((1u << n) - 1) << first);
            }
        }
}

// multiply stores the products of the active ones of rows [first, first + rows) of a with all patches
// of b, or those that some pair needs, in the ring. A column panel of b stays in the L1 or L2 cache
// while the rows pass by.
TARGET static void NAME(multiply)(const musc_shape *shape, const image_view *a,
                                  const image_view *b, scratch_view *s, int64_t first,
                                  int64_t rows)
{
    int64_t words = words_of(shape, &NAME(sizes)), patches = patches_of(shape), count = 0;
    int32_t at[MAX_BLOCK + ROWS];
    float *to[MAX_BLOCK + ROWS]; // where the products of a row go: to its place in the ring
    for (int64_t p = first; p < first + rows && p < patches; p++)
        if (a->active[p])
            at[count++] = (int32_t)p;
        else if (a->reached[p])
            NAME(clear_row)(shape, s, p);
    for (; count % ROWS; count++)
        at[count] = at[count - 1]; // taken again, to the same place
    for (int64_t i = 0; i < count; i++)
        to[i] = s->ring + at[i] % s->ringRows * s->stride;
    NAME(copy_rows)(s->block, a->words, words, at, count);
    if (s->limited) {
        NAME(multiply_some)(shape, a, b, s, at, to, count);
        return;
    }
    // Of the rows that wait for their distances, so many with each tile.
    int64_t waiting = s->queued - s->taken, tiles = count / ROWS * ((patches + PANEL - 1) / PANEL);
    int64_t pairs = waiting > 0 ? (waiting + tiles - 1) / tiles : 0;
    for (int64_t panel = 0; panel < patches; panel += PANEL) {
        int64_t stop = panel + PANEL < patches ? panel + PANEL : patches;
        for (int64_t i = 0; i < count; i += ROWS) {
            NAME(list_fetches)(shape, a, b, s, pairs);
            NAME(visits)(a, b, s, s->block + i * words, b->words + panel * words, words, at + i,
                         to + i, panel, (stop - panel + LANES - 1) / LANES);
            NAME(pair_rows)(shape, a, b, s, pairs);
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
    view_image(&a, shape, &NAME(sizes), (float *)imageA);
    view_image(&b, shape, &NAME(sizes), (float *)imageB);
    view_scratch(&s, shape, &NAME(sizes), scratch);
    s.queued = s.taken = s.fetched = s.fetches = 0;
    NAME(limit)(shape, &a, &b, &s);
    int64_t block = block_rows(words_of(shape, &NAME(sizes)));
    for (int64_t p = 0; p < patches_of(shape); p += block) {
        int64_t rest = padded_patches(shape) - p;
        NAME(multiply)(shape, &a, &b, &s, p, rest < block ? rest : block);
    }
}
