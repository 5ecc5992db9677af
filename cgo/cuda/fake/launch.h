// What a shared object of CPU-executed kernels offers to the fake driver (driver.cpp), which opens
// the one that $MUSC_FAKE_KERNELS names and finds the table by the symbol musc_kernels.
#ifndef MUSC_FAKE_LAUNCH_H
#define MUSC_FAKE_LAUNCH_H

#ifdef __cplusplus
extern "C" {
#endif

// One launch, done when it returns. grid and block are in blocks and threads (x, y, z);
// shared_bytes is the dynamic shared memory of a block; args[i] points at the i-th argument, as
// cuLaunchKernel's kernelParams does (a device address is the address of host memory).
// Anything but 0 is a failed launch: the fake answers CUDA_ERROR_LAUNCH_FAILED from then on, as a
// broken context does. The reason goes to standard error.
typedef int (*musc_emulated_kernel)(const unsigned grid[3], const unsigned block[3],
                                    unsigned shared_bytes, void **args);

struct musc_kernel_entry {
    const char *name; // as in the cubin: extern "C"
    musc_emulated_kernel run;
};

// Ended by an entry whose name is null. In C++ define it within extern "C", and not as a plain
// const (which would be local to its file).
extern const struct musc_kernel_entry musc_kernels[];

// What the fake's cuTensorMapEncodeTiled writes into the 128 bytes of a CUtensorMap: emulated
// kernels read it where a GPU's copy engine reads its own form. Dimensions are fastest first.
struct musc_tensor_map {
    unsigned long long address;    // of host memory
    unsigned long long shape[5];   // elements
    unsigned long long strides[4]; // bytes, from the second dimension on
    unsigned box[5];               // elements
    unsigned char rank, type, swizzle; // the last two as cuda.h numbers them
    unsigned char element_bytes;
    unsigned magic; // MUSC_TENSOR_MAP
};
#define MUSC_TENSOR_MAP 0x4d755363u

#ifdef __cplusplus
}
#endif

#endif
