// Where things lie in a prepared image and in a thread's scratch memory. Both are blocks of floats
// that the caller owns; the structs are views of them, made anew by every call.

#ifndef MUSC_CPU_LAYOUT_H
#define MUSC_CPU_LAYOUT_H

#include "kernel.h"

#define PANEL MUSC_PANEL
#define LINE 16      // floats of a cache line: everything begins at a multiple of it
#define CHUNK 8      // rows of products that are searched at once
#define TOGETHER 4   // rows of them that are made at once
#define BLOCK 64     // columns of them a branch: few rows have more than a candidate or two
#define FETCHES 16   // tokens that are fetched while one register tile is multiplied
#define CANDIDATES 16 // patches that a search may keep for one patch and degree

// One image. Patch p's word w holds the channels from w * (channels a word) on, as float32, two
// bfloat16 or four uint8: a signed byte plus 128.
typedef struct {
    float *tokens;   // [R,P,C] L2-normalised aggregated tokens, exact
    float *centred;  // [C] of an image of one patch: the token less what those of all share
    uint32_t *words; // [ceil(P/48)][words][48] centred tokens in the level's precision, 0 beyond P
    float *step;     // [P48] what one step of patch p's integers is worth
    int32_t *shift;  // [P48] 128 * sum of patch p's signed bytes
    float *offset;   // [P48] x . m + m . m / 2 for the centred token x, and 0 beyond P
    float *inverse;  // [R,P48] 1 / norm of the aggregated token, 0 beyond P
    float *noise;    // [R,P48] the aggregated rounding errors of the words, relative to the norm
    float *spread;   // [R,P48] norm of the aggregated centred token, relative to the norm
    float *typical;  // [R,2] root mean squares of noise and spread
    float *largest;  // [R,2] their maxima
    int32_t *blank;  // [R] an active patch whose aggregated token is zero, or -1
    int32_t *active;  // [P48], one at least: -1 where a patch takes part, else 0; 0 beyond P
    int32_t *reached; // [P48], one at least: -1 where a window around an active patch reaches, else 0
    int32_t *actives; // [1] how many are active
    float *square;    // [1] of an image of one patch: | centred |^2, NaN where that is not active
} image_view;

// A patch that may be the nearest: inner product of unit vectors, and its number.
typedef struct {
    float product;
    int32_t patch;
} candidate;

// Columns of the product, patches of b: whole vectors.
typedef struct {
    int32_t first, end;
} column_run;

typedef struct {
    column_run *runs; // ascending, apart
    int64_t count;
} run_list;

typedef struct {
    uint32_t *block;       // rows of a, [tiles][words][tile rows]
    float *ring;           // [ringRows][stride] products, row p at p modulo ringRows
    float *inside;         // [2 * reach][stride] 1 where the column's neighbour is on the grid; as
                           // bits, all of them, in a limited search
    float *summed;         // [stride] and zeros around: sums over rows of the grid of a
    float *across;         // [stride] and zeros around: also along the grid rows of b
    float *filtered;       // [R][2 * reach + CHUNK][stride] also over rows of the grid of b
    float *zeros;          // [stride]
    float *rows;           // [CHUNK][rowStride] inner products of unit vectors; -inf beyond P
    float *blocks;         // [CHUNK][stride] their maxima over BLOCK columns each, a vector a block
    float *greatest;       // [stride] and over the rows of a chunk
    float *limit;          // [R,P48] what a product must exceed to be a column's candidate
    float *rowMargin;      // [R,P48]
    float *columnMargin;   // [R,P48]
    candidate *candidates; // [R][P48][CANDIDATES] of the columns
    int32_t *count;        // [R][P48]
    candidate *rowCandidates; // [R][P48][CANDIDATES] of the rows
    int32_t *rowCount;     // [R][P48]
    int32_t *queue;        // [R * P48] d * P48 + p of rows, as they were searched
    int32_t *mate;         // [R,P48] the patch of b that is nearest to one of a, of the candidates,
                           // or -1: their distance is known
    float *plain;          // [P,C] one image's normalised tokens, while it is prepared
    float *sums;           // [width + 1,C] sums over windows, while an image is prepared
    float *inner;          // [P48] inner products with the centre, while an image is prepared
    int64_t stride, rowStride, reach, ringRows;

    // A limited search, in which not all pairs count, leaves out what no pair needs. Its lists are
    // of one run of all columns where the search is not limited.
    int64_t limited, near; // near as near_of says
    run_list counted;      // columns that count for some patch of a chunk
    run_list windows;      // those of all chunks that need a column of the grid of a
    run_list tall;         // and those above and below that their windows reach
    run_list wide;         // and to the left and right
    int32_t *keeps;        // [CHUNK][stride] bits: whether a column counts for a patch of the chunk
    int32_t *gridRow;      // [stride] of the columns
    int32_t *gridColumn;   // [stride]
    int32_t *anyActive;    // of a vector of columns: whether a patch in it is active
    int32_t *anyReached;   // and whether a window around an active one reaches it

    // Rows whose candidates are known wait for their distances, so that their tokens are fetched while
    // products keep the processor busy and the memory idle.
    float *rowDistances;         // [R,P] the caller's
    float *columnDistances;      // [R,P] the caller's; null: columns are not searched
    int64_t queued;              // rows in the queue
    int64_t fetched, taken;      // those whose tokens have been fetched, and whose distances taken
    const float *fetch[FETCHES]; // tokens that the next register tile fetches
    int64_t fetches;
} scratch_view;

