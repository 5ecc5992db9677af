// What the emulator takes the hardware for, against CuTe.
#pragma once
#include "../../emulator/layouts.h"
#include "check.h"
#include "cute.h"

namespace hardware {

using check::equal;
using check::same_cell;

// The sums of wgmma and the operands of mma and ldmatrix, value by value.
inline void fragments() {
    for (int columns : {232, 256})
        for (int thread = 0; thread < 128; thread++)
            for (int k = 0; k < columns / 2; k++)
                same_cell("cell_of_sum", thread, k, emulator::cell_of_sum(thread, k),
                          witness::cell_of_sum(columns, thread, k));
    for (int lane = 0; lane < 32; lane++) {
        for (int k = 0; k < 8; k++)
            same_cell("cell_of_a", lane, k, emulator::cell_of_a(lane, k),
                      witness::cell_of_a(lane, k));
        for (int k = 0; k < 4; k++) {
            same_cell("cell_of_b", lane, k, emulator::cell_of_b(lane, k),
                      witness::cell_of_b(lane, k));
            same_cell("cell_of_d", lane, k, emulator::cell_of_d(lane, k),
                      witness::cell_of_d(lane, k));
        }
        for (int part = 0; part < 4; part++)
            for (int k = 0; k < 2; k++) {
                emulator::Cell ours = emulator::matrix_part(lane, part);
                ours.column += k;
                same_cell("matrix_part", lane, part, ours, witness::matrix_part(lane, part, k));
            }
    }
}

// Boxes of 64 halves a row: of 128 rows, of 232 and of 256.
inline void boxes() {
    for (int rows : {128, 232, 256})
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < 64; column++)
                equal(emulator::swizzled_128((row * 64 + column) * 2),
                      witness::byte_of_128(rows, row, column),
                      "swizzled_128: half %d of row %d of %d", column, row, rows);
}

// Descriptors of all matrices that are multiplied: both warpgroups' 64 rows, 232 or 256 columns,
// each 16 channels of 64, wherever a buffer may be. make is the kernels' own, steps of them added
// as the kernels do.
template <class Make> void descriptors(Make make) {
    struct {
        int rows, count;
    } matrices[] = {{128, 64}, {232, 232}, {256, 256}};
    for (auto m : matrices)
        for (int start = 0; start + m.rows * 128 <= 227 * 1024; start += 1024)
            for (int row = 0; row < m.rows; row += m.count)
                for (int column = 0; column < 64; column += 16) {
                    unsigned long long ours = make(start + row * 128) + (column * 2 >> 4);
                    equal(ours, witness::descriptor(m.rows, m.count, row, column, start),
                          "matrix_descriptor: of %d rows from row %d, channel %d, byte %d",
                          m.count, row, column, start);
                    if (start % (64 * 1024)) continue;
                    emulator::Descriptor read(ours);
                    equal(read.valid, 1, "Descriptor: of byte %d", start);
                    for (int r = 0; r < m.count; r++)
                        for (int k = 0; k < 16; k++)
                            equal(read.byte(r, k),
                                  start + witness::byte_of_128(m.rows, row + r, column + k),
                                  "Descriptor: half %d of row %d from row %d, channel %d", k, r,
                                  row, column);
                }
}

} // namespace hardware
