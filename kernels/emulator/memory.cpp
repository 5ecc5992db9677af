#include "memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "block.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

// The static __shared__ variables of all kernels: cuda.h puts them into this section.
extern "C" {
extern char __start_musc_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_musc_shared[] __attribute__((weak, visibility("hidden")));
}

namespace emulator {

bool watching = false;

constexpr size_t arena_bytes = 256 << 20;
constexpr size_t redzone = 256; // also the alignment, as cuMemAlloc's
constexpr size_t dynamic_bytes = 227 << 10, shared_redzone = 4096;
constexpr size_t granule = 2; // bytes of a word: as large as the smallest that kernels store
// Warps and agents, whose reads a word of shared memory remembers apart.
constexpr int warps = max_threads / 32 + actors - tensor_cores;

// Readers at the same time: several of a warp, whose number is added, or of more than one.
constexpr uint16_t several_of_warp = 0x8000, several = 0xffff;

// A word remembers the last write and, for each slot, the last read and who read then.
template <int Slots> struct Word {
    uint32_t written; // time + 1; 0: never
    uint16_t writer;
    bool atomic;  // by an atomic operation
    bool pending; // an asynchronous copy is under way
    uint32_t read[Slots]; // time + 1; 0: never
    uint16_t reader[Slots];
};
using SharedWord = Word<warps>;
using DeviceWord = Word<1>;

template <class T> static T *reserve(size_t count) {
    void *memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        perror("emulator: no memory");
        abort();
    }
    return (T *)memory;
}

struct Span {
    size_t first, last; // offsets in the arena
};

static char *arena;
static DeviceWord *arena_words;
static std::vector<Span> spans; // allocations, ascending
static char *dynamic_region;    // redzone, dynamic shared memory, redzone
static unsigned dynamic_used;
static SharedWord *dynamic_words, *static_words;
static uint32_t clock_now = 1, launch_start, block_start;
static uint32_t *known; // [actors, actors]
static int block_threads;

uint32_t now() { return clock_now; }

#ifdef __SANITIZE_ADDRESS__ // the sanitizer watches allocations that it made itself
static std::vector<void *> allocations;
void *allocate(size_t bytes) {
    void *memory = nullptr;
    if (posix_memalign(&memory, redzone, bytes)) abort();
    allocations.push_back(memory);
    return memset(memory, 0xff, bytes);
}
void release_all() {
    for (void *allocation : allocations) free(allocation);
    allocations.clear();
}
#else
static size_t used;
void *allocate(size_t bytes) {
    if (!arena) {
        arena = reserve<char>(arena_bytes);
        arena_words = reserve<DeviceWord>(arena_bytes / granule);
    }
    size_t first = used + redzone;
    if (first + bytes + 2 * redzone > arena_bytes) {
        fprintf(stderr, "emulator: %zu bytes do not fit in the device memory\n", bytes);
        abort();
    }
    used = (first + bytes + redzone - 1) / redzone * redzone;
    spans.push_back({first, first + bytes});
    memset(arena + first, 0xff, bytes); // NaN
    if (watching)
        memset(&arena_words[first / granule], 0, (bytes / granule + 1) * sizeof(DeviceWord));
    return arena + first;
}
void release_all() {
    used = 0;
    spans.clear();
}
#endif

static DeviceWord *device_word(const void *address) {
    return &arena_words[((const char *)address - arena) / granule];
}

void host_wrote(void *device, size_t bytes) {
    if (!watching) return;
    for (size_t at = 0; at < bytes; at += granule) device_word((char *)device + at)->written = 1;
}

char *shared_memory() {
    if (!dynamic_region) dynamic_region = reserve<char>(dynamic_bytes + 2 * shared_redzone);
    return dynamic_region + shared_redzone;
}
unsigned shared_memory_bytes() { return dynamic_used; }
bool set_shared_memory(unsigned bytes) {
    if (bytes > dynamic_bytes) return false;
    dynamic_used = bytes;
#ifdef __SANITIZE_ADDRESS__
    ASAN_POISON_MEMORY_REGION(shared_memory() - shared_redzone, dynamic_bytes + 2 * shared_redzone);
    ASAN_UNPOISON_MEMORY_REGION(shared_memory(), bytes);
#endif
    return true;
}

