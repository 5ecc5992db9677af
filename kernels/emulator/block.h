// The block that runs: one fiber a CUDA thread, and the places where threads wait for each other.
// Blocks run one after the other. Which of the threads that can go on does so next is chosen by
// $MUSC_EMULATOR_ORDER: the first (forward, the default), the last (reverse), or any (a number:
// the seed). Blocks come in that order, too. A thread goes on until it has to wait, so that what is
// not ordered by a barrier happens far apart.
#pragma once

namespace emulator {

struct Index {
    unsigned x, y, z;
};

// Here is a place in the kernels' source; as a default argument that of the call.
struct Here {
    const char *file;
    int line;
};
inline Here here(const char *file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
}

extern int running; // the thread that runs, counted within the block; -1: none
inline int current_thread() { return running; }
int block_size(); // threads

// fail ends the launch: the thread that runs did what is not allowed.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// barrier waits for all threads of the block, at the same place.
void barrier(const char *what, Here place);

// collective waits until all lanes of the mask are at the same place of the same warp, and then
// has their contributions exchanged: run gets each lane's mine, null for lanes not in the mask.
struct Lanes {
    void *of[32];
    unsigned mask;
    int first; // thread of lane 0
};
using Exchange = void (*)(const Lanes &lanes);
void collective(const char *what, unsigned mask, void *mine, Exchange run, Here place);

// partial_barrier is bar.sync: it waits until so many threads are at the barrier of that number.
void partial_barrier(const char *what, int number, int count, Here place);

// wait_until waits until something is so. Such threads are asked only when no other can go on,
// after what is asynchronous was given the time for one more step.
using Condition = bool (*)(const void *of);
void wait_until(const char *what, Condition is, const void *of, Here place);

// multiplied counts the products of two numbers that tensor cores took, in all launches.
extern unsigned long long multiplied;

// launch runs a kernel; 0: it went well.
using Call = void (*)(void **arguments);
int launch(const char *name, Call call, const unsigned grid[3], const unsigned block[3],
           unsigned shared_bytes, void **arguments);

// What a block leaves behind is dropped when the next begins, and what is under way takes one step
// (false: nothing is). Defined where the asynchronous work is.
void begin_block_copies();
void begin_block_tensors();
void begin_block_products();
void end_block_tensors(); // fails if a copy is still under way
bool step_tensors(unsigned random);

} // namespace emulator
