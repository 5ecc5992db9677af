// The search for candidates to be the nearest patches. Part of level.h.

// consider makes patch a candidate: its product exceeds the limit. A list keeps the CANDIDATES
// greatest products above its limit, which the caller has raised to the best product less the
// margin; the new limit is returned.
static inline float NAME(consider)(candidate *list, int32_t *count, float limit, float product,
                                   int32_t patch)
{
    int32_t n = *count, kept = 0, least = 0;
    if (n == CANDIDATES) {
        for (int32_t i = 0; i < n; i++)
            if (list[i].product >= limit)
                list[kept++] = list[i];
        *count = n = kept;
    }
    if (n < CANDIDATES) {
        list[n] = (candidate){product, patch};
        *count = n + 1;
        return limit;
    }
    for (int32_t i = 1; i < n; i++)
        if (list[i].product < list[least].product)
            least = i;
    if (product > list[least].product)
        list[least] = (candidate){product, patch};
    for (int32_t i = 0; i < n; i++)
        if (list[i].product < list[least].product)
            least = i;
    return list[least].product; // from now on only what is greater than all that are kept
}

// scale_row writes one row of inner products of unit vectors to dst, of the counted columns, and
// returns the greatest. sums lack the sum over `radius` rows of b's grid, a constant at every call, as
// is whether keeps [P], bits, say which columns count; null: all do.
TARGET INLINE float NAME(scale_row_of)(const musc_shape *shape, float *restrict dst,
                                       const float *sums, const float *inverseB, float inverseA,
                                       int64_t radius, const run_list *counted,
                                       const int32_t *keeps)
{
    int64_t patches = patches_of(shape);
    const NAME(floats) none = (NAME(floats)){0} - INFINITY;
    NAME(floats) greatest = none;
    int64_t width = shape->width, runs = counted->count;
    for (const column_run *list = counted->runs; runs > 0; runs--, list++) {
        const column_run run = *list;
        for (int64_t k = run.first; k < run.end; k += LANES) {
            NAME(floats) x = LOAD(sums + k);
            for (int64_t r = 1; r <= radius; r++)
                x += LOAD(sums + k - r * width) + LOAD(sums + k + r * width);
            x *= LOAD(inverseB + k) * inverseA;
            if (keeps) { // x may be anything elsewhere
                NAME(integers) keep = *(const NAME(integers) *)(keeps + k);
                x = (NAME(floats))(((NAME(integers))x & keep) | ((NAME(integers))none & ~keep));
            } else if (patches - k < LANES) {
                for (int64_t l = patches - k; l < LANES; l++)
                    x[l] = -INFINITY; // padding never wins, even if all products are negative
            }
            STORE(dst + k, x);
            greatest = MAXIMUM(x, greatest);
        }
    }
    float best = -INFINITY;
    for (int l = 0; l < LANES; l++)
        best = greatest[l] > best ? greatest[l] : best;
    return best;
}

TARGET static float NAME(scale_row)(const musc_shape *shape, float *dst, const float *sums,
                                    const float *inverseB, float inverseA, int64_t radius,
                                    const run_list *counted, const int32_t *keeps)
{
#define SCALE(radius, keeps) \
    NAME(scale_row_of)(shape, dst, sums, inverseB, inverseA, radius, counted, keeps)
    if (keeps)
        return SCALE(radius, keeps);
    switch (radius) {
    case 0: return SCALE(0, 0);
    case 1: return SCALE(1, 0);
    case 2: return SCALE(2, 0);
    default: return SCALE(radius, 0);
    }
#undef SCALE
}

// search_columns takes `count` rows of products, those of the listed patches of a, into the
// candidates of the columns. The limits rise to the best of all these rows before any is looked
// at: neighbours of a good match are good matches, and would else come and go one by one.
TARGET static void NAME(search_columns)(const musc_shape *shape, scratch_view *s, int64_t d,
                                        const int32_t *patches, int64_t count)
{
    int64_t padded = padded_patches(shape);
    float *limit = s->limit + d * padded;
    const float *margin = s->columnMargin + d * padded;
    const float *rows = s->rows;
    int64_t stride = s->rowStride;
    for (int64_t r = 0; r < s->counted.count; r++) {
        const column_run run = s->counted.runs[r];
        for (int64_t k = run.first; k < run.end; k += LANES) {
            NAME(floats) greatest = LOAD(rows + k), before = LOAD(limit + k);
            for (int64_t i = 1; i < count; i++)
                greatest = MAXIMUM(LOAD(rows + i * stride + k), greatest);
            if (!GREATER(greatest, before))
                continue;
            NAME(floats) raised = MAXIMUM(greatest - LOAD(margin + k), before);
            STORE(limit + k, raised);
            for (int64_t i = 0; i < count; i++) {
                const float *row = rows + i * stride + k;
                for (unsigned bits = GREATER(LOAD(row), raised); bits; bits &= bits - 1) {
                    int64_t l = __builtin_ctz(bits), q = d * padded + k + l;
                    if (row[l] > s->limit[q])
                        s->limit[q] = NAME(consider)(s->candidates + q * CANDIDATES,
                                                     s->count + q, s->limit[q], row[l],
                                                     patches[i]);
                }
            }
        }
    }
}

