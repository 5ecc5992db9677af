// architectures: sm_90a
// A kernel to try tensor maps on: the tensor memory accelerator brings one box of 8 x 32 floats,
// its first column and row at (x, y), to shared memory, and the block of 256 threads writes it to
// out [8,32]. What lies outside of the array is 0.
struct alignas(64) TensorMap { // as large as CUtensorMap, whose content only the hardware reads
    unsigned long long opaque[16];
};

static __device__ unsigned shared_address(const void *p) {
    return (unsigned)__cvta_generic_to_shared(p);
}

extern "C" __global__ void __launch_bounds__(256)
copy_box(float *out, const __grid_constant__ TensorMap map, int x, int y) {
    __shared__ alignas(128) float box[8 * 32];
    __shared__ alignas(8) unsigned long long arrived;
    unsigned barrier = shared_address(&arrived);
    if (threadIdx.x == 0) {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier));
        asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;"
                     ::"r"(barrier), "r"((int)sizeof box) : "memory");
        asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.tile"
                     ".mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                     ::"r"(shared_address(box)), "l"(&map), "r"(x), "r"(y), "r"(barrier)
                     : "memory");
    }
    __syncthreads(); // the barrier is there for everybody
    asm volatile("{\n"
                 ".reg .pred done;\n"
                 "again: mbarrier.try_wait.parity.shared::cta.b64 done, [%0], 0;\n"
                 "@!done bra again;\n"
                 "}" ::"r"(barrier) : "memory");
    out[threadIdx.x] = box[threadIdx.x];
}
