// LNAMD of one image: normalisation and window sums (SPEC section 3 for the equations). Part of
// level.h.

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
