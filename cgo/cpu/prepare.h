// LNAMD and packing of one image (SPEC section 3 for the equations). Part of level.h.

// moments returns the mean of all n values and 1 / sqrt(variance + EPSILON), in float64.
TARGET static double NAME(moments)(const float *x, int64_t n, double *scale)
{
    enum { PARTS = 16 };
    double sum[PARTS] = {0}, squares[PARTS] = {0}, total = 0;
    int64_t whole = n / PARTS * PARTS;
    for (int64_t i = 0; i < whole; i += PARTS)
        for (int k = 0; k < PARTS; k++)
            sum[k] += x[i + k];
    for (int64_t i = whole; i < n; i++)
        sum[0] += x[i];
    for (int k = 0; k < PARTS; k++)
        total += sum[k];
    double mean = total / n;
    for (int64_t i = 0; i < whole; i += PARTS)
        for (int k = 0; k < PARTS; k++)
            squares[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (int64_t i = whole; i < n; i++)
        squares[0] += (x[i] - mean) * (x[i] - mean);
    total = 0;
    for (int k = 0; k < PARTS; k++)
        total += squares[k];
    *scale = 1 / sqrt(total / n + EPSILON);
    return mean;
}

TARGET static void NAME(standardise)(float *restrict dst, const float *restrict x, int64_t n,
                                     double mean, double scale)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] = (float)((x[i] - mean) * scale);
}

// normalise writes (x - mean) / sqrt(variance + EPSILON) of the active tokens [P,C] to plain, and
// zeros for the others, which are not read.
TARGET static void NAME(normalise)(const musc_shape *shape, float *plain, const float *tokens,
                                   const image_view *v)
{
    int64_t patches = patches_of(shape), channels = shape->channels, count = 0;
    double mean = 0, scale = 0;
    if (*v->actives == patches) {
        mean = NAME(moments)(tokens, patches * channels, &scale);
        NAME(standardise)(plain, tokens, patches * channels, mean, scale);
        return;
    }
    for (int64_t p = 0; p < patches; p++)
        if (v->active[p])
            memcpy(plain + count++ * channels, tokens + p * channels, channels * sizeof *plain);
    if (count > 0)
        mean = NAME(moments)(plain, count * channels, &scale);
    for (int64_t p = 0; p < patches; p++)
        if (v->active[p])
            NAME(standardise)(plain + p * channels, tokens + p * channels, channels, mean, scale);
        else
            memset(plain + p * channels, 0, channels * sizeof *plain);
}

// inner is x . y [n], the products and their sum in float64.
TARGET static double NAME(inner)(const float *x, const float *y, int64_t n)
{
    enum { PARTS = 16 };
    double sum[PARTS] = {0}, total = 0;
    int64_t whole = n / PARTS * PARTS;
    for (int64_t i = 0; i < whole; i += PARTS)
        for (int k = 0; k < PARTS; k++)
            sum[k] += (double)x[i + k] * y[i + k];
    for (int64_t i = whole; i < n; i++)
        total += (double)x[i] * y[i];
    for (int k = 0; k < PARTS; k++)
        total += sum[k];
    return total;
}

// add_tokens writes to dst [n] the sum of count runs of n floats that begin stride floats apart.
TARGET static void NAME(add_tokens)(float *restrict dst, const float *src, int64_t stride,
                                    int64_t count, int64_t n)
{
    memcpy(dst, src, n * sizeof *dst);
    for (int64_t i = 1; i < count; i++)
        for (int64_t k = 0; k < n; k++)
            dst[k] += src[i * stride + k];
}

// add_columns writes to sums [width,C] the sums of plain tokens along the columns of the grid, over
// rows y - radius to y + radius.
TARGET static void NAME(add_columns)(const musc_shape *shape, float *sums, const float *plain,
                                     int64_t radius, int64_t y)
{
    int64_t line = shape->width * shape->channels, top = y > radius ? y - radius : 0;
    int64_t bottom = y + radius < shape->height ? y + radius : shape->height - 1;
    NAME(add_tokens)(sums, plain + top * line, line, bottom - top + 1, line);
}

