// The watch over every ordinary memory access of the kernels. They are compiled with
// -fsanitize=thread, which puts a call before each access, but not linked with that sanitizer: the
// functions called are these.
#include <cstddef>

#include "memory.h"

using emulator::Access;
using emulator::check;

extern "C" {

void __tsan_init() { emulator::watching = true; } // called before main, of each unit
void __tsan_func_entry(void *) {}
void __tsan_func_exit() {}

#define WATCH(bytes)                                                                         \
    void __tsan_read##bytes(void *at) { check(at, bytes, Access::Read); }                    \
    void __tsan_write##bytes(void *at) { check(at, bytes, Access::Write); }                  \
    void __tsan_unaligned_read##bytes(void *at) { check(at, bytes, Access::Read); }          \
    void __tsan_unaligned_write##bytes(void *at) { check(at, bytes, Access::Write); }        \
    void __tsan_volatile_read##bytes(void *at) { check(at, bytes, Access::Read); }           \
    void __tsan_volatile_write##bytes(void *at) { check(at, bytes, Access::Write); }
WATCH(1)
WATCH(2)
WATCH(4)
WATCH(8)
WATCH(16)

void __tsan_read_range(void *at, size_t bytes) { check(at, bytes, Access::Read); }
void __tsan_write_range(void *at, size_t bytes) { check(at, bytes, Access::Write); }
void __tsan_vptr_update(void **, void *) {}
}
