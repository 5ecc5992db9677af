// Sums of the smallest of many numbers, for levels whose words are float32. Part of level.h.

#if KIND == FLOAT32

// Keys of a vector: AVX2 compares into a vector, AVX-512 into a mask that would have to be made one.
#define KEYS (LANES < 8 ? LANES : 8)
#define PARTS (MUSC_COLUMNS / KEYS) // vectors across a block of columns
// CHOOSE is x where a comparison holds, else y.
#define CHOOSE(holds, x, y) (((holds) & (x)) | (~(holds) & (y)))
#define LOAD_KEYS(p) (*(const NAME(keys) *)(p))

typedef int32_t NAME(keys) __attribute__((vector_size(4 * KEYS), aligned(4), may_alias));
typedef float NAME(shares) __attribute__((vector_size(4 * KEYS)));

// copy_keys brings `columns` columns of x [rows], stride floats apart, into keys [rows][MUSC_COLUMNS]:
// their bits without the sign, which are in the order of the numbers, NaN above all. Columns that there
// are not are zeros. low and high become the least and the greatest of each column.
TARGET static void NAME(copy_keys)(int32_t *keys, NAME(keys) *low, NAME(keys) *high,
                                   const float *x, int64_t rows, int64_t stride, int64_t columns)
{
    const int64_t ahead = 16; // the rows lie on different pages: nothing else fetches them in time
    for (int v = 0; v < PARTS; v++) {
        low[v] = (NAME(keys)){0} + INT32_MAX;
        high[v] = (NAME(keys)){0};
    }
    for (int64_t i = 0; i < rows; i++, keys += MUSC_COLUMNS) {
        const float *row = x + i * stride;
        int32_t few[MUSC_COLUMNS] = {0};
        if (i + ahead < rows)
            __builtin_prefetch(row + ahead * stride);
        if (columns < MUSC_COLUMNS) {
            memcpy(few, row, columns * sizeof *few);
            row = (const float *)few;
        }
        for (int v = 0; v < PARTS; v++) {
            NAME(keys) key = LOAD_KEYS(row + v * KEYS) & INT32_MAX;
            *(NAME(keys) *)(keys + v * KEYS) = key;
            low[v] = CHOOSE(key < low[v], key, low[v]);
            high[v] = CHOOSE(key > high[v], key, high[v]);
        }
    }
}

// greater counts the keys of each column that are greater than its pivot.
TARGET INLINE void NAME(greater)(NAME(keys) *count, const NAME(keys) *pivot,
                                 const int32_t *keys, int64_t rows)
{
    for (int v = 0; v < PARTS; v++)
        count[v] = (NAME(keys)){0};
    for (int64_t i = 0; i < rows; i++)
        for (int v = 0; v < PARTS; v++) // a comparison that holds is -1
            count[v] -= LOAD_KEYS(keys + i * MUSC_COLUMNS + v * KEYS) > pivot[v];
}

// kth finds the k-th smallest key of each column. low and high are the least and the greatest key.
//
// It is between low and high. A pivot between the two, where it would be if the keys
// between them were spread evenly, and every third time the middle, says by the number of keys above it
// on which side of it.
TARGET static void NAME(kth)(NAME(keys) *found, NAME(keys) *low, NAME(keys) *high,
                             const int32_t *keys, int64_t rows, int64_t k)
{
    NAME(keys) limit[PARTS], below[PARTS], upTo[PARTS], pivot[PARTS], count[PARTS], zero = {0};
    NAME(keys) wanted = zero + (int32_t)k, all = zero + (int32_t)rows;
    for (int v = 0; v < PARTS; v++) {
        below[v] = zero; // keys below low, at least, and
        upTo[v] = all;   // keys up to high
        limit[v] = zero - 1; // where exactly k keys are up to it
    }
    for (int round = 1;; round++) {
        int open = 0;
        for (int v = 0; v < PARTS; v++) {
            NAME(keys) done = low[v] >= high[v], span = high[v] - low[v];
            NAME(shares) share = __builtin_convertvector(wanted - below[v], NAME(shares)) /
                                 __builtin_convertvector(upTo[v] - below[v], NAME(shares));
            NAME(keys) step = __builtin_convertvector(
                share * __builtin_convertvector(span, NAME(shares)), NAME(keys));
            if (round % 3 == 0)
                step = span >> 1;
            step = step & (step > zero);
            step = CHOOSE(step < span, step, span - 1);
            pivot[v] = low[v] + (step & ~done);
            for (int l = 0; l < KEYS; l++)
                open |= !done[l];
        }
        if (!open)
            break;
        NAME(greater)(count, pivot, keys, rows);
        for (int v = 0; v < PARTS; v++) {
            NAME(keys) least = all - count[v], done = low[v] >= high[v]; // keys up to the pivot
            NAME(keys) exact = (least == wanted) & ~done, more = (least > wanted) & ~done;
            NAME(keys) less = (least < wanted) & ~done;
            limit[v] = CHOOSE(exact, pivot[v], limit[v]);
            high[v] = CHOOSE(more, pivot[v], high[v]);
            upTo[v] = CHOOSE(more, least, upTo[v]);
            low[v] = CHOOSE(less, pivot[v] + 1, low[v]);
            below[v] = CHOOSE(less, least, below[v]);
            low[v] = CHOOSE(exact, high[v], low[v]);
        }
    }
    for (int v = 0; v < PARTS; v++) {
        limit[v] = CHOOSE(limit[v] < zero, high[v], limit[v]);
        found[v] = zero;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int v = 0; v < PARTS; v++) {
            NAME(keys) key = LOAD_KEYS(keys + i * MUSC_COLUMNS + v * KEYS);
            NAME(keys) counts = (key <= limit[v]) & (key > found[v]);
            found[v] = CHOOSE(counts, key, found[v]);
        }
}

