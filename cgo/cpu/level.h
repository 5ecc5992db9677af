// One SIMD level of the kernel. kernel.c includes this file once a level, with these defined:
//
//   NAME(x)   x with the level's suffix
//   TARGET    the function attribute that switches the level's instructions on
//   LANES     floats in a vector
//   ROWS      rows of a register tile; divides PANEL
//   VECTORS   vectors across a register tile; ROWS * VECTORS accumulators fit the register file
//
// It defines NAME(mutual), NAME(distances) and NAME(ceiling), then takes the five away again.
// Levels differ in nothing else, so definition.go specifies them all.

#define WIDTH (LANES * VECTORS)
#define INLINE static inline __attribute__((always_inline))
#define SELECT(wins, x, y) (((wins) & (x)) | (~(wins) & (y))) // lanewise wins ? x : y

// Vectors that may sit at any address, as Go's slices do.
typedef float NAME(floats) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t NAME(integers) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

// The maxima of one row so far, lane by lane: lane l has seen the columns that are l modulo LANES.
typedef struct {
    NAME(floats) best;
    NAME(integers) index;
} NAME(row);

// tile computes product[r][k] = sum over c of a[c][r] * b[c][k], a and b being panels [C][PANEL]
// entered at the tile's first row and column. Each sum stays in one lane and takes its channels in
// ascending order from +0, one fused multiply-add each where the level has it. No tile of any
// place or width does otherwise, so product (p,q) of (a,b) and (q,p) of (b,a) are the same bits.
// vectors <= VECTORS is a constant at every call: it unrolls.
TARGET INLINE void NAME(tile)(float product[ROWS][WIDTH], const float *restrict a,
                              const float *restrict b, int64_t channels, int vectors)
{
    NAME(floats) sum[ROWS][VECTORS] = {0};
    for (int64_t c = 0; c < channels; c++, a += PANEL, b += PANEL) {
        NAME(floats) columns[VECTORS];
        for (int v = 0; v < vectors; v++)
            columns[v] = *(const NAME(floats) *)(b + v * LANES);
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++)
                sum[r][v] += a[r] * columns[v];
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            *(NAME(floats) *)(product[r] + v * LANES) = sum[r][v];
}

// fold takes a tile at (firstRow, firstColumn) into the maxima of its rows and columns. Rows and
// columns come in ascending order and only a strictly greater product replaces a maximum: ties
// stay with the lowest index, and a NaN never wins.
TARGET INLINE void NAME(fold)(float product[ROWS][WIDTH], int rows, int columns, NAME(row) *row,
                              float *columnBest, int32_t *columnIndex,
                              int32_t firstRow, int32_t firstColumn)
{
    int padded = (columns + LANES - 1) / LANES * LANES;
    for (int k = columns; k < padded; k++)
        for (int r = 0; r < rows; r++)
            product[r][k] = -INFINITY; // padding never wins, even if all products are negative
    NAME(integers) number;
    for (int l = 0; l < LANES; l++)
        number[l] = firstColumn + l;
    for (int k = 0; k < padded; k += LANES, number += LANES) {
        NAME(floats) best = *(NAME(floats) *)(columnBest + k);
        NAME(integers) index = *(NAME(integers) *)(columnIndex + k);
        for (int r = 0; r < rows; r++) {
            NAME(floats) x = *(NAME(floats) *)(product[r] + k);
            NAME(integers) bits = (NAME(integers))x;
            NAME(integers) wins = x > best;
            best = (NAME(floats))SELECT(wins, bits, (NAME(integers))best);
            index = SELECT(wins, firstRow + r, index);
            wins = x > row[r].best;
            row[r].best = (NAME(floats))SELECT(wins, bits, (NAME(integers))row[r].best);
            row[r].index = SELECT(wins, number, row[r].index);
        }
        *(NAME(floats) *)(columnBest + k) = best;
        *(NAME(integers) *)(columnIndex + k) = index;
    }
}

// visit is one register tile: `columns` of them, of which the last vector may be padding in part.
TARGET static void NAME(visit)(const float *a, const float *b, int64_t channels, int rows,
                               int columns, NAME(row) *row, float *columnBest,
                               int32_t *columnIndex, int32_t firstRow, int32_t firstColumn)
{
    float product[ROWS][WIDTH];
    switch ((columns + LANES - 1) / LANES) { // a narrow last tile skips the vectors of padding
    case 1: NAME(tile)(product, a, b, channels, 1); break;
#if VECTORS > 2
    case 2: NAME(tile)(product, a, b, channels, 2); break;
#endif
#if VECTORS > 3
    case 3: NAME(tile)(product, a, b, channels, 3); break;
#endif
    default: NAME(tile)(product, a, b, channels, VECTORS);
    }
    NAME(fold)(product, rows, columns, row, columnBest, columnIndex, firstRow, firstColumn);
}

