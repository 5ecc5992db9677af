#include "block.h"

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "fiber.h"
#include "memory.h"
#include "order.h"

emulator::Index threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

int running = -1;
unsigned long long multiplied;

enum class Wait { No, Barrier, Warp, Partial, Condition, Ended };

struct Thread {
    Fiber fiber;
    Index index;
    Wait wait;
    const char *what;
    Here place;
    unsigned mask;      // of a collective
    int number;         // of a partial barrier
    Condition is;       // of a condition
    const void *of;     //
};

static Thread threads[max_threads];
static int all_threads[max_threads]; // 0, 1, 2...
static int size, ended, at_barrier;
static Lanes lanes[(max_threads + 31) / 32];
static unsigned collecting[(max_threads + 31) / 32]; // lanes that wait at a collective
static unsigned ready[(max_threads + 31) / 32];      // lanes that can go on
static Fiber launching;                              // the fiber that called launch
static Order order;
static bool failed;
static const char *kernel;
static Call call_kernel;
static void **kernel_arguments;

int block_size() { return size; }

static bool same(Here a, Here b) {
    return a.line == b.line && (a.file == b.file || !strcmp(a.file, b.file));
}

static const char *base(const char *file) {
    const char *slash = strrchr(file, '/');
    return slash ? slash + 1 : file;
}

void fail(const char *format, ...) {
    char text[400];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    fprintf(stderr, "emulator: kernel %s, block (%u, %u, %u), thread %d: %s\n", kernel, blockIdx.x,
            blockIdx.y, blockIdx.z, running, text);
    failed = true;
    Fiber &from = threads[running].fiber;
    running = -1;
    switch_fiber(from, launching);
    __builtin_unreachable(); // a fiber that failed is not gone on with
}

static void let_go(int thread) {
    threads[thread].wait = Wait::No;
    ready[thread / 32] |= 1u << thread % 32;
}

// stuck explains why no thread can go on.
[[noreturn]] static void stuck() {
    int first = 0;
    while (threads[first].wait == Wait::Ended) first++;
    const Thread &t = threads[first];
    for (int i = 0; i < size; i++) {
        const Thread &other = threads[i];
        if (t.wait == Wait::Warp && (i / 32 != first / 32 || !(t.mask >> i % 32 & 1))) continue;
        if (other.wait == t.wait && t.wait != Wait::Ended) continue;
        char where[200] = "has ended";
        if (other.wait != Wait::Ended)
            snprintf(where, sizeof where, "waits at %s (%s:%d)", other.what, base(other.place.file),
                     other.place.line);
        fail("%s: thread %d waits at %s (%s:%d), thread %d %s",
             t.wait == Wait::Warp ? "a lane is missing" : "divergence at a barrier", first, t.what,
             base(t.place.file), t.place.line, i, where);
    }
    fail("deadlock: thread %d waits at %s (%s:%d) for what nobody brings", first, t.what,
         base(t.place.file), t.place.line);
}

// ask lets those go on whose condition has come true.
static bool ask() {
    bool any = false;
    for (int i = 0; i < size; i++)
        if (threads[i].wait == Wait::Condition && threads[i].is(threads[i].of)) {
            let_go(i);
            any = true;
        }
    return any;
}

// go_on leaves the thread that runs; it returns when the thread is chosen again.
static void go_on() {
    int next;
    while ((next = order.choose(ready, (size + 31) / 32)) < 0)
        if (!ask() && !step_tensors(order.number())) stuck();
    ready[next / 32] &= ~(1u << next % 32);
    if (next == running) return;
    Fiber &from = threads[running].fiber;
    running = next;
    threadIdx = threads[next].index;
    switch_fiber(from, threads[next].fiber);
}

static void wait(Wait wait, const char *what, Here place) {
    Thread &t = threads[running];
    t.wait = wait;
    t.what = what;
    t.place = place;
    go_on();
}

static void must_meet(const Thread &other, int number, const char *what, Here place) {
    if (same(other.place, place) && !strcmp(other.what, what)) return;
    fail("divergence: at %s (%s:%d), but thread %d waits at %s (%s:%d)", what, base(place.file),
         place.line, number, other.what, base(other.place.file), other.place.line);
}

void barrier(const char *what, Here place) {
    if (at_barrier)
        for (int i = 0; i < size; i++)
            if (threads[i].wait == Wait::Barrier) {
                must_meet(threads[i], i, what, place);
                break; // the others met it
            }
    if (++at_barrier < size) return wait(Wait::Barrier, what, place);
    at_barrier = 0;
    synchronise(all_threads, size);
    for (int i = 0; i < size; i++)
        if (i != running) let_go(i);
}