// smallest_of is smallest of one block of columns.
TARGET static void NAME(smallest_of)(double *sums, float *greatest, const float *x, int64_t rows,
                                     int64_t stride, int64_t columns, int64_t k, int32_t *keys)
{
    NAME(keys) low[PARTS], high[PARTS], last[PARTS];
    NAME(copy_keys)(keys, low, high, x, rows, stride, columns);
    NAME(kth)(last, low, high, keys, rows, k);
    for (int64_t j = 0; j < columns; j += 4) {
        four_integers below = *(const four_integers *)((const int32_t *)last + j);
        four_integers count = {0};
        four_doubles sum = {0};
        for (int64_t i = 0; i < rows; i++) { // in the order of the rows, at every level
            four_integers key = *(const four_integers *)(keys + i * MUSC_COLUMNS + j);
            four_integers is = key < below;
            key &= is;
            count -= is;
            sum += __builtin_convertvector((four_floats)key, four_doubles);
        }
        for (int64_t l = 0; l < 4 && j + l < columns; l++) {
            greatest[j + l] = ((four_floats)below)[l];
            sums[j + l] = sum[l] + (double)(k - count[l]) * greatest[j + l];
        }
    }
}

// up_to counts the keys [n] up to a pivot, and the greatest of them.
TARGET INLINE int64_t NAME(up_to)(const int32_t *keys, int64_t n, int32_t pivot, int32_t *greatest)
{
    NAME(keys) count[2] = {{0}}, most[2] = {{0}};
    int64_t i = 0, total = 0;
    *greatest = 0;
    for (; i + 2 * KEYS <= n; i += 2 * KEYS)
        for (int v = 0; v < 2; v++) {
            NAME(keys) key = LOAD_KEYS(keys + i + v * KEYS), is = key <= pivot;
            count[v] -= is;
            key &= is;
            most[v] = CHOOSE(key > most[v], key, most[v]);
        }
    for (; i < n; i++)
        if (keys[i] <= pivot) {
            total++;
            *greatest = keys[i] > *greatest ? keys[i] : *greatest;
        }
    count[0] += count[1];
    most[0] = CHOOSE(most[1] > most[0], most[1], most[0]);
    for (int l = 0; l < KEYS; l++) {
        total += count[0][l];
        *greatest = most[0][l] > *greatest ? most[0][l] : *greatest;
    }
    return total;
}

// smallest_in_row is smallest of one column whose numbers lie side by side. The k-th is looked for as
// kth does.
TARGET static void NAME(smallest_in_row)(double *sum, float *greatest, const float *x, int64_t n,
                                         int64_t k, int32_t *keys)
{
    int32_t low = INT32_MAX, high = 0, last;
    for (int64_t i = 0; i < n; i++) {
        memcpy(keys + i, x + i, sizeof *keys);
        keys[i] &= INT32_MAX;
        low = keys[i] < low ? keys[i] : low;
        high = keys[i] > high ? keys[i] : high;
    }
    last = high;
    for (int64_t below = 0, upTo = n, round = 1; low <= high && upTo > k; round++) {
        int32_t span = high - low;
        float share = (float)(k - below) / (float)(upTo - below) * (float)span;
        int32_t step = round % 3 && share < (float)span ? (int32_t)share : span / 2;
        int64_t count = NAME(up_to)(keys, n, low + step, &last);
        if (count == k)
            break;
        if (count < k) {
            low += step + 1;
            below = count;
        } else if (step == span) { // all from the k-th on are the same
            break;
        } else {
            high = low + step;
            upTo = count;
        }
    }
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++) { // those below the k-th come to the front
        int32_t key = keys[i];
        keys[count] = key;
        count += key < last;
    }
    *sum = 0;
    memcpy(greatest, &last, sizeof last);
    for (int64_t i = 0; i < count; i++) {
        float value;
        memcpy(&value, keys + i, sizeof value);
        *sum += value;
    }
    *sum += (double)(k - count) * *greatest;
}

// smallest is musc_smallest for this level.
TARGET static void NAME(smallest)(double *sums, float *greatest, const float *x, int64_t rows,
                                  int64_t stride, int64_t columns, int64_t k, int32_t *keys)
{
    if (stride == 1) { // there is but one column
        NAME(smallest_in_row)(sums, greatest, x, rows, k, keys);
        return;
    }
    for (int64_t j = 0; j < columns; j += MUSC_COLUMNS)
        NAME(smallest_of)(sums + j, greatest + j, x + j, rows, stride,
                          columns - j < MUSC_COLUMNS ? columns - j : MUSC_COLUMNS, k, keys);
}

#undef KEYS
#undef PARTS
#undef CHOOSE
#undef LOAD_KEYS
#define SMALLEST NAME(smallest)
#else
#define SMALLEST 0 // a level without: musc_smallest takes another
#endif