// add_window writes to token [C] the sum over the window around column x of what add_columns made.
TARGET static void NAME(add_window)(const musc_shape *shape, float *token, const float *sums,
                                    int64_t radius, int64_t x)
{
    int64_t channels = shape->channels, left = x > radius ? x - radius : 0;
    int64_t right = x + radius < shape->width ? x + radius : shape->width - 1;
    NAME(add_tokens)(token, sums + left * channels, channels, right - left + 1, channels);
}

// aggregate writes the L2-normalised window sums of one degree to tokens [P,C] and what they were
// multiplied with to inverse, zeros where a patch is not active; blank is an active patch whose
// token is zero, or -1. The divisor of the mean cancels.
TARGET static void NAME(aggregate)(const musc_shape *shape, float *tokens, float *inverse,
                                   int32_t *blank, const int32_t *active, const float *plain,
                                   float *sums, int64_t radius)
{
    int64_t channels = shape->channels, summed = -1; // the row of the grid that sums is of
    *blank = -1;
    for (int64_t p = 0; p < patches_of(shape); p++) {
        float *token = tokens + p * channels;
        if (!active[p]) {
            memset(token, 0, channels * sizeof *token);
            inverse[p] = 0;
            continue;
        }
        if (summed != p / shape->width)
            NAME(add_columns)(shape, sums, plain, radius, summed = p / shape->width);
        NAME(add_window)(shape, token, sums, radius, p % shape->width);
        double norm = sqrt(NAME(inner)(token, token, channels));
        float scale = norm == 0 ? 0 : (float)(1 / norm);
        if (norm == 0)
            *blank = (int32_t)p;
        for (int64_t c = 0; c < channels; c++)
            token[c] *= scale;
        inverse[p] = scale;
    }
}

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

// mark fills in which patches are active and which a window around one of them reaches.
static void NAME(mark)(const musc_shape *shape, const image_view *v, const uint8_t *active)
{
    int64_t width = shape->width, reach = shape->radius[shape->degrees - 1];
    for (int64_t p = 0; p < patches_of(shape); p++)
        if (!active || active[p]) {
            v->active[p] = -1;
            ++*v->actives;
        }
    for (int64_t p = 0; p < patches_of(shape); p++) {
        int64_t y = p / width, x = p % width;
        if (!v->active[p])
            continue;
        if (*v->actives == patches_of(shape)) {
            v->reached[p] = -1;
            continue;
        }
        for (int64_t i = y > reach ? y - reach : 0; i <= y + reach && i < shape->height; i++)
            for (int64_t j = x > reach ? x - reach : 0; j <= x + reach && j < width; j++)
                v->reached[i * width + j] = -1;
    }
}

// prepare is musc_prepare for this level.
TARGET static void NAME(prepare)(const musc_shape *shape, float *image, const float *tokens,
                                 const uint8_t *active, const float *centre, float *scratch)
{
    image_view v;
    scratch_view s;
    int64_t patches = patches_of(shape), padded = padded_patches(shape);
    int64_t channels = shape->channels, words = words_of(shape, CHANNELS);
    int64_t floats = view_image(&v, shape, CHANNELS, image);
    float *packed = v.tokens + shape->degrees * patches * channels;
    // All but the aggregated tokens begins as zeros: patches beyond P have no product.
    memset(packed, 0, (image + floats - packed) * sizeof *packed);
    view_scratch(&s, shape, &NAME(sizes), scratch);
    NAME(mark)(shape, &v, active);
    NAME(normalise)(shape, s.plain, tokens, &v);
    if (patches == 1) { // nothing to search: v.inverse has no room, and is not needed
        float inverse;
        for (int64_t d = 0; d < shape->degrees; d++)
            NAME(aggregate)(shape, v.tokens + d * channels, &inverse, v.blank + d, v.active,
                            s.plain, s.sums, shape->radius[d]);
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