// search_row fills in the candidates of one row of products: all within the margin of the best.
TARGET static int32_t NAME(search_row)(const run_list *counted, candidate *list, const float *row,
                                       float best, float margin)
{
    enum { STEP = 64 }; // columns a branch: few rows have more than a candidate or two
    int32_t count = 0;
    float limit = nextafterf(best - margin, -INFINITY);
    const NAME(floats) all = (NAME(floats)){0} + limit;
    for (int64_t r = 0; r < counted->count; r++)
        for (int64_t k = counted->runs[r].first, end = counted->runs[r].end; k < end; k += STEP) {
            uint64_t bits = 0;
            for (int v = 0; v < STEP; v += LANES)
                bits |= (uint64_t)GREATER(LOAD(row + k + v), all) << v;
            if (end - k < STEP)
                bits &= ((uint64_t)1 << (end - k)) - 1;
            for (; bits; bits &= bits - 1) {
                int64_t q = k + __builtin_ctzll(bits);
                if (row[q] > limit)
                    limit = NAME(consider)(list, &count, limit, row[q], q);
            }
        }
    return count;
}

// rows searches the products of a chunk, the listed patches of row y of the grid of a, one degree.
TARGET static void NAME(rows)(const musc_shape *shape, const image_view *a, const image_view *b,
                              scratch_view *s, int64_t d, int64_t y, const int32_t *chunk,
                              int64_t count)
{
    int64_t at = d * padded_patches(shape);
    for (int64_t i = 0; i < count; i++) {
        int64_t p = chunk[i];
        const float *sums = NAME(sum_window)(shape, s, d, y, p - y * shape->width);
        float *row = s->rows + i * s->rowStride;
        float best = NAME(scale_row)(shape, row, sums, b->inverse + at, a->inverse[at + p],
                                     shape->radius[d], &s->counted,
                                     s->limited ? s->keeps + i * s->stride : 0);
        s->rowCount[at + p] =
            NAME(search_row)(&s->counted, s->rowCandidates + (at + p) * CANDIDATES, row, best,
                             s->rowMargin[at + p]);
        s->queue[s->queued++] = (int32_t)(at + p);
    }
    NAME(search_columns)(shape, s, d, chunk, count);
}

// band searches the rows of products of grid row y of a, all degrees.
TARGET static void NAME(band)(const musc_shape *shape, const image_view *a, const image_view *b,
                              scratch_view *s, int64_t y)
{
    int64_t ahead = 0, width = shape->width;
    for (int64_t x = 0; x < width; x += CHUNK) {
        int64_t stop = x + CHUNK < width ? x + CHUNK : width, count = 0;
        int32_t chunk[CHUNK];
        for (int64_t p = y * width + x; p < y * width + stop; p++)
            if (a->active[p])
                chunk[count++] = (int32_t)p;
        if (count == 0)
            continue;
        for (; ahead < stop + s->reach && ahead < width; ahead++)
            if (!s->limited || NAME(list_beside)(shape, s, a, y, ahead))
                NAME(sum_column)(shape, s, y, ahead);
        if (s->limited)
            NAME(list_chunk)(shape, s, b, (grid_box){y, y, x, stop - 1}, chunk, count);
        for (int64_t d = 0; d < shape->degrees; d++)
            NAME(rows)(shape, a, b, s, d, y, chunk, count);
    }
}