// best returns the number of the greatest maximum of a row's lanes, the lowest one of equals.
TARGET static int32_t NAME(best)(const NAME(row) *row)
{
    float best = -INFINITY;
    int32_t index = 0; // of a row without any product above minus infinity
    for (int l = 0; l < LANES; l++) {
        float x = row->best[l];
        if (x > best || (x == best && row->index[l] < index)) {
            best = x;
            index = row->index[l];
        }
    }
    return index;
}

// mutual is musc_mutual for this level. A block of row panels stays in the L2 cache while the
// column panels pass by, once a block; a column panel stays there for the block's register tiles.
TARGET static void NAME(mutual)(int32_t *rowNearest, int32_t *columnNearest, float *columnBest,
                                int32_t *columnIndex, const float *a, const float *b,
                                int64_t patchesA, int64_t patchesB, int64_t channels)
{
    NAME(row) row[MAX_BLOCK];
    int64_t block = musc_block(channels);
    for (int64_t q = 0; q < (patchesB + PANEL - 1) / PANEL * PANEL; q++) {
        columnBest[q] = -INFINITY;
        columnIndex[q] = 0;
    }
    for (int64_t first = 0; first < patchesA; first += block) {
        int64_t end = first + block < patchesA ? first + block : patchesA;
        for (int64_t p = first; p < end; p++) {
            row[p - first].best = (NAME(floats)){0} - INFINITY;
            row[p - first].index = (NAME(integers)){0};
        }
        for (int64_t panel = 0; panel < patchesB; panel += PANEL) {
            int64_t stop = panel + PANEL < patchesB ? panel + PANEL : patchesB;
            for (int64_t p = first; p < end; p += ROWS)
                for (int64_t q = panel; q < stop; q += WIDTH)
                    NAME(visit)(a + p / PANEL * PANEL * channels + p % PANEL,
                                b + panel * channels + (q - panel), channels,
                                end - p < ROWS ? end - p : ROWS,
                                stop - q < WIDTH ? stop - q : WIDTH,
                                row + (p - first), columnBest + q, columnIndex + q, p, q);
        }
        for (int64_t p = first; p < end; p++)
            rowNearest[p] = NAME(best)(row + (p - first));
    }
    memcpy(columnNearest, columnIndex, patchesB * sizeof *columnNearest);
}

// distances is musc_distances for this level. Differences and their squares are float32; a lane
// adds at most RUN / (4 * LANES) of them before the lanes go to float64, in a fixed order.
TARGET static void NAME(distances)(float *distance, const float *a, const float *b,
                                   const int32_t *nearest, int64_t patches, int64_t channels)
{
    for (int64_t p = 0; p < patches; p++) {
        const float *x = a + p * channels, *y = b + nearest[p] * channels;
        double total = 0;
        int64_t c = 0;
        while (channels - c >= 4 * LANES) {
            int64_t end = channels - c < RUN ? channels : c + RUN;
            NAME(floats) sum[4] = {0};
            for (; end - c >= 4 * LANES; c += 4 * LANES)
                for (int v = 0; v < 4; v++) {
                    NAME(floats) d = *(const NAME(floats) *)(x + c + v * LANES) -
                                     *(const NAME(floats) *)(y + c + v * LANES);
                    sum[v] += d * d;
                }
            NAME(floats) lanes = (sum[0] + sum[1]) + (sum[2] + sum[3]);
            for (int l = 0; l < LANES; l++)
                total += lanes[l];
        }
        for (; c < channels; c++) {
            double d = x[c] - y[c];
            total += d * d;
        }
        distance[p] = (float)sqrt(total);
    }
}

// ceiling runs 12 independent chains of fused multiply-adds in registers: nothing is faster here.
TARGET static float NAME(ceiling)(int64_t rounds)
{
    NAME(floats) sum[12], x = (NAME(floats)){0} + 0.999f, y = (NAME(floats)){0} + 0.001f;
    for (int i = 0; i < 12; i++)
        sum[i] = x * (float)i;
    for (int64_t n = 0; n < rounds; n++)
        for (int i = 0; i < 12; i++)
            sum[i] = sum[i] * x + y;
    for (int i = 1; i < 12; i++)
        sum[0] += sum[i];
    return sum[0][0];
}

#undef WIDTH
#undef INLINE
#undef SELECT
#undef NAME
#undef TARGET
#undef LANES
#undef ROWS
#undef VECTORS