void collective(const char *what, unsigned mask, void *mine, Exchange run, Here place) {
    int warp = running / 32, lane = running % 32;
    unsigned me = 1u << lane;
    if (!(mask & me)) fail("%s by a lane that is not in the mask %08x", what, mask);
    int last = size - 32 * warp; // the last warp may not be a whole one
    if (last < 32 && mask >> last)
        fail("%s: a lane is missing: the block has no such thread", what);
    unsigned waiting = collecting[warp] & mask;
    if (waiting) {
        int other = 32 * warp + __builtin_ctz(waiting);
        must_meet(threads[other], other, what, place);
        if (threads[other].mask != mask)
            fail("%s: mask %08x, but thread %d has mask %08x", what, mask, other,
                 threads[other].mask);
    }
    Lanes &l = lanes[warp];
    l.of[lane] = mine;
    if ((waiting | me) != mask) {
        collecting[warp] |= me;
        threads[running].mask = mask;
        return wait(Wait::Warp, what, place);
    }
    collecting[warp] &= ~mask;
    l.mask = mask;
    l.first = 32 * warp;
    run(l);
    ready[warp] |= mask & ~me;
    for (unsigned rest = mask & ~me; rest; rest &= rest - 1)
        threads[32 * warp + __builtin_ctz(rest)].wait = Wait::No;
}

void partial_barrier(const char *what, int number, int count, Here place) {
    if (number < 0 || number > 15) fail("%s: there is no barrier %d", what, number);
    if (count % 32 || count <= 0 || count > size) fail("%s: %d threads", what, count);
    int members[max_threads], found = 0;
    for (int i = 0; i < size; i++)
        if (threads[i].wait == Wait::Partial && threads[i].number == number) members[found++] = i;
    threads[running].number = number;
    threads[running].mask = count;
    if (found && (int)threads[members[0]].mask != count)
        fail("divergence: %s %d for %d threads, thread %d for %d", what, number, count, members[0],
             (int)threads[members[0]].mask);
    if (found + 1 < count) return wait(Wait::Partial, what, place);
    for (int i = 0; i < found; i++) let_go(members[i]);
    members[found++] = running;
    synchronise(members, found);
}

void wait_until(const char *what, Condition is, const void *of, Here place) {
    threads[running].is = is;
    threads[running].of = of;
    wait(Wait::Condition, what, place);
}

static void begin() { // of a fiber
    fiber_entered();
    call_kernel(kernel_arguments);
    threads[running].wait = Wait::Ended;
    if (++ended < size) go_on();
    else end_block_tensors();
    Fiber &from = threads[running].fiber;
    running = -1;
    switch_fiber(from, launching);
}

static void run_block() {
    memset(ready, 0, sizeof ready);
    memset(collecting, 0, sizeof collecting);
    memset(lanes, 0, sizeof lanes);
    ended = at_barrier = 0;
    begin_block_copies();
    begin_block_tensors();
    begin_block_products();
    begin_block_memory(size);
    for (int i = 0; i < size; i++) {
        unsigned x = i % blockDim.x, rest = i / blockDim.x;
        threads[i].index = {x, rest % blockDim.y, rest / blockDim.y};
        all_threads[i] = i;
        make_fiber(threads[i].fiber, begin);
        let_go(i);
    }
    running = order.choose(ready, (size + 31) / 32);
    ready[running / 32] &= ~(1u << running % 32);
    threadIdx = threads[running].index;
    switch_fiber(launching, threads[running].fiber);
}

int launch(const char *name, Call call, const unsigned grid[3], const unsigned block[3],
           unsigned shared_bytes, void **arguments) {
    unsigned long long all = (unsigned long long)block[0] * block[1] * block[2];
    if (all == 0 || all > (unsigned)max_threads || !set_shared_memory(shared_bytes)) {
        fprintf(stderr, "emulator: kernel %s: %llu threads or %u bytes of shared memory a block\n",
                name, all, shared_bytes);
        return 1;
    }
    kernel = name;
    call_kernel = call;
    kernel_arguments = arguments;
    size = (int)all;
    failed = false;
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    order = Order::chosen();
    begin_launch_memory();
    unsigned long long blocks = (unsigned long long)grid[0] * grid[1] * grid[2];
    for (unsigned long long i = 0; i < blocks && !failed; i++) {
        unsigned long long b = order.block(i, blocks);
        blockIdx = {unsigned(b % grid[0]), unsigned(b / grid[0] % grid[1]),
                    unsigned(b / grid[0] / grid[1])};
        run_block();
    }
    return failed;
}

} // namespace emulator
