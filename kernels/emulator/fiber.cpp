#include "fiber.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulator {

constexpr size_t stack_bytes = 256 << 10; // the sanitizers' builds need about 100 KiB

static void make_stack(Fiber &fiber) {
    if (!fiber.stack) {
        void *memory = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            perror("emulator: no memory for a stack");
            abort();
        }
        fiber.stack = (char *)memory;
        fiber.size = stack_bytes;
    }
#ifdef __SANITIZE_ADDRESS__
    ASAN_UNPOISON_MEMORY_REGION(fiber.stack, fiber.size); // a fiber may have been abandoned
    fiber.fake_stack = nullptr;
#endif
}

#if defined(__x86_64__) && !defined(MUSC_UCONTEXT)
// swapcontext asks the kernel for the signal mask twice; this saves what a callee must, no more.
extern "C" void musc_switch_stack(void **from, void *to);
asm(".text\n"
    ".globl musc_switch_stack\n"
    ".hidden musc_switch_stack\n"
    ".type musc_switch_stack, @function\n"
    "musc_switch_stack:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rsp, (%rdi)\n"
    "mov %rsi, %rsp\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n"
    "ret\n"
    ".size musc_switch_stack, . - musc_switch_stack\n");

void make_fiber(Fiber &fiber, void (*entry)()) {
    make_stack(fiber);
    void **top = (void **)(fiber.stack + fiber.size);
    *--top = nullptr;       // where entry would return to; keeps its frame aligned to 16
    *--top = (void *)entry; // where the first switch returns to
    fiber.top = top - 6;    // six registers of any content
}

static void exchange(Fiber &from, Fiber &to) { musc_switch_stack(&from.top, to.top); }
#else
void make_fiber(Fiber &fiber, void (*entry)()) {
    make_stack(fiber);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack;
    fiber.context.uc_stack.ss_size = fiber.size;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, entry, 0);
}

static void exchange(Fiber &from, Fiber &to) { swapcontext(&from.context, &to.context); }
#endif

#ifdef __SANITIZE_ADDRESS__
static Fiber *left; // the fiber that was last switched from

// arrived tells the sanitizer which stack is in use and learns the bounds of the one left: that of
// the operating system's thread is known to nobody else.
static void arrived(Fiber *self) {
    const void *bottom = nullptr;
    size_t size = 0;
    __sanitizer_finish_switch_fiber(self ? self->fake_stack : nullptr, &bottom, &size);
    if (left && !left->stack) {
        left->stack = (char *)bottom;
        left->size = size;
    }
}

void fiber_entered() { arrived(nullptr); }

void switch_fiber(Fiber &from, Fiber &to) {
    left = &from;
    __sanitizer_start_switch_fiber(&from.fake_stack, to.stack, to.size);
    exchange(from, to);
    arrived(&from);
}
#else
void fiber_entered() {}
void switch_fiber(Fiber &from, Fiber &to) { exchange(from, to); }
#endif

} // namespace emulator
