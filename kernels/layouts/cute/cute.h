// What CuTe, of NVIDIA's CUTLASS, says of the layouts that the kernels rely on.
#pragma once

namespace witness {

struct Cell {
    int row, column;
};

// Sum k of a thread of the warpgroup in the product of wgmma.m64n(columns)k16; columns are 232 or
// 256, k is below columns/2.
Cell cell_of_sum(int columns, int thread, int k);

// Half k of a lane in a [16,16] (k below 8) and b [16,8] (below 4) of mma.m16n8k16, and float k in
// its d [16,8] (below 4).
Cell cell_of_a(int lane, int k);
Cell cell_of_b(int lane, int k);
Cell cell_of_d(int lane, int k);

// Half k (0 or 1) of a lane's register of ldmatrix.x4: the lane that brought the address of its
// row, and which of the 8 halves there.
Cell matrix_part(int lane, int part, int k);

// Where [rows,64] halves, K-major with a swizzle of 128 bytes, have one: its byte. Rows are 128,
// 232 or 256.
int byte_of_128(int rows, int row, int column);

// The same for [128,32] halves with a swizzle of 64 bytes.
int byte_of_64(int row, int column);

// The descriptor of a matrix of [count,16] halves within such [rows,64], from row and column on, if
// these begin at byte `start` of shared memory, a multiple of 1024. Rows, count: 128, 64 or as many
// as rows.
unsigned long long descriptor(int rows, int count, int row, int column, int start);

} // namespace witness
