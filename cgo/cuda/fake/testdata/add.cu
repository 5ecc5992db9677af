// A kernel to try the toolchain, the driver's bindings and the fake driver on:
//
//     out[i] = a[i] + scale * b[i],  i < n
//
// The sum goes through dynamic shared memory, one float a thread. scale is a by-value parameter of
// 4 bytes between those of 8, so that a wrong argument size is noticed.
extern "C" __global__ void __launch_bounds__(256)
add_scaled(float *out, const float *a, const float *b, float scale, unsigned n) {
    extern __shared__ float sums[];
    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    sums[threadIdx.x] = fmaf(scale, b[i], a[i]);
    out[i] = sums[threadIdx.x];
}
