// The search by hand: the distance of every pair of patches that counts, for images of which few
// pairs do. Part of level.h.

// least is the lesser of two distances; a NaN never wins, but over nothing at all.
static inline float NAME(least)(float x, float y)
{
    return x < y || y != y || (y == INFINITY && x != x) ? x : y;
}

// direct is musc_distances without a product. Where no pair counts, distances stay infinite.
TARGET static void NAME(direct)(const musc_shape *shape, const image_view *a, const image_view *b,
                                float *rowDistances, float *columnDistances)
{
    int64_t patches = patches_of(shape), channels = shape->channels, width = shape->width;
    for (int64_t i = 0; i < shape->degrees * patches; i++) {
        rowDistances[i] = INFINITY;
        if (columnDistances)
            columnDistances[i] = INFINITY;
    }
    for (int64_t d = 0; d < shape->degrees; d++)
        for (int64_t p = 0; p < patches; p++) {
            int64_t at = d * patches;
            grid_box box = box_around(shape, p / width, p % width, near_of(shape));
            if (!a->active[p])
                continue;
            for (int64_t y = box.top; y <= box.bottom; y++)
                for (int64_t q = y * width + box.left; q <= y * width + box.right; q++) {
                    if (!b->active[q])
                        continue;
                    float x = NAME(distance)(a->tokens + (at + p) * channels,
                                             b->tokens + (at + q) * channels, channels);
                    rowDistances[at + p] = NAME(least)(x, rowDistances[at + p]);
                    if (columnDistances)
                        columnDistances[at + q] = NAME(least)(x, columnDistances[at + q]);
                }
        }
}