typedef struct {
    int64_t lanes;    // floats of a vector
    int64_t channels; // a word
    int64_t chains;   // of multiply-adds in a round of ceiling
    int64_t group;    // words whose products are summed in 16 bits, after a word that says from where
                      // on: see round_token; 0: none are
} level_sizes;

static inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
static inline int64_t patches_of(const musc_shape *s) { return s->height * s->width; }

// padded_patches is P48, or 0 for images of one patch: there is nothing to search and to pack.
static inline int64_t padded_patches(const musc_shape *s)
{
    return patches_of(s) > 1 ? round_up(patches_of(s), PANEL) : 0;
}

static inline int64_t words_of(const musc_shape *s, const level_sizes *level)
{
    int64_t words = (s->channels + level->channels - 1) / level->channels;
    return level->group ? words + (words + level->group - 1) / level->group : words;
}

// near_of is how far apart on the grid a pair of patches may be, the whole grid where nothing bounds.
static inline int64_t near_of(const musc_shape *s)
{
    int64_t whole = (s->height > s->width ? s->height : s->width) - 1;
    return s->near > 0 && s->near < whole ? s->near : whole;
}

// Rows and columns of the grid, the last ones included.
typedef struct {
    int64_t top, bottom, left, right;
} grid_box;

// box_around is what of the grid is at most `around` rows and columns from (y, x).
static inline grid_box box_around(const musc_shape *s, int64_t y, int64_t x, int64_t around)
{
    return (grid_box){
        y > around ? y - around : 0, y + around < s->height ? y + around : s->height - 1,
        x > around ? x - around : 0, x + around < s->width ? x + around : s->width - 1,
    };
}

// take hands out the next n floats of a block that begins at base; with base null it only counts.
static inline float *take(float *base, int64_t *at, int64_t n)
{
    float *here = base ? base + *at : 0;
    *at += round_up(n, LINE);
    return here;
}

static inline int64_t view_image(image_view *v, const musc_shape *s,
                                 const level_sizes *level, float *base)
{
    int64_t at = 0, padded = padded_patches(s);
    v->tokens = take(base, &at, s->degrees * patches_of(s) * s->channels);
    v->centred = take(base, &at, padded ? 0 : s->channels);
    v->words = (uint32_t *)take(base, &at, padded * words_of(s, level));
    v->step = take(base, &at, padded);
    v->shift = (int32_t *)take(base, &at, padded);
    v->offset = take(base, &at, padded);
    v->inverse = take(base, &at, s->degrees * padded);
    v->noise = take(base, &at, s->degrees * padded);
    v->spread = take(base, &at, s->degrees * padded);
    v->typical = take(base, &at, s->degrees * 2);
    v->largest = take(base, &at, s->degrees * 2);
    v->blank = (int32_t *)take(base, &at, s->degrees);
    v->active = (int32_t *)take(base, &at, padded ? padded : 1);
    v->reached = (int32_t *)take(base, &at, padded ? padded : 1);
    v->actives = (int32_t *)take(base, &at, 1);
    v->square = take(base, &at, 1);
    return at;
}

