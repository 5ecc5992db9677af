// Runs every level of the kernel over odd shapes on blocks of exactly the documented lengths, for
// bounds_test.go, which builds it with the address and undefined-behaviour sanitizers.

#include "kernel.h"

#include <math.h>
#include <stdlib.h>

static float *block(int64_t elements)
{
    float *x = malloc(elements * sizeof *x);
    if (!x)
        abort();
    for (int64_t i = 0; i < elements; i++)
        x[i] = (float)(i * i % 13) - 9;
    return x;
}

// The bound on pairs of patches and the mask of active ones are numbered; 0 is none.
static void run(int level, musc_shape shape, int bound, int mask)
{
    shape.near = bound * bound;
    shape.direct = bound == 1 ? 1 : -1;
    int64_t patches = shape.height * shape.width, floats = musc_image_floats(level, &shape);
    float *tokens = block(patches * shape.channels), *centre = block(shape.channels);
    float *a = block(floats), *b = block(floats);
    float *scratch = block(musc_scratch_floats(level, &shape));
    float *rows = block(shape.degrees * patches), *columns = block(shape.degrees * patches);
    uint8_t *active = malloc(patches);
    if (!active)
        abort();
    for (int64_t p = 0; p < patches; p++)
        active[p] = mask == 1 ? p % 3 == 1 : p / shape.width > shape.height / 2;
    musc_prepare(level, &shape, a, tokens, mask ? active : NULL, centre, scratch);
    tokens[0] += 3;
    musc_prepare(level, &shape, b, tokens, mask == 1 ? active : NULL, centre, scratch);
    musc_products(level, &shape, a, b, scratch);
    musc_distances(level, &shape, rows, columns, a, b, scratch);
    musc_distances(level, &shape, rows, NULL, b, a, scratch);
    for (int64_t i = 0; i < shape.degrees * patches; i++)
        for (int k = 0; k < 2; k++) {
            float x = k ? rows[i] : columns[i];
            if (!(x >= 0 && x <= 2.001f) && !(mask && x == INFINITY))
                abort();
        }
    free(active), free(tokens), free(centre), free(a), free(b), free(scratch);
    free(rows), free(columns);
}

// Small integers: the inner products are exact.
static void run_inner(int level, int64_t rows, int64_t columns, int64_t d)
{
    float *a = block(rows * d), *b = block(columns * d), *dst = block(rows * columns);
    float *packed = block((columns + MUSC_PANEL - 1) / MUSC_PANEL * MUSC_PANEL * d);
    int32_t *indices = malloc(columns * sizeof *indices);
    if (!indices)
        abort();
    musc_pack(packed, b, columns, d);
    musc_inner_products(level, dst, a, rows, packed, columns, d);
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            float sum = 0;
            for (int64_t c = 0; c < d; c++)
                sum += a[i * d + c] * b[j * d + c];
            if (dst[i * columns + j] != sum)
                abort();
        }
        if (musc_not_below(level, indices, dst + i * columns, columns, -INFINITY) != columns)
            abort();
    }
    free(a), free(b), free(dst), free(packed), free(indices);
}

// Images of one patch, some of which coincide and some of which take no part.
static void run_patches(int level, int64_t rows, int64_t columns, int64_t d)
{
    musc_shape shape = {1, 1, d, 1, {0}, 0, 0};
    int64_t floats = musc_image_floats(level, &shape), padded = (columns + 47) / 48 * 48;
    float *images = block((rows + columns) * floats), *dst = block(rows * columns);
    float *packed = block(padded * (d + 1)), *tokens = block(d), *centre = block(d);
    float *scratch = block(musc_scratch_floats(level, &shape));
    for (int64_t k = 0; k < rows + columns; k++) {
        uint8_t active = k % 5 != 3;
        tokens[k % d] += (float)(k % 3);
        musc_prepare(level, &shape, images + k * floats, tokens, &active, centre, scratch);
    }
    musc_pack_patches(&shape, packed, images + rows * floats, columns, floats);
    musc_patch_distances(level, &shape, dst, images, rows, images + rows * floats, packed, columns,
                         floats);
    for (int64_t k = 0; k < rows * columns; k++)
        if (!(dst[k] >= 0 && dst[k] <= 2.001f) && dst[k] != INFINITY)
            abort();
    free(images), free(dst), free(packed), free(tokens), free(centre), free(scratch);
}

// The arguments are the levels to run, by number.
int main(int count, char **arguments)
{
    static const int64_t products[][3] = {
        {1, 1, 1}, {5, 49, 3}, {97, 47, 129}, {8, 96, 128}, {7, 65, 300}, {193, 15, 17},
    };
    static const musc_shape shapes[] = {
        {1, 1, 1, 1, {0}, 0, 0},        {1, 1, 70, 2, {0, 3}, 0, 0},
        {7, 1, 17, 3, {0, 1, 2}, 0, 0}, {1, 47, 9, 3, {0, 1, 2}, 0, 0},
        {6, 8, 4, 1, {1}, 0, 0},        {7, 7, 33, 3, {0, 1, 2}, 0, 0},
        {11, 9, 130, 2, {2, 20}, 0, 0}, {13, 19, 40, 3, {0, 1, 2}, 0, 0},
        {5, 5, 5000, 2, {0, 1}, 0, 0},  {2, 60, 16, 8, {0, 1, 2, 3, 4, 5, 6, 7}, 0, 0},
    };
    for (int a = 1; a < count; a++) {
        int level = atoi(arguments[a]);
        for (unsigned i = 0; i < sizeof shapes / sizeof *shapes; i++)
            for (int k = 0; k < 12; k += 1 + i % 2)
                run(level, shapes[i], k % 4, k / 4);
        for (unsigned i = 0; i < sizeof products / sizeof *products; i++)
            run_inner(level, products[i][0], products[i][1], products[i][2]),
                run_patches(level, products[i][0], products[i][1], products[i][2]);
    }
    return 0;
}
