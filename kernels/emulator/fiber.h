// A fiber: a stack of its own and the place where it was left. CUDA threads run on fibers of one
// thread of the operating system, so what a run does depends on the chosen order alone.
#pragma once
#include <cstddef>

#if !defined(__x86_64__) || defined(MUSC_UCONTEXT)
#include <ucontext.h>
#endif

namespace emulator {

struct Fiber {
    char *stack = nullptr; // lowest address
    size_t size = 0;       // bytes
#if defined(__x86_64__) && !defined(MUSC_UCONTEXT)
    void *top = nullptr; // where the registers are saved
#else
    ucontext_t context;
#endif
#ifdef __SANITIZE_ADDRESS__
    void *fake_stack = nullptr; // what the sanitizer keeps of a fiber that is left
#endif
};

// make_fiber gives the fiber a stack (kept for the next call) and lets it begin at entry, which
// must never return.
void make_fiber(Fiber &fiber, void (*entry)());

// switch_fiber leaves one fiber and goes on with another; it returns when someone switches back.
void switch_fiber(Fiber &from, Fiber &to);

// fiber_entered is to be called first by entry.
void fiber_entered();

} // namespace emulator