#define MAX_BLOCK (2 * PANEL)  // rows of a multiplied at a time
#define L2_BUDGET (192 << 10)  // bytes of packed rows of a that are kept in the L2 cache

// block_rows is how many rows of a are multiplied before their products are filtered.
static inline int64_t block_rows(int64_t words)
{
    int64_t rows = L2_BUDGET / (words * PANEL * 4) * PANEL;
    return rows < PANEL ? PANEL : rows > MAX_BLOCK ? MAX_BLOCK : rows;
}

static inline int64_t view_scratch(scratch_view *v, const musc_shape *s, const level_sizes *level,
                                   float *base)
{
    int64_t at = 0, padded = padded_patches(s), words = words_of(s, level);
    int64_t reach = v->reach = s->radius[s->degrees - 1];
    int64_t block = padded ? block_rows(words) : 0, around;
    v->stride = padded;
    v->rowStride = round_up(padded, BLOCK);
    v->ringRows = (2 * reach + 1) * s->width + block;
    if (v->ringRows > padded)
        v->ringRows = padded;
    v->block = (uint32_t *)take(base, &at, block * words);
    v->ring = take(base, &at, v->ringRows * v->stride);
    v->inside = take(base, &at, 2 * reach * v->stride);
    v->filtered = take(base, &at, s->degrees * (2 * reach + CHUNK) * v->stride);
    v->zeros = take(base, &at, v->stride);
    around = round_up(reach, LINE);
    v->summed = take(base, &at, v->stride + 2 * around);
    if (base)
        v->summed += around;
    around = round_up(reach * s->width, LINE);
    v->across = take(base, &at, v->stride + 2 * around);
    if (base)
        v->across += around;
    v->rows = take(base, &at, CHUNK * v->rowStride);
    v->blocks = take(base, &at, CHUNK * v->stride);
    v->greatest = take(base, &at, v->stride);
    v->limit = take(base, &at, s->degrees * padded);
    v->rowMargin = take(base, &at, s->degrees * padded);
    v->columnMargin = take(base, &at, s->degrees * padded);
    v->candidates = (candidate *)take(base, &at, s->degrees * padded * CANDIDATES * 2);
    v->count = (int32_t *)take(base, &at, s->degrees * padded);
    v->rowCandidates = (candidate *)take(base, &at, s->degrees * padded * CANDIDATES * 2);
    v->rowCount = (int32_t *)take(base, &at, s->degrees * padded);
    v->queue = (int32_t *)take(base, &at, s->degrees * padded);
    v->mate = (int32_t *)take(base, &at, s->degrees * padded);
    v->plain = take(base, &at, patches_of(s) * s->channels);
    v->sums = take(base, &at, (s->width + 1) * s->channels + 1);
    v->inner = take(base, &at, padded);
    v->keeps = (int32_t *)take(base, &at, CHUNK * v->stride);
    v->gridRow = (int32_t *)take(base, &at, v->stride);
    v->gridColumn = (int32_t *)take(base, &at, v->stride);
    int64_t vectors = v->stride / level->lanes;
    v->anyActive = (int32_t *)take(base, &at, vectors);
    v->anyReached = (int32_t *)take(base, &at, vectors);
    v->counted.runs = (column_run *)take(base, &at, vectors + 2); // every other vector at most
    v->windows.runs = (column_run *)take(base, &at, vectors + 2);
    v->tall.runs = (column_run *)take(base, &at, vectors + 2);
    v->wide.runs = (column_run *)take(base, &at, vectors + 2);
    return at;
}

#endif
