// A small product on the tensor cores, right and with one fault planted.
//
//     out [16,8] = a [16,depth] b [8,depth]^T,  depth a multiple of 16
//
// Two warps: the first multiplies. Both bring 16 columns of a and of b at a time to one of two
// buffers, of 24 rows of 16 halves, with one step's copies under way while another is multiplied.
#include "../../ptx.h"

enum Fault {
    None,
    NoBarrierBefore, // the multiplication
    NoBarrierAfter,  // it: a buffer is overwritten while it is read
    WeakWait,
    NoWait,
    WrongRow, // of load_matrices: outside of what was written
    WrongBuffer,
    MisalignedCopy,
    MisalignedRow,
    CopyOutOfBounds,
    LateLane, // a lane does not take part in a product
};

extern "C" __global__ void __launch_bounds__(64)
product(float *out, const half_bits *a, const half_bits *b, int depth, int fault) {
    half_bits *buffers = dynamic_shared<half_bits>();
    int thread = threadIdx.x, lane = thread % 32;
    auto bring = [&](int step) {
        if (thread < 48 && 16 * step < depth) {
            int row = thread / 2, column = thread % 2 * 8;
            const half_bits *from = row < 16 ? a + row * depth : b + (row - 16) * depth;
            half_bits *to = buffers + step % 2 * 24 * 16 + row * 16 + column;
            if (fault == MisalignedCopy && thread == 5) to += 2;
            if (fault == CopyOutOfBounds && thread == 47) from += 16;
            copy_async(to, from + 16 * step + column, true);
        }
        commit_copies();
    };
    float d[4] = {};
    bring(0);
    for (int step = 0; 16 * step < depth; step++) {
        bring(step + 1);
        if (fault == WeakWait) wait_copies<2>();
        else if (fault != NoWait) wait_copies<1>();
        if (fault != NoBarrierBefore) __syncthreads();
        if (thread < 32 && !(fault == LateLane && thread == 9)) {
            const half_bits *buffer = buffers + step % 2 * 24 * 16;
            if (fault == WrongBuffer) buffer = buffers + (step + 1) % 2 * 24 * 16;
            unsigned rows[4], columns[4];
            const half_bits *row = buffer + lane % 16 * 16 + lane / 16 * 8;
            if (fault == WrongRow) row += 2 * 24 * 16;
            if (fault == MisalignedRow) row += 1;
            load_matrices(rows, row);
            load_matrices(columns, buffer + (16 + lane % 8) * 16 + lane / 8 % 2 * 8);
            multiply_add(d, rows, columns[0], columns[1]);
        }
        if (fault != NoBarrierAfter) __syncthreads();
    }
    if (thread >= 32) return;
    for (int k = 0; k < 4; k++)
        out[(lane / 4 + k / 2 * 8) * 8 + lane % 4 * 2 + k % 2] = d[k];
}
