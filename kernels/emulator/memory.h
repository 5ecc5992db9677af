// The memory that kernels see, and the watch over it. Device memory is one arena with redzones
// between the allocations; shared memory is filled anew for every block. With the watch on (the
// build whose memory accesses call watch.cpp), each word of 2 bytes remembers who wrote and read it
// and when, and an access is refused that
//
//	- lies outside of an allocation or of the shared memory,
//	- reads what nobody wrote,
//	- touches what an asynchronous copy is still to bring,
//	- conflicts with another thread's access and is not ordered after it by a barrier: a race.
//
// Time is the number of synchronisations so far. What thread u did before time T is ordered before
// what t does now if T <= known(t, u).
#pragma once
#include <cstddef>
#include <cstdint>

namespace emulator {

enum class Access { Read, Write, Atomic };

// Device memory. Addresses are those of host memory. allocate aborts if the arena is full.
void *allocate(size_t bytes);
void release_all();
void host_wrote(void *device, size_t bytes); // as a copy to the device does: it is defined now

// Shared memory of the block that runs.
char *shared_memory();          // dynamic
unsigned shared_memory_bytes(); // dynamic
bool set_shared_memory(unsigned bytes); // false: a GPU has less
bool in_shared(const void *address, size_t bytes); // dynamic or static

// Called by the scheduler.
void begin_launch_memory();
void begin_block_memory(int threads);
void synchronise(const int *threads, int count); // a barrier among these threads
uint32_t now();

constexpr int max_threads = 512; // of a block

// Agents read and write beside the threads: the tensor cores of each warp, and what brings tiles.
constexpr int tensor_cores = max_threads, copy_engine = tensor_cores + max_threads / 32;
constexpr int actors = copy_engine + 1;

// Orderings that are no barriers: what releases a token knows is known to those that acquire it.
struct Token {
    uint32_t known[actors] = {};
};
void release_to(Token &token, int thread);
void acquire_from(const Token &token, int thread);

// check refuses a bad access of the running thread, by fail(); check_as one of another thread, for
// which the running one acts. Addresses that are neither device nor shared memory are of no
// concern.
void check(const void *address, size_t bytes, Access access);
void check_as(int thread, const void *address, size_t bytes, Access access);

// An asynchronous copy: from begin to end nobody may touch the words; at its end they are written
// by the thread, or by the copy engine.
void begin_copy(const void *shared, size_t bytes);
void end_copy(const void *shared, size_t bytes, int writer);
extern bool watching; // false: none of the above checks anything

} // namespace emulator