// margins fills in how far below the best product of a patch another may be and still be the best
// in truth: SIGMAS standard deviations of the difference of two products. They are off by the noise
// of either factor times the spread of the other; of the patches that come close to p's best, which
// are not known yet, those of p itself are a guess, between what is typical and the largest. FLOOR
// is for the float32 sums of the windows.
TARGET static void NAME(margins)(const musc_shape *shape, float *margin, const image_view *one,
                                 const image_view *other)
{
    int64_t padded = padded_patches(shape);
    for (int64_t d = 0; d < shape->degrees; d++) {
        const float *typical = other->typical + 2 * d, *largest = other->largest + 2 * d;
        for (int64_t p = d * padded; p < (d + 1) * padded; p++) {
            float noise = fminf(fmaxf(one->noise[p], typical[0]), largest[0]);
            float spread = fminf(fmaxf(one->spread[p], typical[1]), largest[1]);
            float x = one->noise[p] * spread, y = one->spread[p] * noise;
            margin[p] = SIGMAS * sqrtf(2 * (x * x + y * y)) + FLOOR;
        }
    }
}

// start empties the candidates and makes the zeros and masks around the rows.
TARGET static void NAME(start)(const musc_shape *shape, scratch_view *s)
{
    int64_t width = shape->width, patches = patches_of(shape), padded = padded_patches(shape);
    float on = 1;
    if (s->limited)
        memset(&on, 0xff, sizeof on);
    for (int64_t i = 0; i < shape->degrees * padded; i++)
        s->limit[i] = -INFINITY;
    for (int64_t i = 0; i < CHUNK * s->rowStride; i++)
        s->rows[i] = -INFINITY;
    memset(s->count, 0, shape->degrees * padded * sizeof *s->count);
    s->queued = s->fetched = s->taken = s->fetches = 0;
    for (int64_t d = 1; d <= s->reach; d++) {
        float *left = s->inside + (2 * d - 2) * s->stride, *right = left + s->stride;
        memset(left, 0, 2 * s->stride * sizeof *left);
        for (int64_t k = 0; k < patches; k += width)
            for (int64_t x = 0; x + d < width; x++)
                left[k + x + d] = right[k + x] = on;
    }
    int64_t around = round_up(s->reach, LINE);
    memset(s->horizontal - around, 0, (s->stride + 2 * around) * sizeof(float));
    around = round_up(s->reach * width, LINE);
    memset(s->across - around, 0, (s->stride + 2 * around) * sizeof(float));
    for (int64_t r = 0; r < s->ringRows; r++) // columns beyond P
        memset(s->ring + r * s->stride + patches, 0, (s->stride - patches) * sizeof(float));
}

// distances is musc_distances for this level.
TARGET static void NAME(distances)(const musc_shape *shape, float *rowDistances,
                                   float *columnDistances, const float *imageA,
                                   const float *imageB, float *scratch)
{
    image_view a, b;
    scratch_view s;
    view_image(&a, shape, &NAME(sizes), (float *)imageA);
    view_image(&b, shape, &NAME(sizes), (float *)imageB);
    view_scratch(&s, shape, &NAME(sizes), scratch);
    int64_t patches = patches_of(shape), padded = padded_patches(shape), y = 0;
    int64_t block = block_rows(words_of(shape, &NAME(sizes)));
    if (patches == 1) { // nothing to search
        for (int64_t d = 0; d < shape->degrees; d++) {
            rowDistances[d] = NAME(patch_distance)(shape, imageA, imageB);
            if (columnDistances)
                columnDistances[d] = rowDistances[d];
        }
        return;
    }
    NAME(limit)(shape, &a, &b, &s);
    int direct = shape->direct ? shape->direct > 0 : NAME(few_pairs)(shape, &a, &b, &s);
    if (s.limited && direct) {
        NAME(direct)(shape, &a, &b, rowDistances, columnDistances);
        return;
    }
    if (s.limited)
        for (int64_t i = 0; i < shape->degrees * patches; i++)
            rowDistances[i] = INFINITY; // of patches that are not active
    NAME(margins)(shape, s.rowMargin, &a, &b);
    NAME(margins)(shape, s.columnMargin, &b, &a);
    NAME(start)(shape, &s);
    s.rowDistances = rowDistances;
    for (int64_t p = 0; p < patches; p += block) {
        int64_t rows = padded - p < block ? padded - p : block;
        NAME(multiply)(shape, &a, &b, &s, p, rows);
        for (; y < shape->height; y++) { // the bands whose windows are complete
            int64_t last = y + s.reach < shape->height ? y + s.reach : shape->height - 1;
            if ((last + 1) * shape->width > p + rows)
                break;
            NAME(band)(shape, &a, &b, &s, y);
        }
    }
    NAME(pair_rest)(shape, &a, &b, &s);
    if (columnDistances)
        NAME(columns)(shape, &a, &b, &s, rowDistances, columnDistances);
}
