// Which products, columns and patches a limited search needs: where patches take no part, or pairs
// count only within `near` rows and columns of the grid. Part of level.h.
//
// With the greatest radius r, patch (y, x) of a counts for columns within near of it. The window sums
// of those are over columns within near + r, of rows within r of (y, x); so the product of two patches
// is needed within near + 2 r only.

// limit sets up what of a search is left out.
TARGET static void NAME(limit)(const musc_shape *shape, const image_view *a, const image_view *b,
                               scratch_view *s)
{
    int64_t patches = patches_of(shape), x = 0, y = 0;
    int64_t whole = (shape->height > shape->width ? shape->height : shape->width) - 1;
    s->near = near_of(shape);
    s->limited = s->near < whole || *a->actives < patches || *b->actives < patches;
    s->counted.count = s->windows.count = s->tall.count = s->wide.count = 1;
    s->counted.runs[0] = (column_run){0, (int32_t)round_up(patches, LANES)};
    s->windows.runs[0] = s->counted.runs[0];
    s->tall.runs[0] = s->wide.runs[0] = (column_run){0, (int32_t)s->stride};
    if (!s->limited)
        return;
    memset(s->anyActive, 0, s->stride / LANES * sizeof *s->anyActive);
    memset(s->anyReached, 0, s->stride / LANES * sizeof *s->anyReached);
    for (int64_t q = 0; q < s->stride; q++) {
        s->gridRow[q] = (int32_t)y;
        s->gridColumn[q] = (int32_t)x;
        if (++x == shape->width)
            x = 0, y++;
        s->anyActive[q / LANES] |= b->active[q];
        s->anyReached[q / LANES] |= b->reached[q];
    }
}

// list_runs lists the vectors of columns in a box of the grid that hold a patch of a kind.
TARGET static void NAME(list_runs)(const musc_shape *shape, run_list *list, grid_box box,
                                   const int32_t *holds)
{
    int64_t width = shape->width, next = 0, n = 0;
    for (int64_t y = box.top; y <= box.bottom; y++) {
        int64_t v = (y * width + box.left) / LANES;
        if (box.left == 0 && box.right == width - 1)
            y = box.bottom; // rows of the grid that follow each other
        int64_t last = (y * width + box.right) / LANES;
        for (v = v < next ? next : v; v <= last; v++) {
            if (!holds[v])
                continue;
            if (n == 0 || list->runs[n - 1].end != v * LANES)
                list->runs[n++].first = (int32_t)(v * LANES);
            list->runs[n - 1].end = (int32_t)((v + 1) * LANES);
        }
        next = last + 1;
    }
    list->count = n;
}

// widen is the box of patches at most `rows` rows above or below those of a box of one row, and at
// most `columns` columns beside them.
TARGET static grid_box NAME(widen)(const musc_shape *shape, grid_box box, int64_t rows,
                                   int64_t columns)
{
    grid_box first = box_around(shape, box.top, box.left, columns);
    grid_box last = box_around(shape, box.bottom, box.right, columns);
    return (grid_box){box_around(shape, box.top, 0, rows).top,
                      box_around(shape, box.bottom, 0, rows).bottom, first.left, last.right};
}

// chunks_of widens a box of the grid of a to the chunks that need the sums in its columns.
TARGET static grid_box NAME(chunks_of)(const musc_shape *shape, const scratch_view *s, grid_box box)
{
    box = NAME(widen)(shape, box, 0, s->reach);
    box.left -= box.left % CHUNK;
    box.right += CHUNK - 1 - box.right % CHUNK;
    if (box.right >= shape->width)
        box.right = shape->width - 1;
    return box;
}

