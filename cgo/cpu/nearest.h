// The distances to the nearest patches, of the candidates that a search has found. Part of level.h.

// counting returns a patch of an image that counts for patch p of another, or -1: a blank one, or any.
TARGET static int64_t NAME(counting)(const musc_shape *shape, const image_view *image, int64_t d,
                                     int64_t p, int blank)
{
    const float *inverse = image->inverse + d * padded_patches(shape);
    grid_box box = box_around(shape, p / shape->width, p % shape->width, near_of(shape));
    for (int64_t y = box.top; y <= box.bottom; y++)
        for (int64_t q = y * shape->width + box.left; q <= y * shape->width + box.right; q++)
            if (image->active[q] && !(blank && inverse[q] != 0))
                return q;
    return -1;
}

// nearest returns the distance of patch p of an image to the nearest of the listed patches of another,
// and of its blank ones if any count: at distance 1, a blank token has no direction to be found by.
TARGET INLINE float NAME(nearest)(const musc_shape *shape, const image_view *image,
                                  const image_view *other, int64_t d, int64_t p,
                                  const candidate *list, int32_t count)
{
    int64_t channels = shape->channels, at = d * patches_of(shape);
    const float *token = image->tokens + (at + p) * channels;
    const float *tokens = other->tokens + at * channels;
    int64_t blank = other->blank[d];
    float least = INFINITY;
    for (int32_t i = 0; i < count; i++) {
        float x = NAME(distance)(token, tokens + list[i].patch * channels, channels);
        least = x < least ? x : least;
    }
    if (blank >= 0 && shape->near > 0)
        blank = NAME(counting)(shape, other, d, p, 1);
    if (blank < 0 && count > 0)
        return least;
    if (blank < 0) // without a candidate no patch counts, or every product was NaN, and so is this
        blank = NAME(counting)(shape, other, d, p, 0);
    if (blank < 0)
        return INFINITY;
    float x = NAME(distance)(token, tokens + blank * channels, channels);
    return x < least || count == 0 ? x : least;
}

// fetch brings the tokens of listed patches closer, some time before nearest reads them.
static inline void NAME(fetch)(const float *tokens, int64_t channels, const candidate *list,
                               int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        for (int64_t c = 0; c < channels; c += LINE)
            __builtin_prefetch(tokens + list[i].patch * channels + c);
}

// column is the distance of patch q of b to the nearest of a.
TARGET INLINE float NAME(column)(const musc_shape *shape, const image_view *a, const image_view *b,
                                 const scratch_view *s, int64_t d, int64_t q)
{
    int64_t at = d * padded_patches(shape) + q;
    if (!b->active[q])
        return INFINITY;
    return NAME(nearest)(shape, b, a, d, q, s->candidates + at * CANDIDATES, s->count[at]);
}

// columns takes the distances of b's patches to their candidates once all rows have been searched.
TARGET static void NAME(columns)(const musc_shape *shape, const image_view *a, const image_view *b,
                                 const scratch_view *s, float *columnDistances)
{
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    int64_t channels = shape->channels;
    for (int64_t d = 0; d < shape->degrees; d++) {
        const float *tokensA = a->tokens + d * patches * channels;
        for (int64_t q = 0; q < patches; q++) {
            int64_t at = d * padded + q;
            candidate *list = s->candidates + at * CANDIDATES;
            int32_t kept = 0;
            for (int32_t i = 0; i < s->count[at]; i++)
                if (list[i].product >= s->limit[at]) // else a greater one has come since
                    list[kept++] = list[i];
            s->count[at] = kept;
            NAME(fetch)(tokensA, channels, list, kept);
            if (q >= AHEAD)
                columnDistances[d * patches + q - AHEAD] =
                    NAME(column)(shape, a, b, s, d, q - AHEAD);
        }
        for (int64_t q = patches > AHEAD ? patches - AHEAD : 0; q < patches; q++)
            columnDistances[d * patches + q] = NAME(column)(shape, a, b, s, d, q);
    }
}