static size_t static_bytes() { return __stop_musc_shared - __start_musc_shared; }

void begin_launch_memory() {
    launch_start = ++clock_now;
    if (watching && !known) {
        known = reserve<uint32_t>(actors * actors);
        dynamic_words = reserve<SharedWord>(dynamic_bytes / granule);
        static_words = reserve<SharedWord>(static_bytes() / granule + 1);
    }
}

void begin_block_memory(int threads) {
    block_start = ++clock_now;
    block_threads = threads;
    memset(shared_memory(), 0xff, dynamic_used);
    if (static_bytes()) memset(__start_musc_shared, 0xff, static_bytes());
    if (!watching) return;
    std::fill_n(known, threads * actors, block_start);
    std::fill_n(&known[tensor_cores * actors], (actors - tensor_cores) * actors, block_start);
}

static uint32_t &knows(int thread, int other) { return known[thread * actors + other]; }

// join makes to the latest of both, for every thread of the block and every agent.
static void join(uint32_t *to, const uint32_t *from) {
    for (int u = 0; u < block_threads; u++) to[u] = std::max(to[u], from[u]);
    for (int u = tensor_cores; u < actors; u++) to[u] = std::max(to[u], from[u]);
}

void synchronise(const int *threads, int count) {
    clock_now++;
    if (!watching) return;
    // What any of them knows of the others, all of them know now; of each other they know all.
    static uint32_t joined[actors];
    std::fill_n(joined, actors, 0);
    if (count == block_threads) {
        std::fill_n(joined, block_threads, clock_now);
        for (int i = 0; i < count; i++)
            for (int u = tensor_cores; u < actors; u++)
                joined[u] = std::max(joined[u], knows(threads[i], u));
    } else {
        for (int i = 0; i < count; i++) join(joined, &knows(threads[i], 0));
        for (int i = 0; i < count; i++) joined[threads[i]] = clock_now;
    }
    for (int i = 0; i < count; i++) join(&knows(threads[i], 0), joined);
}

void release_to(Token &token, int actor) {
    clock_now++;
    if (!watching) return;
    if (actor != copy_engine) join(token.known, &knows(actor, 0));
    token.known[actor] = clock_now;
}

void acquire_from(const Token &token, int actor) {
    if (watching) join(&knows(actor, 0), token.known);
}

// both are the readers and one thread more.
static uint16_t both(uint16_t readers, int thread) {
    int warp = readers < several_of_warp ? readers / 32 : readers - several_of_warp;
    return warp == thread / 32 ? several_of_warp + warp : several;
}

// conflicts says whether an access at a time (plus 1) by another, or by several of a warp or block,
// is not ordered before thread's.
static bool conflicts(uint32_t at, int by, int thread, bool shared) {
    if (at == 0 || at - 1 < (shared ? block_start : launch_start)) return false;
    if (at - 1 < block_start) return true; // another block's
    if (by < several_of_warp) return by != thread && at - 1 >= knows(thread, by);
    int first = by == several ? 0 : 32 * (by - several_of_warp);
    int last = by == several ? block_threads : std::min(first + 32, block_threads);
    for (int u = first; u < last; u++)
        if (u != thread && at - 1 >= knows(thread, u)) return true;
    return false;
}

static bool within(const char *p, const char *first, size_t bytes) {
    return p >= first && p < first + bytes;
}

[[noreturn]] static void refuse(const char *problem, const void *address, bool shared, int thread,
                                int other = -1) {
    char with[40] = "";
    if (other >= several_of_warp) snprintf(with, sizeof with, ", with several threads");
    else if (other >= 0) snprintf(with, sizeof with, ", with thread %d", other);
    const char *p = (const char *)address, *from = shared ? shared_memory() : arena;
    bool is_static = shared && within(p, __start_musc_shared, static_bytes());
    fail("%s: %s memory at byte %td by thread %d%s", problem,
         is_static ? "static shared" : shared ? "shared" : "device",
         p - (is_static ? __start_musc_shared : from), thread, with);
}

