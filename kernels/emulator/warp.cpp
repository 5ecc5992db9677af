// What the lanes of a warp exchange, and atomic operations. They are here and not in cuda.h because
// the watch must not take their accesses for ordinary ones.
#include "cuda.h"
#include "memory.h"

namespace emulator {

void synchronise_lanes(const Lanes &lanes) {
    int members[32], count = 0;
    for (int lane = 0; lane < 32; lane++)
        if (lanes.mask >> lane & 1) members[count++] = lanes.first + lane;
    synchronise(members, count);
}

void shuffle(const Lanes &lanes) {
    unsigned long long values[32];
    for (int lane = 0; lane < 32; lane++)
        if (lanes.mask >> lane & 1) values[lane] = ((Shuffle *)lanes.of[lane])->value;
    for (int lane = 0; lane < 32; lane++) {
        if (!(lanes.mask >> lane & 1)) continue;
        auto *mine = (Shuffle *)lanes.of[lane];
        if (mine->from < 0 || !(lanes.mask >> mine->from & 1))
            fail("a lane is missing: lane %d reads lane %d, which is not in the mask %08x", lane,
                 mine->from, lanes.mask);
        mine->value = values[mine->from];
    }
}

void ballot(const Lanes &lanes) {
    unsigned all = 0;
    for (int lane = 0; lane < 32; lane++)
        if (lanes.mask >> lane & 1) all |= (unsigned)((Ballot *)lanes.of[lane])->holds << lane;
    for (int lane = 0; lane < 32; lane++)
        if (lanes.mask >> lane & 1) ((Ballot *)lanes.of[lane])->of_all = all;
}

template <class T> static T &atomic(T *at) {
    if ((size_t)at % sizeof(T)) fail("misaligned: an atomic operation at %p", (void *)at);
    check(at, sizeof(T), Access::Atomic);
    return *at;
}

template <class T> static T add(T *at, T value) {
    T &place = atomic(at), before = place;
    place += value;
    return before;
}

template <class T> static T greatest(T *at, T value) {
    T &place = atomic(at), before = place;
    if (place < value) place = value;
    return before;
}

} // namespace emulator

int atomicAdd(int *at, int value) { return (int)emulator::add((unsigned *)at, (unsigned)value); }
unsigned atomicAdd(unsigned *at, unsigned value) { return emulator::add(at, value); }
unsigned long long atomicAdd(unsigned long long *at, unsigned long long value) {
    return emulator::add(at, value);
}
float atomicAdd(float *at, float value) { return emulator::add(at, value); }
double atomicAdd(double *at, double value) { return emulator::add(at, value); }
int atomicMax(int *at, int value) { return emulator::greatest(at, value); }
unsigned atomicMax(unsigned *at, unsigned value) { return emulator::greatest(at, value); }
unsigned long long atomicMax(unsigned long long *at, unsigned long long value) {
    return emulator::greatest(at, value);
}
