// How a kernel gets into the table: MUSC_KERNEL(namespace, name) is its row.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include "block.h"
#include "launch.h"

namespace emulator {

template <class... A, size_t... I>
void call_with(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*(std::remove_const_t<A> *)arguments[I]...);
}
template <class... A> void call_with(void (*kernel)(A...), void **arguments) {
    call_with(kernel, arguments, std::index_sequence_for<A...>());
}

// Entry makes a function of the table's type of a kernel.
template <auto *Kernel> struct Entry {
    static void call(void **arguments) { call_with(Kernel, arguments); }
    static int run(const unsigned grid[3], const unsigned block[3], unsigned shared_bytes,
                   void **arguments) {
        const char *called = "?";
        for (auto *entry = musc_kernels; entry->name; entry++)
            if (entry->run == run) called = entry->name;
        return launch(called, call, grid, block, shared_bytes, arguments);
    }
};

} // namespace emulator

#define MUSC_KERNEL(space, name) {#name, emulator::Entry<&space::name>::run}
#define MUSC_KERNELS \
    extern "C" __attribute__((visibility("default"))) const musc_kernel_entry musc_kernels[]
