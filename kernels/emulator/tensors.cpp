// Barriers in shared memory (mbarrier) and the copies of tiles that complete on them (TMA). A copy
// happens when no thread can go on without it, any of those under way first.
#include <map>
#include <vector>

#include "launch.h"
#include "layouts.h"
#include "memory.h"
#include "ptx.h"

namespace emulator {

// What a barrier's 64 bits hold here.
struct Barrier {
    unsigned phase : 1, arrivals : 15, missing : 15, made : 1; // missing: of this phase
    int bytes; // expected and not there
};
static_assert(sizeof(Barrier) == sizeof(barrier_bits), "a barrier is 8 bytes");

// What the watch knows of one: what was done before those arrivals that are of this phase, and
// before the last phase's end.
struct Orderings {
    Token arrived, completed;
    bool fenced = false; // for the copies
    int maker = -1;
};

struct Tile {
    char *shared;
    musc_tensor_map map;
    int x, y, thread;
    barrier_bits *barrier;
};

static std::map<const void *, Orderings> orderings;
static std::vector<Tile> tiles; // under way

static size_t tile_bytes(const musc_tensor_map &map) {
    return (size_t)map.box[0] * map.box[1] * map.element_bytes;
}

void begin_block_tensors() {
    orderings.clear();
    for (const Tile &tile : tiles) end_copy(tile.shared, tile_bytes(tile.map), copy_engine);
    tiles.clear();
}

static Barrier &made(barrier_bits *b) {
    if (!in_shared(b, 8) || (size_t)b % 8) fail("misaligned, or not in shared memory: a barrier");
    auto *barrier = (Barrier *)b;
    if (!orderings.count(b)) fail("a barrier that barrier_init did not make");
    return *barrier;
}

void barrier_init(barrier_bits *b, int arrivals) {
    if (!in_shared(b, 8) || (size_t)b % 8) fail("misaligned, or not in shared memory: a barrier");
    if (arrivals < 1 || arrivals >= 1 << 15) fail("barrier_init for %d arrivals", arrivals);
    check(b, 8, Access::Write);
    *(Barrier *)b = {0, (unsigned)arrivals, (unsigned)arrivals, 1, 0};
    orderings[b] = Orderings();
    orderings[b].maker = current_thread();
}

void barrier_init_done() {
    for (auto &entry : orderings)
        if (entry.second.maker == current_thread()) entry.second.fenced = true;
}

static void complete(Barrier &barrier, Orderings &o) {
    if (barrier.missing || barrier.bytes) return;
    barrier.phase ^= 1;
    barrier.missing = barrier.arrivals;
    o.completed = o.arrived;
}

void barrier_arrive(barrier_bits *b, int bytes) {
    Barrier &barrier = made(b);
    check(b, 8, Access::Atomic);
    release_to(orderings[b].arrived, current_thread());
    barrier.bytes += bytes;
    barrier.missing--; // never 0: the phase would have ended
    complete(barrier, orderings[b]);
}

struct Phase {
    const Barrier *barrier;
    unsigned parity;
};

static bool has_ended(const void *of) {
    auto *phase = (const Phase *)of;
    return phase->barrier->phase != phase->parity;
}

void barrier_wait(barrier_bits *b, int parity, Here place) {
    Phase phase{&made(b), (unsigned)parity & 1};
    check(b, 8, Access::Atomic);
    if (!has_ended(&phase)) wait_until("barrier_wait", has_ended, &phase, place);
    acquire_from(orderings[b].completed, current_thread());
}

void load_tile(void *shared, const TensorMap *tensor_map, int x, int y, barrier_bits *b) {
    auto &map = *(const musc_tensor_map *)tensor_map;
    constexpr int swizzle_128 = 3; // CU_TENSOR_MAP_SWIZZLE_128B
    made(b);
    check(b, 8, Access::Atomic);
    if (!orderings[b].fenced) fail("load_tile on a barrier without barrier_init_done");
    if (map.magic != MUSC_TENSOR_MAP || map.rank != 2) fail("load_tile by what is no 2-D map");
    if (map.swizzle != 0 && map.swizzle != swizzle_128)
        fail("load_tile with swizzle %d: only none and 128 bytes are known here", map.swizzle);
    if (map.swizzle && map.box[0] * map.element_bytes > 128)
        fail("load_tile: the box is wider than the swizzle");
    size_t alignment = map.swizzle ? 1024 : 128;
    if ((size_t)shared % alignment) fail("misaligned: load_tile to %p", shared);
    if (!in_shared(shared, tile_bytes(map))) fail("out of bounds: load_tile");
    begin_copy(shared, tile_bytes(map));
    tiles.push_back({(char *)shared, map, x, y, current_thread(), b});
}

static void bring(const Tile &tile) {
    const musc_tensor_map &map = tile.map;
    size_t bytes = map.element_bytes, offset = 0;
    for (unsigned row = 0; row < map.box[1]; row++)
        for (unsigned column = 0; column < map.box[0]; column++, offset += bytes) {
            long long y = (long long)tile.y + row, x = (long long)tile.x + column;
            size_t at = map.swizzle ? swizzled_128(offset) : offset;
            if (y < 0 || x < 0 || y >= (long long)map.shape[1] || x >= (long long)map.shape[0]) {
                memset(tile.shared + at, 0, bytes);
                continue;
            }
            auto *from = (const char *)map.address + y * map.strides[0] + x * bytes;
            check_as(tile.thread, from, bytes, Access::Read);
            memcpy(tile.shared + at, from, bytes);
        }
    end_copy(tile.shared, tile_bytes(map), copy_engine);
    Orderings &o = orderings[tile.barrier];
    release_to(o.arrived, copy_engine);
    auto &barrier = *(Barrier *)tile.barrier;
    barrier.bytes -= (int)tile_bytes(map);
    complete(barrier, o);
}

bool step_tensors(unsigned random) {
    if (tiles.empty()) return false;
    size_t which = random % tiles.size();
    Tile tile = tiles[which];
    tiles.erase(tiles.begin() + which);
    bring(tile);
    return true;
}

void end_block_tensors() {
    if (!tiles.empty()) fail("the block ended while load_tile was under way");
}

} // namespace emulator
