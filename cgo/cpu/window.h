// The box filters that make the products of greater degrees from those of degree 1: with X_i the
// tokens of image i and B the window sum, (B X_a)(B X_b)^t = B (X_a X_b^t) B^t, a filter along both
// grid axes of a (rows of products) and both of b (columns). Part of level.h.

// add_rows writes the sum of count rows to dst, of the listed columns.
TARGET INLINE void NAME(add_rows_of)(float *restrict dst, const float *const *rows, int64_t count,
                                     const run_list *list)
{
    for (int64_t r = 0; r < list->count; r++) {
        const column_run run = list->runs[r];
        for (int64_t k = run.first; k < run.end; k += LANES) {
            NAME(floats) sum = LOAD(rows[0] + k);
            for (int64_t i = 1; i < count; i++)
                sum += LOAD(rows[i] + k);
            STORE(dst + k, sum);
        }
    }
}

TARGET static void NAME(add_rows)(float *restrict dst, const float *const *rows, int64_t count,
                                  const run_list *list)
{
    switch (count) { // constants, so that the inner loop unrolls
    case 2: NAME(add_rows_of)(dst, rows, 2, list); break;
    case 3: NAME(add_rows_of)(dst, rows, 3, list); break;
    case 4: NAME(add_rows_of)(dst, rows, 4, list); break;
    case 5: NAME(add_rows_of)(dst, rows, 5, list); break;
    default: NAME(add_rows_of)(dst, rows, count, list);
    }
}

// inside is y where the column's neighbour is on the grid, else 0. What lies beyond may be anything
// in a limited search, and a number in others: there a product is faster.
TARGET INLINE NAME(floats) NAME(inside)(const float *inside, NAME(floats) y, int limited)
{
    if (limited)
        return (NAME(floats))(*(const NAME(integers) *)inside & (NAME(integers))y);
    return LOAD(inside) * y;
}

// add_along writes to dst[k] the sum of src[k-radius..k+radius], of those on the same grid row.
TARGET INLINE void NAME(add_along_of)(float *restrict dst, const float *src,
                                      const scratch_view *s, int64_t radius, int limited)
{
    const float *inside = s->inside;
    int64_t stride = s->stride;
    for (int64_t r = 0; r < s->tall.count; r++) {
        const column_run run = s->tall.runs[r];
        for (int64_t k = run.first; k < run.end; k += LANES) {
            NAME(floats) sum = LOAD(src + k);
            for (int64_t d = 1; d <= radius; d++) {
                const float *left = inside + (2 * d - 2) * stride + k;
                sum += NAME(inside)(left, LOAD(src + k - d), limited);
                sum += NAME(inside)(left + stride, LOAD(src + k + d), limited);
            }
            STORE(dst + k, sum);
        }
    }
}

TARGET static void NAME(add_along)(float *restrict dst, const float *src, const scratch_view *s,
                                   int64_t radius)
{
    if (s->limited) {
        NAME(add_along_of)(dst, src, s, radius, 1);
        return;
    }
    switch (radius) {
    case 1: NAME(add_along_of)(dst, src, s, 1, 0); break;
    case 2: NAME(add_along_of)(dst, src, s, 2, 0); break;
    default: NAME(add_along_of)(dst, src, s, radius, 0);
    }
}

// sum_column fills in, for column x of the grid of a and every degree, the sums of the products of
// rows y - radius to y + radius of the grid, of the columns beside. A greater window begins with the
// one before it.
TARGET static void NAME(sum_column)(const musc_shape *shape, const scratch_view *s, int64_t y,
                                    int64_t x)
{
    int64_t slots = 2 * s->reach + CHUNK, done = 0;
    const float *rows[2 * s->reach + 2];
    const float *before = s->ring + (y * shape->width + x) % s->ringRows * s->stride;
    for (int64_t d = 0; d < shape->degrees; d++) {
        int64_t radius = shape->radius[d], count = 0;
        if (radius == 0)
            continue;
        float *to = s->vertical + (d * slots + x % slots) * s->stride;
        rows[count++] = before;
        for (int64_t r = done + 1; r <= radius; r++) {
            if (y - r >= 0)
                rows[count++] = s->ring + ((y - r) * shape->width + x) % s->ringRows * s->stride;
            if (y + r < shape->height)
                rows[count++] = s->ring + ((y + r) * shape->width + x) % s->ringRows * s->stride;
        }
        NAME(add_rows)(to, rows, count, &s->beside);
        before = to;
        done = radius;
    }
}

// sum_window returns the products of patch (y, x) of a, the columns of tall, summed over its window and
// along the grid rows of b. What is left is the sum over the rows of the grid of b.
TARGET static const float *NAME(sum_window)(const musc_shape *shape, const scratch_view *s,
                                            int64_t d, int64_t y, int64_t x)
{
    int64_t slots = 2 * s->reach + CHUNK, radius = shape->radius[d], count = 0;
    if (radius == 0)
        return s->ring + (y * shape->width + x) % s->ringRows * s->stride;
    const float *rows[2 * radius + 1];
    for (int64_t r = -radius; r <= radius; r++)
        if (x + r >= 0 && x + r < shape->width)
            rows[count++] = s->vertical + (d * slots + (x + r) % slots) * s->stride;
    NAME(add_rows)(s->horizontal, rows, count, &s->wide);
    NAME(add_along)(s->across, s->horizontal, s, radius);
    return s->across;
}
