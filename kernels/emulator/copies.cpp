// cp.async: a copy happens when its thread waits for it, as late as it may, and reads its source
// then. A copy that nobody waits for never happens.
#include <cstring>
#include <vector>

#include "memory.h"
#include "ptx.h"

namespace emulator {

struct Copy {
    void *shared;
    const void *global;
    bool present;
    int group;
};
struct Copies {
    std::vector<Copy> under_way;
    int groups = 0; // that were committed
};
static Copies copies_of[max_threads];

void begin_block_copies() {
    for (int thread = 0; thread < max_threads; thread++) {
        for (const Copy &copy : copies_of[thread].under_way) end_copy(copy.shared, 16, thread);
        copies_of[thread].under_way.clear();
        copies_of[thread].groups = 0;
    }
}

void copy_async(void *shared, const void *global, bool present) {
    if ((size_t)shared % 16 || (size_t)global % 16)
        fail("misaligned: copy_async to %p from %p, not multiples of 16", shared, global);
    if (!in_shared(shared, 16)) fail("out of bounds: copy_async to what is no shared memory");
    if (present) check(global, 16, Access::Read);
    begin_copy(shared, 16);
    Copies &mine = copies_of[current_thread()];
    mine.under_way.push_back({shared, global, present, mine.groups});
}

void commit_copies() { copies_of[current_thread()].groups++; }

void wait_copies(int newest) {
    Copies &mine = copies_of[current_thread()];
    size_t kept = 0;
    for (const Copy &copy : mine.under_way) {
        if (copy.group >= mine.groups - newest) {
            mine.under_way[kept++] = copy;
            continue;
        }
        if (copy.present) {
            check(copy.global, 16, Access::Read);
            memcpy(copy.shared, copy.global, 16);
        } else {
            memset(copy.shared, 0, 16);
        }
        end_copy(copy.shared, 16, current_thread());
    }
    mine.under_way.resize(kept);
}

unsigned shared_address(const void *shared) {
    size_t offset = (const char *)shared - shared_memory();
    if (offset >= shared_memory_bytes()) fail("shared_address of what is no dynamic shared memory");
    return (unsigned)offset;
}

} // namespace emulator
