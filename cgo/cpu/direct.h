// The search by hand: the distance of every pair of patches that counts, for images of which few
// pairs do. Part of level.h.

// least is the lesser of two distances; a NaN never wins, but over nothing at all.
static inline float NAME(least)(float x, float y)
{
    return x < y || y != y || (y == INFINITY && x != x) ? x : y;
}

// direct_row compares patch p of a with the patches of b from first to last, of one row of the grid,
// in one degree. nearest holds the least distances so far, of a and of b, [R,P] each.
TARGET static void NAME(direct_row)(const musc_shape *shape, const image_view *a,
                                    const image_view *b, float *nearestA, float *nearestB,
                                    int64_t d, int64_t p, int64_t first, int64_t last)
{
    int64_t channels = shape->channels, at = d * patches_of(shape);
    const float *token = a->tokens + (at + p) * channels;
    for (int64_t q = first; q <= last;) {
        float distances[MANY];
        int64_t count = 1;
        if (!b->active[q]) {
            q++;
            continue;
        }
        if (last - q >= MANY - 1) {
            NAME(distances_to_many)(distances, token, b->tokens + (at + q) * channels, channels);
            count = MANY;
        } else {
            *distances = NAME(distance)(token, b->tokens + (at + q) * channels, channels);
        }
        for (int64_t i = 0; i < count; i++, q++)
            if (b->active[q]) {
                nearestA[at + p] = NAME(least)(distances[i], nearestA[at + p]);
                if (nearestB)
                    nearestB[at + q] = NAME(least)(distances[i], nearestB[at + q]);
            }
    }
}

// few_pairs tells whether it takes less time to compare all pairs that count than to search: about so
// many multiplications of vectors, those in registers counting as one and those from memory as three.
// The answer is the same for (a,b) and (b,a).
TARGET static int NAME(few_pairs)(const musc_shape *shape, const image_view *a,
                                  const image_view *b, const scratch_view *s)
{
    int64_t height = shape->height, width = shape->width;
    int64_t y = s->near < height ? s->near : height - 1, x = s->near < width ? s->near : width - 1;
    int64_t least = *a->actives < *b->actives ? *a->actives : *b->actives;
    int64_t most = *a->actives + *b->actives - least;
    // Of all patches those near them, fewer at the edges of the grid; then of the active ones.
    int64_t pairs = (height * (2 * y + 1) - y * (y + 1)) * (width * (2 * x + 1) - x * (x + 1)) *
                    least / patches_of(shape);
    if (pairs > least * most)
        pairs = least * most;
    // The columns whose products with a patch are needed, in whole chunks and vectors.
    int64_t rows = 2 * s->near + 4 * s->reach + 1, columns = rows - 1 + CHUNK + LANES / 2;
    columns = (rows < height ? rows : height) * (columns < width ? columns : width);
    if (columns > most)
        columns = most;
    int64_t distance = 3 * (shape->channels / LANES + 8);
    int64_t words = words_of(shape, &NAME(sizes)), perDegree = 3 * distance + 60 * columns / LANES;
    return pairs * shape->degrees * distance <
           least * (columns * words / LANES + shape->degrees * perDegree);
}

// direct is musc_distances without a product. Where no pair counts, distances stay infinite. Pairs of
// rows of the grids are taken one after the other, so that tokens are found in the L1 cache.
TARGET static void NAME(direct)(const musc_shape *shape, const image_view *a, const image_view *b,
                                float *rowDistances, float *columnDistances)
{
    int64_t patches = patches_of(shape), width = shape->width;
    for (int64_t i = 0; i < shape->degrees * patches; i++) {
        rowDistances[i] = INFINITY;
        if (columnDistances)
            columnDistances[i] = INFINITY;
    }
    for (int64_t d = 0; d < shape->degrees; d++)
        for (int64_t row = 0; row < shape->height; row++) {
            grid_box rows = box_around(shape, row, 0, near_of(shape));
            for (int64_t y = rows.top; y <= rows.bottom; y++)
                for (int64_t x = 0; x < width; x++) {
                    grid_box box = box_around(shape, y, x, near_of(shape));
                    if (a->active[row * width + x])
                        NAME(direct_row)(shape, a, b, rowDistances, columnDistances, d,
                                         row * width + x, y * width + box.left,
                                         y * width + box.right);
                }
        }
}
