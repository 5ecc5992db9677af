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

// sum_windows adds up column vector k over the windows of `count` patches that follow each other. from
// lists the rows of the first window and those after it; two windows share all but one row each.
TARGET INLINE void NAME(sum_windows)(NAME(floats) *x, const float *const *from, int64_t k,
                                     int count, int64_t radius)
{
    for (int i = 0; i < count; i += 2) {
        NAME(floats) both = {0};
        for (int64_t r = 1; r <= radius; r++) {
            NAME(floats) two = LOAD(from[i + 2 * r - 1] + k) + LOAD(from[i + 2 * r] + k);
            if (r == 1)
                both = two;
            else
                both += two;
        }
        x[i] = LOAD(from[i] + k);
        if (i + 1 < count)
            x[i + 1] = LOAD(from[i + 1 + 2 * radius] + k);
        if (radius > 0) {
            x[i] += both;
            if (i + 1 < count)
                x[i + 1] += both;
        }
    }
}

// lanes_below is all bits of the first n lanes.
TARGET INLINE NAME(integers) NAME(lanes_below)(int64_t n)
{
    NAME(integers) lane;
    for (int l = 0; l < LANES; l++)
        lane[l] = l;
    return lane < (int32_t)n;
}

// greatest_of is the greatest lane of x, none of which is NaN.
TARGET INLINE float NAME(greatest_of)(NAME(floats) x)
{
    float lanes[LANES];
    STORE(lanes, x);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int l = 0; l < half; l++)
            lanes[l] = lanes[l + half] > lanes[l] ? lanes[l + half] : lanes[l];
    return lanes[0];
}

// scale_rows makes `count` rows of inner products of unit vectors, the rows of a chunk from `first` on,
// of the counted columns: the sums over the windows of a divided by the norms. It notes the maxima
// of blocks of columns, of columns over the chunk, and of each row in best. count, radius and
// limited are constants at every call; in a limited search keeps says which columns count.
TARGET INLINE void NAME(scale_rows_of)(const scratch_view *s, int64_t patches, int64_t first,
                                       int count, const float *const *from, int64_t radius,
                                       const float *inverseB, const float *inverseA, int limited,
                                       float *best)
{
    const NAME(floats) none = (NAME(floats)){0} - INFINITY;
    NAME(floats) greatest[TOGETHER];
    float *rows = s->rows + first * s->rowStride, *blocks = s->blocks + first * s->stride;
    int64_t rowStride = s->rowStride, stride = s->stride;
    for (int i = 0; i < count; i++)
        greatest[i] = none;
    for (int64_t r = 0; r < s->counted.count; r++)
        for (int64_t k = s->counted.runs[r].first, end = s->counted.runs[r].end; k < end;) {
            int64_t stop = end - k < BLOCK ? end : k + BLOCK;
            NAME(floats) block[TOGETHER];
            for (int i = 0; i < count; i++)
                block[i] = none;
            for (; k < stop; k += LANES) {
                NAME(floats) x[TOGETHER], scale = LOAD(inverseB + k), column = none;
                NAME(sum_windows)(x, from, k, count, radius);
                if (first > 0)
                    column = LOAD(s->greatest + k);
                for (int i = 0; i < count; i++) {
                    x[i] *= scale * inverseA[i];
                    if (limited || patches - k < LANES) {
                        NAME(integers) keep = limited // x may be anything elsewhere
                            ? *(const NAME(integers) *)(s->keeps + first * stride + k)
                            : NAME(lanes_below)(patches - k); // padding never wins
                        x[i] = (NAME(floats))(((NAME(integers))x[i] & keep) |
                                              ((NAME(integers))none & ~keep));
                    }
                    STORE(rows + i * rowStride + k, x[i]);
                    block[i] = MAXIMUM(x[i], block[i]);
                    column = MAXIMUM(x[i], column);
                }
                STORE(s->greatest + k, column);
            }
            for (int i = 0; i < count; i++) {
                STORE(blocks + i * stride, block[i]);
                greatest[i] = MAXIMUM(block[i], greatest[i]);
            }
            blocks += LANES;
        }
    for (int i = 0; i < count; i++)
        best[i] = NAME(greatest_of)(greatest[i]);
}

