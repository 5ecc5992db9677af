// What the cases of main.cpp run kernels with.
#pragma once
#include <cstring>
#include <vector>

#include "entry.h"
#include "memory.h"

namespace runner {

// device copies values to new device memory.
template <class T> T *device(const std::vector<T> &values) {
    auto *at = (T *)emulator::allocate(values.size() * sizeof(T));
    memcpy((void *)at, values.data(), values.size() * sizeof(T));
    emulator::host_wrote(at, values.size() * sizeof(T));
    return at;
}

// output is new device memory that nobody wrote to.
template <class T> T *output(size_t count) { return (T *)emulator::allocate(count * sizeof(T)); }

template <class T> struct Same {
    using type = T;
};

template <class... A> void call(void **arguments) {
    emulator::call_with(*(void (**)(A...))arguments[sizeof...(A)], arguments);
}

// run launches a kernel as its declaration says; true: it went well.
template <class... A>
bool run(const char *name, void (*kernel)(A...), emulator::Index grid, emulator::Index block,
         unsigned shared_bytes, typename Same<A>::type... arguments) {
    void *pointers[] = {(void *)&arguments..., &kernel};
    unsigned blocks[] = {grid.x, grid.y, grid.z}, threads[] = {block.x, block.y, block.z};
    return emulator::launch(name, call<A...>, blocks, threads, shared_bytes, pointers) == 0;
}

// Random numbers, the same everywhere.
class Random {
  public:
    explicit Random(unsigned long long seed) : state(seed * 2 + 1) {}
    unsigned bits() {
        state = state * 6364136223846793005ull + 1442695040888963407ull; // Knuth's MMIX
        return state >> 32;
    }
    float between(float low, float high) { return low + (bits() >> 8) * 0x1p-24f * (high - low); }

  private:
    unsigned long long state;
};

} // namespace runner
