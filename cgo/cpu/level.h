// One SIMD level of the search. kernel.c includes this file once a level, with these defined:
//
//   NAME(x)   x with the level's suffix
//   TARGET    the function attribute that switches the level's instructions on
//   LANES     floats in a vector
//   ROWS      rows of a register tile; divides PANEL
//   VECTORS   vectors across a register tile; ROWS * VECTORS accumulators fit the register file
//   KIND      FLOAT32, BFLOAT16 or INT8: what a word of a packed image holds
//   MULTIPLY_ADD(sum, a, b)   sum + the products of word a with each word of vector b
//   GROUP     words whose products are summed in 16 bits before they are widened, see groups.h; not
//             defined where each is added to a sum of 32 bits. MULTIPLY_ADD is then of 16-bit sums
//   WIDEN(halves)   the sums of neighbouring lanes of 16 bits, in 32
//   MAXIMUM(x, y)   the greater of two vectors, lane by lane; y where x is NaN
//   GREATER(x, y)   the lanes in which x is greater, as bits; a NaN never is
//
// It defines the functions of NAME(level), then takes them all away again. Levels differ in nothing
// else, so definition.go specifies them all.

#define WIDTH (LANES * VECTORS)
#define INLINE static inline __attribute__((always_inline))
#define MANY (LANES == 16 ? 4 : 2) // vectors whose distances to one are taken at once
#ifndef GROUP
#define GROUP 0
#endif
#define CHAINS ((LANES == 16 ? 16 : 12) / (GROUP ? 2 : 1)) // of each kind of sum in ceiling
#define CHANNELS (KIND == INT8 ? 4 : KIND == BFLOAT16 ? 2 : 1) // of a word

// Vectors that may sit at any address, as Go's slices do.
typedef float NAME(floats) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t NAME(integers) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t NAME(words) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint16_t NAME(halves) __attribute__((vector_size(4 * LANES), aligned(4), may_alias)); // wrap
#if KIND == INT8
typedef NAME(integers) NAME(sums);
#else
typedef NAME(floats) NAME(sums);
#endif

#define LOAD(p) (*(const NAME(floats) *)(p))
#define STORE(p, x) (*(NAME(floats) *)(p) = (x))

static const level_sizes NAME(sizes) = {LANES, CHANNELS, CHAINS, GROUP};

// distances_to is || x - y_i || of a vector x [channels] and `count` that lie one after the other, a
// constant at every call. Differences and their squares are float32; a lane adds at most
// RUN / (4 * LANES) of them before the lanes go to float64, in a fixed order.
TARGET INLINE void NAME(distances_to)(float *distances, const float *x, const float *y,
                                      int64_t channels, int count)
{
    double total[MANY] = {0};
    int64_t c = 0;
    while (channels - c >= 4 * LANES) {
        int64_t end = channels - c < RUN ? channels : c + RUN;
        NAME(floats) sum[MANY][4] = {{{0}}};
        for (; end - c >= 4 * LANES; c += 4 * LANES)
            for (int v = 0; v < 4; v++) {
                NAME(floats) from = LOAD(x + c + v * LANES);
                for (int i = 0; i < count; i++) {
                    NAME(floats) d = from - LOAD(y + i * channels + c + v * LANES);
                    sum[i][v] += d * d;
                }
            }
        for (int i = 0; i < count; i++) {
            NAME(floats) lanes = (sum[i][0] + sum[i][1]) + (sum[i][2] + sum[i][3]);
            four_doubles parts = {0}; // additions that need not wait for each other
            for (int l = 0; l < LANES; l += 4)
                parts += __builtin_convertvector(*(four_floats *)((float *)&lanes + l),
                                                 four_doubles);
            total[i] += (parts[0] + parts[1]) + (parts[2] + parts[3]);
        }
    }
    for (; c < channels; c++)
        for (int i = 0; i < count; i++) {
            double d = x[c] - y[i * channels + c];
            total[i] += d * d;
        }
    for (int i = 0; i < count; i++)
        distances[i] = (float)sqrt(total[i]);
}

TARGET static float NAME(distance)(const float *x, const float *y, int64_t channels)
{
    float distance;
    NAME(distances_to)(&distance, x, y, channels, 1);
    return distance;
}

// distances_to_many is distances_to of MANY vectors: the same bits, in less time each.
TARGET static void NAME(distances_to_many)(float *distances, const float *x, const float *y,
                                           int64_t channels)
{
    NAME(distances_to)(distances, x, y, channels, MANY);
}

// fetch_part brings some channels of the listed tokens closer. It is called again and again between
// the additions of a product: memory answers a few dozen lines at once, and more would have to wait.
INLINE void NAME(fetch_part)(const float *const *tokens, int64_t count, int64_t first, int channels)
{
    for (int64_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c += LINE)
            __builtin_prefetch(tokens[i] + first + c);
}

#include "aggregate.h"
#if GROUP
#include "groups.h"
#endif
#include "patches.h"
#include "prepare.h"
#include "limit.h"
#include "direct.h"
#include "nearest.h"
#include "product.h"
#include "window.h"
#include "search.h"
#include "inner.h"
#include "blocks.h"
#include "smallest.h"

// ceiling runs independent chains of the product's instructions in registers: nothing is faster. Of
// levels with groups that is GROUP products, each with its addition, and a widening one.
TARGET static float NAME(ceiling)(int64_t rounds)
{
    NAME(sums) sum[CHAINS], total = {0};
    NAME(words) y = (NAME(words)){0} + (KIND == FLOAT32 ? 0x3a83126fu : 0x01020101u);
    uint32_t x = KIND == FLOAT32 ? 0x3f7fbe77u : 0x3f7f3f7fu; // 0.999 and 0.001; any bits
    __asm__ volatile("" : "+m"(x), "+m"(y)); // else the compiler does the sum
    for (int i = 0; i < CHAINS; i++)
        for (int l = 0; l < LANES; l++)
            sum[i][l] = i;
    NAME(words) spread = (NAME(words)){0} + x;
    for (int64_t n = 0; n < rounds; n++) {
#if GROUP
        NAME(halves) half[CHAINS];
        for (int i = 0; i < CHAINS; i++)
            half[i] = (NAME(halves))spread;
        for (int w = 0; w < GROUP; w++)
            for (int i = 0; i < CHAINS; i++) {
                __asm__("" : "+v"(y)); // else the product is taken once
                half[i] = MULTIPLY_ADD(half[i], spread, y);
                __asm__("" : "+v"(half[i]));
            }
        for (int i = 0; i < CHAINS; i++)
            sum[i] += WIDEN(half[i]);
#else
        for (int i = 0; i < CHAINS; i++)
            sum[i] = MULTIPLY_ADD(sum[i], spread, y);
#endif
    }
    for (int i = 0; i < CHAINS; i++)
        total += sum[i];
    return (float)total[0];
}

static const struct level NAME(level) = {
    &NAME(sizes), NAME(prepare), NAME(distances), PATCH_DISTANCES, NAME(products),
    NAME(ceiling), INNER_PRODUCTS, NOT_BELOW, SMALLEST,
};

#undef WIDTH
#undef INLINE
#undef MANY
#undef CHAINS
#undef CHANNELS
#undef LOAD
#undef STORE
#undef INNER_PRODUCTS
#undef NOT_BELOW
#undef SMALLEST
#undef PATCH_DISTANCES
#undef NAME
#undef TARGET
#undef LANES
#undef ROWS
#undef VECTORS
#undef KIND
#undef GROUP
#undef WIDEN
#undef MULTIPLY_ADD
#undef MAXIMUM
#undef GREATER
