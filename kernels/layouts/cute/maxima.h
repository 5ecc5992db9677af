// The maxima that the kernels' epilogues find among products that lie where CuTe says that the
// instructions leave them: they run on the emulator as in a kernel.
#pragma once
#include "../../emulator/runner.h"

#include "../../packed.h"
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

    // compare takes what is left of the similarities where a kernel subtracts norms.
    void compare(const char *what, float norms) const {
        std::vector<Key> of_rows(rows), of_columns(columns);
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) {
                float product = products[row * columns + column] - norms;
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
    problem.compare("search.cu: reduce", 0);
    emulator::release_all();
}

// A warpgroup of search_hopper.cu: 64 x Columns products. With these norms packed numbers are not
// negative and lose nothing.
constexpr float HopperNorms = 65536;

template <int Columns> void reduce_group(const Problem *problem, const float *norms) {
    using namespace search_hopper_cu;
    float products[Columns / 2];
    for (int k = 0; k < Columns / 2; k++) {
        witness::Cell at = witness::cell_of_sum(Columns, threadIdx.x, k);
        products[k] = problem->products[at.row * problem->columns + at.column];
    }
    auto &of_columns = *(int(*)[Warps][Columns])emulator::shared_memory();
    int rows[2], warp = threadIdx.x / 32;
    reduce<Columns>(products, norms, {HopperNorms, HopperNorms}, rows, of_columns[warp]);
    take_rows(problem->row_keys, rows, warp * WarpRows + threadIdx.x % 32 / 4, 0, Columns);
    __syncthreads();
    take_columns<Columns>(problem->column_keys, of_columns, 0, 0, Columns);
}

template <int Columns> void of_warpgroup() {
    using namespace search_hopper_cu;
    Problem problem(ReaderRows, Columns);
    const float *norms = runner::device(std::vector<float>(Columns));
    if (!runner::run("reduce", reduce_group<Columns>, {1, 1, 1}, {Group, 1, 1},
                     Warps * Columns * sizeof(int), &problem, norms))
        equal(1, 0, "search_hopper.cu: the status of reduce");
    problem.compare("search_hopper.cu: reduce", HopperNorms);
    emulator::release_all();
}

} // namespace maxima
