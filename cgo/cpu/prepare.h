// Centring, mixing, rounding and packing of one image, and how far rounding can mislead. Part of
// level.h.

// mix rotates a token x [C]: inner products of tokens stay what they are, but a channel that dwarfs
// the others is spread over many, so that rounding to few digits leaves something of the others.
// Channels change their signs by a fixed pattern; those 16 apart, in runs that are as long as powers
// of two allow, then go through a Hadamard transform.
TARGET static inline void NAME(mix)(float *x, int64_t channels)
{
    enum { RUN_OF = 16 };
    int64_t runs = channels / RUN_OF;
    for (int64_t c = 0; c < runs * RUN_OF; c++)
        if ((uint32_t)c * 2654435761u >> 31)
            x[c] = -x[c];
    while (runs > 0) {
        int64_t length = (int64_t)1 << (63 - __builtin_clzll(runs));
        for (int64_t step = RUN_OF; step < length * RUN_OF; step *= 2)
            for (int64_t first = 0; first < length * RUN_OF; first += 2 * step)
                for (int64_t k = first; k < first + step; k++) {
                    float y = x[k], z = x[k + step];
                    x[k] = y + z;
                    x[k + step] = y - z;
                }
        float scale = 1 / sqrtf((float)length);
        for (int64_t k = 0; k < length * RUN_OF; k++)
            x[k] *= scale;
        x += length * RUN_OF;
        runs -= length;
    }
}

// round_token rounds a centred token x [C] to the level's words, PANEL words apart, and returns the
// step and the shift. x becomes what rounding took away; bytes [C + 3] is scratch.
TARGET static void NAME(round_token)(uint32_t *words, float *x, int64_t channels, float *step,
                                     int32_t *shift, int8_t *bytes)
{
    *step = 1;
    *shift = 0;
#if KIND == INT8
    int32_t greatestBits = 0; // of floats without a sign, which are in the order of their bits
    for (int64_t c = 0; c < channels; c++) {
        int32_t bits;
        memcpy(&bits, x + c, sizeof bits);
        bits &= 0x7fffffff;
        greatestBits = bits > greatestBits ? bits : greatestBits;
    }
    float greatest;
    memcpy(&greatest, &greatestBits, sizeof greatest);
    if (!(greatest <= FLT_MAX)) { // NaN or infinite, and so will be its distances
        memset(x, 0, channels * sizeof *x);
        greatest = 0;
    }
#if GROUP
    *step = NAME(round_groups)(words, x, channels, bytes);
#else
    *step = greatest / 127;
    float perStep = greatest > 0 ? 127 / greatest : 0;
    int32_t sum = 0;
    for (int64_t c = 0; c < channels; c++) {
        float whole = (x[c] * perStep + WHOLE) - WHOLE;
        int32_t byte = (int32_t)whole;
        x[c] -= whole * *step;
        sum += byte;
        bytes[c] = (int8_t)byte;
    }
    *shift = 128 * sum;
    memset(bytes + channels, 0, 3);
    for (int64_t c = 0; c < channels; c += 4) {
        uint32_t word;
        memcpy(&word, bytes + c, sizeof word);
        words[c / 4 * PANEL] = word ^ 0x80808080u;
    }
#endif
#elif KIND == BFLOAT16
    (void)bytes;
    for (int64_t c = 0; c < channels; c += 2) {
        uint32_t word = 0;
        for (int64_t k = c; k < c + 2 && k < channels; k++) {
            uint32_t bits, kept;
            float rounded;
            memcpy(&bits, x + k, sizeof bits);
            kept = bits + 0x7fff + (bits >> 16 & 1); // to nearest, ties to even
            word |= kept >> 16 << 16 * (k - c);
            kept &= 0xffff0000u;
            memcpy(&rounded, &kept, sizeof rounded);
            x[k] -= rounded;
        }
        words[c / 2 * PANEL] = word;
    }
#else
    (void)bytes;
    for (int64_t c = 0; c < channels; c++) {
        memcpy(words + c * PANEL, x + c, sizeof *words);
        x[c] = 0;
    }
#endif
}

// over_window is the sum of a per-patch scalar over the active patches in the window of patch (y, x),
// and how many these are.
TARGET static double NAME(over_window)(const musc_shape *shape, const float *scalar,
                                       const int32_t *active, int64_t y, int64_t x,
                                       int64_t radius, int64_t *count)
{
    double sum = 0;
    *count = 0;
    for (int64_t i = y - radius; i <= y + radius; i++)
        for (int64_t j = x - radius; j <= x + radius; j++)
            if (i >= 0 && i < shape->height && j >= 0 && j < shape->width) {
                sum += scalar[i * shape->width + j]; // 0 where not active
                *count -= active[i * shape->width + j];
            }
    return sum;
}