TARGET static void NAME(scale_rows)(const scratch_view *s, int64_t patches, int64_t first,
                                    int count, const float *const *from, int64_t radius,
                                    const float *inverseB, const float *inverseA, float *best)
{
#define SCALE(count, radius, limited) \
    NAME(scale_rows_of)(s, patches, first, count, from, radius, inverseB, inverseA, limited, best)
    if (s->limited)
        SCALE(1, radius, 1);
    else if (count == 1)
        SCALE(1, radius, 0);
    else if (radius == 0)
        SCALE(TOGETHER, 0, 0);
    else if (radius == 1)
        SCALE(TOGETHER, 1, 0);
    else if (radius == 2)
        SCALE(TOGETHER, 2, 0);
    else
        SCALE(TOGETHER, radius, 0);
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
            NAME(floats) greatest = LOAD(s->greatest + k), before = LOAD(limit + k);
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

// search_row fills in the candidates of row i of a chunk: all within the margin of the best.
TARGET static int32_t NAME(search_row)(const scratch_view *s, int64_t i, candidate *list,
                                       float best, float margin)
{
    const float *row = s->rows + i * s->rowStride, *blocks = s->blocks + i * s->stride;
    int32_t count = 0;
    float limit = nextafterf(best - margin, -INFINITY);
    const NAME(floats) all = (NAME(floats)){0} + limit;
    for (int64_t r = 0; r < s->counted.count; r++) {
        int64_t end = s->counted.runs[r].end;
        for (int64_t k = s->counted.runs[r].first; k < end; k += BLOCK, blocks += LANES) {
            if (!GREATER(LOAD(blocks), all))
                continue;
            uint64_t bits = 0;
            for (int v = 0; v < BLOCK; v += LANES)
                bits |= (uint64_t)GREATER(LOAD(row + k + v), all) << v;
            if (end - k < BLOCK)
                bits &= ((uint64_t)1 << (end - k)) - 1;
            for (; bits; bits &= bits - 1) {
                int64_t q = k + __builtin_ctzll(bits);
                if (row[q] > limit)
                    limit = NAME(consider)(list, &count, limit, row[q], q);
            }
        }
    }
    return count;
}

// rows searches the products of a chunk, the listed patches of row y of the grid of a, one degree.
TARGET static void NAME(rows)(const musc_shape *shape, const image_view *a, const image_view *b,
                              scratch_view *s, int64_t d, int64_t y, const int32_t *chunk,
                              int64_t count)
{
    int64_t at = d * padded_patches(shape), radius = shape->radius[d];
    const float *from[TOGETHER + 2 * radius];
    for (int64_t i = 0, n; i < count; i += n) {
        n = !s->limited && count - i >= TOGETHER ? TOGETHER : 1; // those of all follow each other
        int64_t x = chunk[i] - y * shape->width;
        for (int64_t k = 0; k < n + 2 * radius; k++)
            from[k] = radius == 0 ? NAME(ring_row)(shape, s, y, x + k)
                                  : NAME(slot)(shape, s, d, x - radius + k);
        float best[TOGETHER];
        NAME(scale_rows)(s, patches_of(shape), i, (int)n, from, radius, b->inverse + at,
                         a->inverse + at + chunk[i], best);
        for (int64_t k = 0; k < n; k++) {
            int64_t row = at + chunk[i + k];
            s->rowCount[row] = NAME(search_row)(s, i + k, s->rowCandidates + row * CANDIDATES,
                                                best[k], s->rowMargin[row]);
            s->queue[s->queued++] = (int32_t)row;
        }
    }
    if (s->columnDistances)
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
            if (!s->limited || NAME(list_column)(shape, s, a, y, ahead))
                NAME(filter_column)(shape, s, y, ahead);
        if (s->limited)
            NAME(list_chunk)(shape, s, b, (grid_box){y, y, x, stop - 1}, chunk, count);
        for (int64_t d = 0; d < shape->degrees; d++)
            NAME(rows)(shape, a, b, s, d, y, chunk, count);
    }
}

// clamp is x, but no less than low and no more than high.
TARGET INLINE NAME(floats) NAME(clamp)(NAME(floats) x, float low, float high)
{
    x = MAXIMUM(x, (NAME(floats)){0} + low);
    return -MAXIMUM(-x, (NAME(floats)){0} - high);
}

// margins fills in how far below the best product of a patch another may be and still be the best
// in truth: SIGMAS standard deviations of the difference of two products. They are off by the noise
// of either factor times the spread of the other; of the patches that come close to p's best, which
// are not known yet, those of p itself are a guess, between what is typical and the largest. In place
// of sqrt(x^2 + y^2), the greater one plus sqrt(2) - 1 times the other: 8 % more at most. FLOOR is for
// the float32 sums of the windows.
TARGET static void NAME(margins)(const musc_shape *shape, float *margin, const image_view *one,
                                 const image_view *other)
{
    int64_t padded = padded_patches(shape);
    for (int64_t d = 0; d < shape->degrees; d++) {
        const float *typical = other->typical + 2 * d, *largest = other->largest + 2 * d;
        for (int64_t p = d * padded; p < (d + 1) * padded; p += LANES) {
            NAME(floats) noise = LOAD(one->noise + p), spread = LOAD(one->spread + p);
            NAME(floats) x = noise * NAME(clamp)(spread, typical[1], largest[1]);
            NAME(floats) y = spread * NAME(clamp)(noise, typical[0], largest[0]);
            NAME(floats) most = MAXIMUM(x, y), least = x + y - most;
            STORE(margin + p, SIGMAS * ROOT * (most + (ROOT - 1) * least) + FLOOR);
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
    memset(s->summed - around, 0, (s->stride + 2 * around) * sizeof(float));
    memset(s->zeros, 0, s->stride * sizeof(float));
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
    s.columnDistances = columnDistances;
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