// list_chunk lists the columns that a chunk of patches needs, and which of them count for each.
TARGET static void NAME(list_chunk)(const musc_shape *shape, scratch_view *s, const image_view *b,
                                    grid_box chunk, const int32_t *patches, int64_t count)
{
    int64_t near = s->near;
    NAME(list_runs)(shape, &s->counted, NAME(widen)(shape, chunk, near, near), s->anyActive);
    for (int64_t i = 0; i < count; i++) {
        int32_t y = s->gridRow[patches[i]], x = s->gridColumn[patches[i]], n = (int32_t)near;
        for (int64_t r = 0; r < s->counted.count; r++)
            for (int64_t k = s->counted.runs[r].first; k < s->counted.runs[r].end; k += LANES) {
                NAME(integers) rows = *(const NAME(integers) *)(s->gridRow + k) - y;
                NAME(integers) columns = *(const NAME(integers) *)(s->gridColumn + k) - x;
                *(NAME(integers) *)(s->keeps + i * s->stride + k) =
                    *(const NAME(integers) *)(b->active + k) & (rows <= n) & (rows >= -n) &
                    (columns <= n) & (columns >= -n);
            }
    }
}

// list_column lists the columns that column x of the grid of a, in row y, is needed of. It returns 0 if
// it is not needed at all.
TARGET static int NAME(list_column)(const musc_shape *shape, scratch_view *s, const image_view *a,
                                    int64_t y, int64_t x)
{
    grid_box window = box_around(shape, y, x, s->reach);
    int32_t active = 0;
    for (int64_t k = window.left; k <= window.right; k++)
        active |= a->active[y * shape->width + k];
    if (!active)
        return 0;
    grid_box box = NAME(chunks_of)(shape, s, (grid_box){y, y, x, x});
    int64_t near = s->near, around = s->near + s->reach;
    NAME(list_runs)(shape, &s->windows, NAME(widen)(shape, box, near, near), s->anyActive);
    NAME(list_runs)(shape, &s->tall, NAME(widen)(shape, box, around, near), s->anyReached);
    NAME(list_runs)(shape, &s->wide, NAME(widen)(shape, box, around, around), s->anyReached);
    return 1;
}

// needed_of is the box of patches of b whose products with patches first to last of a are needed.
TARGET static grid_box NAME(needed_of)(const musc_shape *shape, const scratch_view *s,
                                       int64_t first, int64_t last)
{
    int64_t around = s->near + s->reach;
    grid_box box = {s->gridRow[first], s->gridRow[last], s->gridColumn[first], s->gridColumn[last]};
    if (box.top < box.bottom)
        box.left = 0, box.right = shape->width - 1;
    return NAME(widen)(shape, NAME(chunks_of)(shape, s, box), around + s->reach, around);
}

// needed returns, as bits, the vectors of a panel that hold patches of b in a box and are reached.
TARGET static uint32_t NAME(needed)(const musc_shape *shape, const scratch_view *s, grid_box box,
                                    int64_t panel)
{
    int64_t width = shape->width, end = panel + PANEL;
    uint32_t bits = 0;
    if (end <= box.top * width || panel >= (box.bottom + 1) * width)
        return 0;
    int64_t y = panel / width;
    for (y = y > box.top ? y : box.top; y <= box.bottom && y * width < end; y++) {
        int64_t from = y * width + box.left;
        if (box.left == 0 && box.right == width - 1)
            y = box.bottom; // rows of the grid that follow each other
        int64_t to = y * width + box.right + 1;
        from = from < panel ? panel : from;
        to = to > end ? end : to;
        if (from < to)
            bits |= (2u << (to - 1 - panel) / LANES) - (1u << (from - panel) / LANES);
    }
    for (int64_t v = 0; v < PANEL / LANES; v++)
        if (!s->anyReached[panel / LANES + v])
            bits &= ~(1u << v);
    return bits;
}

// clear_row makes zeros of the products of a patch of a that is not active, as far as they are needed.
TARGET static void NAME(clear_row)(const musc_shape *shape, const scratch_view *s, int64_t p)
{
    grid_box box = NAME(needed_of)(shape, s, p, p);
    int64_t first = box.top * shape->width / LANES * LANES;
    int64_t end = round_up((box.bottom + 1) * shape->width, LANES);
    memset(s->ring + p % s->ringRows * s->stride + first, 0, (end - first) * sizeof *s->ring);
}