// bound_errors fills in noise and spread: a product of unit vectors of degree d is off by about
// noise[p] * spread[q] for what rounding did to p, and the other way around. The direction of a
// rounding error is independent of the other factor, so that the errors of C channels add up as
// their squares; errors that are relative to their channel weigh more by its concentration. inner
// is x . m of each patch, errors [P,C] are the rounding errors, m2 is m . m.
TARGET static void NAME(bound_errors)(const musc_shape *shape, image_view *v, const float *inner,
                                      const float *errors, float *sums, double concentration,
                                      double m2)
{
    int64_t padded = padded_patches(shape), channels = shape->channels;
    float *error = sums + shape->width * channels;
    for (int64_t d = 0; d < shape->degrees; d++) {
        float *noise = v->noise + d * padded, *spread = v->spread + d * padded;
        double noises = 0, spreads = 0;
        int64_t summed = -1;
        for (int64_t p = 0; p < patches_of(shape); p++) {
            int64_t y = p / shape->width, x = p % shape->width, count;
            if (!v->active[p])
                continue;
            double scale = v->inverse[d * padded + p];
            double along = NAME(over_window)(shape, inner, v->active, y, x, shape->radius[d],
                                             &count);
            // |y - n m|^2 of the window sum y of n patches, in units of |y|^2
            double square = 1 + scale * scale * count * (count * m2 - 2 * along);
            spread[p] = scale > 0 && square > 0 ? (float)sqrt(square) : 0;
            if (KIND == FLOAT32) {
                noise[p] = ROUNDING * sqrtf((float)channels) * spread[p];
            } else {
                if (summed != y)
                    NAME(add_columns)(shape, sums, errors, shape->radius[d], summed = y);
                NAME(add_window)(shape, error, sums, shape->radius[d], x);
                square = NAME(inner)(error, error, channels) * concentration / channels;
                noise[p] = (float)(scale * sqrt(square));
            }
            noises += noise[p] * noise[p];
            spreads += spread[p] * spread[p];
            v->largest[2 * d] = fmaxf(v->largest[2 * d], noise[p]);
            v->largest[2 * d + 1] = fmaxf(v->largest[2 * d + 1], spread[p]);
        }
        int64_t actives = *v->actives ? *v->actives : 1;
        v->typical[2 * d] = (float)sqrt(noises / actives);
        v->typical[2 * d + 1] = (float)sqrt(spreads / actives);
    }
}

// concentration is C * sum x^4 / (sum x^2)^2 of a token x [C]: 1 if all channels are as large, C if
// there is but one.
TARGET static inline double NAME(concentration)(const float *x, int64_t channels)
{
    double squares = 0, fourths = 0;
    for (int64_t c = 0; c < channels; c++) {
        double square = (double)x[c] * x[c];
        squares += square;
        fourths += square * square;
    }
    return squares > 0 ? channels * fourths / (squares * squares) : 1;
}

// prepare is musc_prepare for this level.
TARGET static void NAME(prepare)(const musc_shape *shape, float *image, const float *tokens,
                                 const uint8_t *active, const float *centre, float *scratch)
{
    image_view v;
    scratch_view s;
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    int64_t channels = shape->channels, words = words_of(shape, &NAME(sizes));
    int64_t floats = view_image(&v, shape, &NAME(sizes), image);
    float *packed = v.tokens + shape->degrees * patches * channels;
    // All but the aggregated tokens begins as zeros: patches beyond P have no product.
    memset(packed, 0, (image + floats - packed) * sizeof *packed);
    view_scratch(&s, shape, &NAME(sizes), scratch);
    NAME(mark)(shape, &v, active);
    NAME(normalise)(shape, s.plain, tokens, &v);
    if (patches == 1) { // nothing to search: v.inverse has no room, and is not needed
        float inverse;
        NAME(aggregate)(shape, v.tokens, &inverse, v.blank, v.active, s.plain, s.sums, 0);
        NAME(centre_patch)(shape, &v, centre);
        return;
    }
    for (int64_t d = 0; d < shape->degrees; d++)
        NAME(aggregate)(shape, v.tokens + d * patches * channels, v.inverse + d * padded,
                        v.blank + d, v.active, s.plain, s.sums, shape->radius[d]);

    float *inner = s.inner;
    double m2 = NAME(inner)(centre, centre, channels), concentration = 1;
    for (int64_t p = 0; p < patches; p++) {
        float *x = s.plain + p * channels; // becomes the token's rounding error
        inner[p] = 0;
        if (!v.active[p])
            continue;
        inner[p] = (float)NAME(inner)(x, centre, channels);
        v.offset[p] = (float)(inner[p] - m2 / 2);
        for (int64_t c = 0; c < channels; c++)
            x[c] -= centre[c];
#if KIND != FLOAT32
        NAME(mix)(x, channels);
#endif
        if (KIND == BFLOAT16)
            concentration = fmax(concentration, NAME(concentration)(x, channels));
        NAME(round_token)(v.words + p / PANEL * PANEL * words + p % PANEL, x, channels,
                          v.step + p, v.shift + p, (int8_t *)s.sums);
    }
    NAME(bound_errors)(shape, &v, inner, s.plain, s.sums, concentration, m2);
}
