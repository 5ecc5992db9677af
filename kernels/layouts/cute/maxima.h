// The maxima that the kernels' epilogues find among products that lie where CuTe says that the
// instructions leave them: they run on the emulator as in a kernel.
#pragma once
#include "../../emulator/runner.h"

#include "../../pairs.h"
#include "check.h"
#include "cute.h"

namespace maxima {

using check::equal;

namespace search_cu {
#include "../../search.cu"
}
namespace search_hopper_cu {
#include "../../search_hopper.cu"
}

// Products of distinct whole numbers, so that each maximum is one product's.
struct Problem {
    int rows, columns;
    std::vector<float> products, norms;
    Key *row_keys, *column_keys;

    Problem(int rows, int columns)
        : rows(rows), columns(columns), products(rows * columns), norms(rows + columns) {
        for (int k = 0; k < rows * columns; k++) products[k] = float(k * 7919LL % 32771);
        row_keys = runner::device(std::vector<Key>(rows));
        column_keys = runner::device(std::vector<Key>(columns));
    }

    void compare(const char *what) const {
        std::vector<Key> of_rows(rows), of_columns(columns);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) {
                float product = products[row * columns + column];
                of_rows[row] = max(of_rows[row], key_of(product, column));
                of_columns[column] = max(of_columns[column], key_of(product, row));
            }
        for (int row = 0; row < rows; row++)
            equal(row_keys[row], of_rows[row], "%s: the key of row %d", what, row);
        for (int column = 0; column < columns; column++)
            equal(column_keys[column], of_columns[column], "%s: the key of column %d", what, column);
    }
};

// A warp of search.cu: 64 x 64 products.
inline void reduce_warp(const Problem *problem, const float *norms) {
    using namespace search_cu;
    float products[Rows][Columns][4];
    for (int i = 0; i < Rows; i++)
        for (int j = 0; j < Columns; j++)
            for (int k = 0; k < 4; k++) {
                witness::Cell at = witness::cell_of_d(threadIdx.x % 32, k);
                products[i][j][k] =
                    problem->products[(16 * i + at.row) * problem->columns + 8 * j + at.column];
            }
    reduce(products, problem->row_keys, problem->column_keys, norms, norms, 0, 0, WarpTile);
}

inline void of_warp() {
    Problem problem(search_cu::WarpTile, search_cu::WarpTile);
    const float *norms = runner::device(problem.norms);
    if (!runner::run("reduce", reduce_warp, {1, 1, 1}, {32, 1, 1}, 0, &problem, norms))
        equal(1, 0, "search.cu: the status of reduce");
    problem.compare("search.cu: reduce");
    emulator::release_all();
}

// A warpgroup of search_hopper.cu: 64 x TileColumns products.
inline void reduce_group(const Problem *problem, const float *norms) {
    using namespace search_hopper_cu;
    float products[128];
    for (int k = 0; k < 128; k++) {
        witness::Cell at = witness::cell_of_sum(TileColumns, threadIdx.x, k);
        products[k] = problem->products[at.row * problem->columns + at.column];
    }
    Key(*of_columns)[TileColumns] = (Key(*)[TileColumns])emulator::shared_memory();
    reduce(products, problem->row_keys, of_columns[threadIdx.x / 32], norms, norms, 0, 0,
           TileColumns);
    __syncthreads();
    for (int column = threadIdx.x; column < TileColumns; column += Group)
        for (int warp = 0; warp < 4; warp++)
            atomicMax(&problem->column_keys[column], of_columns[warp][column]);
}

inline void of_warpgroup() {
    using namespace search_hopper_cu;
    Problem problem(64, TileColumns);
    const float *norms = runner::device(problem.norms);
    if (!runner::run("reduce", reduce_group, {1, 1, 1}, {Group, 1, 1}, 4 * TileColumns * sizeof(Key),
                     &problem, norms))
        equal(1, 0, "search_hopper.cu: the status of reduce");
    problem.compare("search_hopper.cu: reduce");
    emulator::release_all();
}

} // namespace maxima
