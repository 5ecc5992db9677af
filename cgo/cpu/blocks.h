// Distances of many images of one patch by a product of their tokens, for levels whose words are float32.
// Part of level.h.

#if KIND == FLOAT32
TARGET INLINE NAME(floats) NAME(square_roots)(NAME(floats) x)
{
#if LANES == 16
    return (NAME(floats))_mm512_sqrt_ps((__m512)x);
#elif LANES == 8
    return (NAME(floats))_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
    return (NAME(floats))_mm_sqrt_ps((__m128)x);
#else
    for (int l = 0; l < LANES; l++)
        x[l] = sqrtf(x[l]);
    return x;
#endif
}

// from_products turns up to LANES products of a token with others into distances, both with the squares
// of their lengths, and returns the lanes, as bits, in which cancellation left too little: also those
// of NaNs.
//
//   | a - b |^2 = (|a|^2 + |b|^2) - 2 a . b
TARGET INLINE unsigned NAME(from_products)(float *products, float square, const float *squares,
                                           int64_t count)
{
    NAME(floats) x = {0}, sum = LOAD(squares) + square;
    if (count >= LANES)
        x = LOAD(products);
    else
        memcpy(&x, products, count * sizeof *products);
    x = sum - 2 * x;
    unsigned doubtful = ~(unsigned)GREATER(x, CANCELLED * sum);
    x = NAME(square_roots)(x);
    if (count >= LANES)
        STORE(products, x);
    else
        memcpy(products, &x, count * sizeof *products);
    return doubtful & (unsigned)((1ull << (count < LANES ? count : LANES)) - 1);
}

// patch_distances is musc_patch_distances for this level.
TARGET static void NAME(patch_distances)(const musc_shape *shape, float *distances, const float *a,
                                         int64_t rows, const float *b, const float *packed,
                                         int64_t columns, int64_t stride)
{
    image_view one;
    const float *squares = packed + round_up(columns, PANEL) * shape->channels;
    view_image(&one, shape, &NAME(sizes), (float *)a);
    NAME(inner_products)(distances, one.centred, rows, stride, packed, columns, shape->channels);
    for (int64_t i = 0; i < rows; i++, a += stride, distances += columns) {
        view_image(&one, shape, &NAME(sizes), (float *)a);
        for (int64_t q = 0; q < columns; q += LANES) {
            unsigned doubtful = NAME(from_products)(distances + q, *one.square, squares + q,
                                                    columns - q);
            for (; doubtful; doubtful &= doubtful - 1) {
                int64_t j = q + __builtin_ctz(doubtful);
                distances[j] = NAME(patch_distance)(shape, a, b + j * stride);
            }
        }
    }
}
#define PATCH_DISTANCES NAME(patch_distances)
#else
#define PATCH_DISTANCES 0 // a level without: musc_patch_distances takes another
#endif
