// The box filters that make the products of greater degrees from those of degree 1: with X_i the
// tokens of image i and B the window sum, (B X_a)(B X_b)^t = B (X_a X_b^t) B^t, a filter along both
// grid axes of a (rows of products) and both of b (columns). Part of level.h.

// add_rows writes the sum of count rows to dst, of the listed columns. dst may be one of the rows.
TARGET INLINE void NAME(add_rows_of)(float *dst, const float *const *rows, int64_t count,
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

TARGET static void NAME(add_rows)(float *dst, const float *const *rows, int64_t count,
                                  const run_list *list)
{
    if (count == 3) // a constant, so that the inner loop unrolls
        NAME(add_rows_of)(dst, rows, 3, list);
    else
        NAME(add_rows_of)(dst, rows, count, list);
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

// add_down writes to dst[k] the sum of src at k and at the patches up to radius rows of the grid above
// and below; there are zeros around the grid.
TARGET INLINE void NAME(add_down_of)(float *restrict dst, const float *src, int64_t width,
                                     const run_list *list, int64_t radius)
{
    for (int64_t r = 0; r < list->count; r++) {
        const column_run run = list->runs[r];
        for (int64_t k = run.first; k < run.end; k += LANES) {
            NAME(floats) sum = LOAD(src + k);
            for (int64_t d = 1; d <= radius; d++)
                sum += LOAD(src + k - d * width) + LOAD(src + k + d * width);
            STORE(dst + k, sum);
        }
    }
}

TARGET static void NAME(add_down)(float *restrict dst, const float *src, int64_t width,
                                  const run_list *list, int64_t radius)
{
    switch (radius) {
    case 1: NAME(add_down_of)(dst, src, width, list, 1); break;
    case 2: NAME(add_down_of)(dst, src, width, list, 2); break;
    default: NAME(add_down_of)(dst, src, width, list, radius);
    }
}

// ring_row is where the products of patch (y, x) of a are: zeros beyond the grid.
static inline const float *NAME(ring_row)(const musc_shape *shape, const scratch_view *s,
                                          int64_t y, int64_t x)
{
    if (y < 0 || y >= shape->height || x < 0 || x >= shape->width)
        return s->zeros;
    return s->ring + (y * shape->width + x) % s->ringRows * s->stride;
}

// slot is where the sums of one degree for column x of the grid of a are: zeros beyond the grid.
static inline float *NAME(slot)(const musc_shape *shape, const scratch_view *s, int64_t d,
                                int64_t x)
{
    int64_t slots = 2 * s->reach + CHUNK;
    if (x < 0 || x >= shape->width)
        return s->zeros;
    return s->filtered + (d * slots + x % slots) * s->stride;
}

// filter_column fills in, for column x of the grid of a and every degree, the sums of the products of
// rows y - radius to y + radius of the grid, over the windows of b: all but the sum over the columns
// of the grid of a. A greater window begins with the rows of the one before it.
TARGET static void NAME(filter_column)(const musc_shape *shape, const scratch_view *s, int64_t y,
                                       int64_t x)
{
    const float *rows[2 * s->reach + 1];
    int64_t done = 0;
    rows[0] = NAME(ring_row)(shape, s, y, x);
    for (int64_t d = 0; d < shape->degrees; d++) {
        int64_t radius = shape->radius[d], count = 1;
        if (radius == 0)
            continue;
        for (int64_t r = done + 1; r <= radius; r++) {
            rows[count++] = NAME(ring_row)(shape, s, y - r, x);
            rows[count++] = NAME(ring_row)(shape, s, y + r, x);
        }
        NAME(add_rows)(s->summed, rows, count, &s->wide);
        NAME(add_along)(s->across, s->summed, s, radius);
        NAME(add_down)(NAME(slot)(shape, s, d, x), s->across, shape->width, &s->windows, radius);
        rows[0] = s->summed;
        done = radius;
    }
}
