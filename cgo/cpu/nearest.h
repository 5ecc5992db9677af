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
// mate becomes the nearest of the listed ones, or -1. Of patches of the other image whose own mate
// is p, the distances [P] are known; mates null: of none.
TARGET INLINE float NAME(nearest)(const musc_shape *shape, const image_view *image,
                                  const image_view *other, int64_t d, int64_t p,
                                  const candidate *list, int32_t count, int32_t *mate,
                                  const int32_t *mates, const float *distances)
{
    int64_t channels = shape->channels, at = d * patches_of(shape);
    const float *token = image->tokens + (at + p) * channels;
    const float *tokens = other->tokens + at * channels;
    int64_t blank = other->blank[d];
    float least = INFINITY;
    *mate = -1;
    for (int32_t i = 0; i < count; i++) {
        int32_t q = list[i].patch;
        float x = mates && mates[q] == p
                      ? distances[q]
                      : NAME(distance)(token, tokens + q * channels, channels);
        if (x < least) {
            least = x;
            *mate = q;
        }
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
    if (x < least || count == 0) {
        *mate = -1;
        return x;
    }
    return least;
}

// fetch brings a token closer, some time before nearest reads it.
static inline void NAME(fetch)(const float *token, int64_t channels)
{
    for (int64_t c = 0; c < channels; c += LINE)
        __builtin_prefetch(token + c);
}

// list_fetches lists the tokens of the next n rows that wait, or of as many as there is room for.
TARGET static void NAME(list_fetches)(const musc_shape *shape, const image_view *a,
                                      const image_view *b, scratch_view *s, int64_t n)
{
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    int64_t channels = shape->channels;
    s->fetches = 0;
    for (; n > 0 && s->fetched < s->queued; n--, s->fetched++) {
        int64_t at = s->queue[s->fetched], d = at / padded;
        const float *tokens = b->tokens + d * patches * channels;
        const candidate *list = s->rowCandidates + at * CANDIDATES;
        if (s->fetches < FETCHES)
            s->fetch[s->fetches++] = a->tokens + (d * patches + at % padded) * channels;
        for (int64_t k = 0; k < s->rowCount[at] && s->fetches < FETCHES; k++)
            s->fetch[s->fetches++] = tokens + list[k].patch * channels;
    }
}

// pair_rows takes the distances of up to n of the rows that wait.
TARGET static void NAME(pair_rows)(const musc_shape *shape, const image_view *a,
                                   const image_view *b, scratch_view *s, int64_t n)
{
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    for (; n > 0 && s->taken < s->queued; n--, s->taken++) {
        int64_t at = s->queue[s->taken], d = at / padded, p = at % padded;
        s->rowDistances[d * patches + p] =
            NAME(nearest)(shape, a, b, d, p, s->rowCandidates + at * CANDIDATES, s->rowCount[at],
                          s->mate + at, 0, 0);
    }
}

// pair_rest takes the distances of all rows that wait.
TARGET static void NAME(pair_rest)(const musc_shape *shape, const image_view *a,
                                   const image_view *b, scratch_view *s)
{
    while (s->taken < s->queued) {
        if (s->taken + AHEAD > s->fetched)
            NAME(list_fetches)(shape, a, b, s, s->taken + AHEAD - s->fetched);
        for (int64_t i = 0; i < s->fetches; i++)
            NAME(fetch)(s->fetch[i], shape->channels);
        s->fetches = 0;
        NAME(pair_rows)(shape, a, b, s, 1);
    }
}

// column is the distance of patch q of b to the nearest of a. rowDistances [P] are of the degree.
TARGET INLINE float NAME(column)(const musc_shape *shape, const image_view *a, const image_view *b,
                                 const scratch_view *s, const float *rowDistances, int64_t d,
                                 int64_t q)
{
    int64_t padded = padded_patches(shape), at = d * padded + q;
    int32_t mate;
    if (!b->active[q])
        return INFINITY;
    return NAME(nearest)(shape, b, a, d, q, s->candidates + at * CANDIDATES, s->count[at], &mate,
                         s->mate + d * padded, rowDistances);
}

// columns takes the distances of b's patches to their candidates once all rows have been searched.
TARGET static void NAME(columns)(const musc_shape *shape, const image_view *a, const image_view *b,
                                 const scratch_view *s, const float *rowDistances,
                                 float *columnDistances)
{
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    int64_t channels = shape->channels;
    for (int64_t d = 0; d < shape->degrees; d++) {
        const float *tokensA = a->tokens + d * patches * channels;
        const float *tokensB = b->tokens + d * patches * channels;
        const float *rows = rowDistances + d * patches;
        for (int64_t q = 0; q < patches; q++) {
            int64_t at = d * padded + q;
            candidate *list = s->candidates + at * CANDIDATES;
            int32_t kept = 0, unknown = 0;
            for (int32_t i = 0; i < s->count[at]; i++)
                if (list[i].product >= s->limit[at]) { // else a greater one has come since
                    if (s->mate[d * padded + list[i].patch] != q) {
                        NAME(fetch)(tokensA + list[i].patch * channels, channels);
                        unknown++;
                    }
                    list[kept++] = list[i];
                }
            s->count[at] = kept;
            if (unknown > 0)
                NAME(fetch)(tokensB + q * channels, channels);
            if (q >= AHEAD)
                columnDistances[d * patches + q - AHEAD] =
                    NAME(column)(shape, a, b, s, rows, d, q - AHEAD);
        }
        for (int64_t q = patches > AHEAD ? patches - AHEAD : 0; q < patches; q++)
            columnDistances[d * patches + q] = NAME(column)(shape, a, b, s, rows, d, q);
    }
}