template <class W>
static void check_word(W &w, int thread, const void *address, Access access, bool shared) {
    int slot = !shared ? 0 : thread < tensor_cores ? thread / 32 : warps - actors + thread;
    if (w.pending) refuse("access before the wait for a copy", address, shared, thread);
    bool defined = w.written && (!shared || w.written > block_start);
    bool both_atomic = w.atomic && access == Access::Atomic;
    if (!defined && access != Access::Write)
        refuse("read of what nobody wrote", address, shared, thread);
    if (!both_atomic && conflicts(w.written, w.writer, thread, shared))
        refuse(access == Access::Read ? "race: read after write" : "race: write after write",
               address, shared, thread, w.writer);
    if (access == Access::Read) {
        bool again = w.read[slot] == clock_now + 1 && w.reader[slot] != thread;
        w.read[slot] = clock_now + 1;
        w.reader[slot] = again ? both(w.reader[slot], thread) : thread;
        return;
    }
    for (size_t i = 0; i < sizeof w.read / sizeof *w.read; i++)
        if (conflicts(w.read[i], w.reader[i], thread, shared))
            refuse("race: write after read", address, shared, thread, w.reader[i]);
    w.written = clock_now + 1;
    w.writer = thread;
    w.atomic = access == Access::Atomic;
}

bool in_shared(const void *address, size_t bytes) {
    const char *p = (const char *)address;
    if (within(p, shared_memory(), dynamic_used))
        return bytes <= size_t(shared_memory() + dynamic_used - p);
    return within(p, __start_musc_shared, static_bytes()) &&
           bytes <= size_t(__stop_musc_shared - p);
}

// shared_word finds the word of an address in shared memory, nullptr if it is none.
static SharedWord *shared_word(const char *p, size_t bytes) {
    if (within(p, dynamic_region, dynamic_bytes + 2 * shared_redzone)) {
        if (p < shared_memory() || p + bytes > shared_memory() + dynamic_used)
            refuse("out of bounds", p, true, current_thread());
        return &dynamic_words[(p - shared_memory()) / granule];
    }
    if (within(p, __start_musc_shared, static_bytes()))
        return &static_words[(p - __start_musc_shared) / granule];
    return nullptr;
}

static void check_bounds(const char *p, size_t bytes) {
    size_t first = p - arena;
    auto after = std::upper_bound(spans.begin(), spans.end(), first,
                                  [](size_t at, const Span &s) { return at < s.first; });
    if (after == spans.begin() || first + bytes > after[-1].last)
        refuse("out of bounds", p, false, current_thread());
}

void check(const void *address, size_t bytes, Access access) {
    check_as(current_thread(), address, bytes, access);
}

void check_as(int thread, const void *address, size_t bytes, Access access) {
    if (!watching || thread < 0) return;
    const char *p = (const char *)address, *end = p + bytes;
    if (SharedWord *word = shared_word(p, bytes)) {
        for (p -= (size_t)p % granule; p < end; p += granule)
            check_word(*word++, thread, p, access, true);
    } else if (within(p, arena, arena_bytes)) {
        check_bounds(p, bytes);
        for (p -= (size_t)p % granule; p < end; p += granule)
            check_word(*device_word(p), thread, p, access, false);
    }
}

void begin_copy(const void *shared, size_t bytes) {
    if (!watching) return;
    check(shared, bytes, Access::Write);
    SharedWord *word = shared_word((const char *)shared, bytes);
    if (!word) fail("an asynchronous copy to what is no shared memory");
    for (size_t at = 0; at < bytes; at += granule) word++->pending = true;
}

void end_copy(const void *shared, size_t bytes, int writer) {
    if (!watching) return;
    SharedWord *word = shared_word((const char *)shared, bytes);
    for (size_t at = 0; at < bytes; at += granule, word++) {
        word->pending = word->atomic = false;
        word->writer = writer;
        word->written = clock_now + 1;
    }
}

} // namespace emulator
