// Modules and launches. A kernel must be in the image and in the table of emulated kernels.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>

#include "driver.h"

namespace fake {

static std::set<Module *> modules;

// emulated finds a kernel in the table of the shared object; libraries stay open.
static musc_emulated_kernel emulated(const char *name) {
    const char *path = getenv("MUSC_FAKE_KERNELS");
    void *library = path && *path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
    auto *entry = library ? (const musc_kernel_entry *)dlsym(library, "musc_kernels") : nullptr;
    if (!entry) {
        fprintf(stderr, "fake driver: no musc_kernels in $MUSC_FAKE_KERNELS: %s\n",
                path && *path ? dlerror() : "it is not set");
        return nullptr;
    }
    for (; entry->name; entry++)
        if (!strcmp(entry->name, name)) return entry->run;
    fprintf(stderr, "fake driver: %s has no kernel %s\n", path, name);
    return nullptr;
}

static Function *function_of(CUfunction handle) {
    for (auto *module : modules)
        for (auto &function : module->functions)
            if ((CUfunction)function.second.get() == handle) return function.second.get();
    return nullptr;
}

// Arguments are copied when the kernel is launched, at the alignment of the strictest.
struct Arguments {
    std::vector<void *> pointers;
    Arguments(const Sizes &sizes, void **from) {
        for (size_t i = 0; i < sizes.size(); i++) {
            void *copy = aligned_alloc(64, (sizes[i] + 63) / 64 * 64);
            pointers.push_back(memcpy(copy, from[i], sizes[i]));
        }
    }
    Arguments(const Arguments &) = delete;
    ~Arguments() {
        for (void *pointer : pointers) free(pointer);
    }
};

static bool within(const unsigned dim[3], unsigned x, unsigned y, unsigned z) {
    return dim[0] && dim[1] && dim[2] && dim[0] <= x && dim[1] <= y && dim[2] <= z;
}

static CUresult launch(const CUlaunchConfig &c, CUfunction handle, void **arguments) {
    FAULT("launch");
    Function *function = function_of(handle);
    Stream *stream = stream_of(c.hStream);
    if (!function || !stream) return CUDA_ERROR_INVALID_HANDLE;
    std::vector<unsigned> grid{c.gridDimX, c.gridDimY, c.gridDimZ};
    std::vector<unsigned> block{c.blockDimX, c.blockDimY, c.blockDimZ};
    if (!within(grid.data(), 0x7fffffff, 65535, 65535) || !within(block.data(), 1024, 1024, 64) ||
        block[0] * block[1] * block[2] > 1024 || c.sharedMemBytes > function->shared_limit)
        return CUDA_ERROR_INVALID_VALUE;
    for (unsigned i = 0; i < c.numAttrs; i++) {
        auto &attribute = c.attrs[i];
        if (capability() < 90) return CUDA_ERROR_INVALID_VALUE;
        if (attribute.id != CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION) continue;
        auto &cluster = attribute.value.clusterDim;
        if (!cluster.x || !cluster.y || !cluster.z || cluster.x * cluster.y * cluster.z > 8 ||
            grid[0] % cluster.x || grid[1] % cluster.y || grid[2] % cluster.z)
            return CUDA_ERROR_INVALID_VALUE;
    }
    auto copied = std::make_shared<Arguments>(function->parameters, arguments);
    CUresult fault = injected("run");
    auto run = function->run;
    unsigned shared = c.sharedMemBytes;
    std::string how = misbehaviour(function->name);
    submit(*stream, [=] {
        if (fault || run(grid.data(), block.data(), shared, copied->pointers.data()))
            state().broken = fault ? fault : CUDA_ERROR_LAUNCH_FAILED;
        misbehave(how, copied->pointers.data());
    });
    return CUDA_SUCCESS;
}

} // namespace fake

API cuModuleLoadData(CUmodule *module, const void *image) {
    ENTER();
    FAULT("load");
    size_t size = fake::image_size((const char *)image);
    if (!size) return CUDA_ERROR_INVALID_IMAGE;
    auto loaded = new fake::Module{std::string((const char *)image, size), {}};
    if (!fake::fits(loaded->image, fake::capability())) {
        delete loaded;
        return CUDA_ERROR_NO_BINARY_FOR_GPU;
    }
    fake::modules.insert(loaded);
    *module = (CUmodule)loaded;
    return CUDA_SUCCESS;
}

API cuModuleUnload(CUmodule handle) {
    ENTER();
    auto *module = (fake::Module *)handle;
    if (!fake::modules.erase(module)) return CUDA_ERROR_INVALID_HANDLE;
    fake::run_all();
    delete module;
    return CUDA_SUCCESS;
}

API cuModuleGetFunction(CUfunction *function, CUmodule handle, const char *name) {
    ENTER();
    auto *module = (fake::Module *)handle;
    if (!fake::modules.count(module)) return CUDA_ERROR_INVALID_HANDLE;
    auto &known = module->functions[name];
    if (!known) {
        fake::Sizes parameters;
        musc_emulated_kernel run = nullptr;
        if (!fake::parameters_of(module->image, name, parameters) ||
            !(run = fake::emulated(name))) {
            module->functions.erase(name);
            return CUDA_ERROR_NOT_FOUND;
        }
        known.reset(new fake::Function{name, run, parameters});
    }
    *function = (CUfunction)known.get();
    return CUDA_SUCCESS;
}

API cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
    ENTER();
    auto *function = fake::function_of(handle);
    if (!function) return CUDA_ERROR_INVALID_HANDLE;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES || value < 0 ||
        value > fake::shared_memory())
        return CUDA_ERROR_INVALID_VALUE;
    function->shared_limit = value;
    return CUDA_SUCCESS;
}

API cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction handle) {
    ENTER();
    auto *function = fake::function_of(handle);
    if (!function) return CUDA_ERROR_INVALID_HANDLE;
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES)
        return CUDA_ERROR_INVALID_VALUE;
    *value = (int)function->shared_limit;
    return CUDA_SUCCESS;
}

API cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx,
                   unsigned by, unsigned bz, unsigned shared, CUstream stream, void **arguments,
                   void **extra) {
    ENTER();
    if (extra) return CUDA_ERROR_INVALID_VALUE;
    return fake::launch({gx, gy, gz, bx, by, bz, shared, stream, nullptr, 0}, function, arguments);
}

API cuLaunchKernelEx(const CUlaunchConfig *config, CUfunction function, void **arguments,
                     void **extra) {
    ENTER();
    if (extra) return CUDA_ERROR_INVALID_VALUE;
    return fake::launch(*config, function, arguments);
}
