// Where the hardware keeps what: all that the emulator knows of layouts, as the PTX ISA's figures
// have it. The check in ../layouts compares every function here with CuTe.
#pragma once
#include <cstddef>

namespace emulator {

struct Cell {
    int row, column;
};

// cell_of_sum is where sum k of a warpgroup's thread is in the product of wgmma.m64nNk16 [64,N], for
// any N: k is below N/2.
inline Cell cell_of_sum(int thread, int k) {
    return {thread / 32 * 16 + thread % 32 / 4 + k / 2 % 2 * 8,
            k / 4 * 8 + thread % 4 * 2 + k % 2};
}

// The operands of mma.m16n8k16: where half k of a lane is in a [16,16] (k below 8) and in b [16,8]
// (below 4), two of them a register, and where float k is in d [16,8] (below 4).
inline Cell cell_of_a(int lane, int k) {
    return {lane / 4 + k / 2 % 2 * 8, lane % 4 * 2 + k % 2 + k / 4 * 8};
}
inline Cell cell_of_b(int lane, int k) { return {lane % 4 * 2 + k % 2 + k / 2 * 8, lane / 4}; }
inline Cell cell_of_d(int lane, int k) { return {lane / 4 + k / 2 * 8, lane % 4 * 2 + k % 2}; }

// matrix_part is where a lane's register of ldmatrix.x4 comes from: two halves, from the column on,
// of the 8 whose address lane `row` brought.
inline Cell matrix_part(int lane, int part) { return {part * 8 + lane / 4, lane % 4 * 2}; }

// swizzled_128 is where byte `at` of a box goes with a swizzle of 128 bytes: chunks of 16 change
// places within a line of 128, by the line's number in 1024 bytes.
inline size_t swizzled_128(size_t at) { return at ^ (at >> 7 & 7) << 4; }

// A descriptor of wgmma describes a matrix of rows of 128 bytes, so swizzled.
struct Descriptor {
    size_t start, stride; // bytes: of the first row, between groups of 8 rows
    bool valid;           // the swizzle is that of 128 bytes, the rest as it asks for

    explicit Descriptor(unsigned long long bits)
        : start((bits & 0x3fff) << 4), stride((bits >> 32 & 0x3fff) << 4),
          valid(bits >> 62 == 1 && (bits >> 46 & 0xffff) == 0 && start % 1024 < 128 &&
                start % 32 == 0) {}

    // byte is where column k of a row is in shared memory.
    size_t byte(int row, int k) const {
        return swizzled_128(start + row / 8 * stride + row % 8 * 128 + k * 2);
    }
};

} // namespace emulator
