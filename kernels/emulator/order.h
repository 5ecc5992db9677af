// The order in which threads and blocks run.
#pragma once
#include <cstdlib>
#include <cstring>

namespace emulator {

class Order {
  public:
    // chosen is what $MUSC_EMULATOR_ORDER says.
    static Order chosen() {
        const char *text = getenv("MUSC_EMULATOR_ORDER");
        Order order;
        if (!text || !*text || !strcmp(text, "forward")) return order;
        order.kind = strcmp(text, "reverse") ? Random : Reverse;
        order.state = strtoull(text, nullptr, 10) * 2 + 1;
        return order;
    }

    // choose picks one of the set bits, -1: there is none.
    int choose(const unsigned *bits, int words) {
        if (kind == Forward) {
            for (int w = 0; w < words; w++)
                if (bits[w]) return 32 * w + __builtin_ctz(bits[w]);
            return -1;
        }
        if (kind == Reverse) {
            for (int w = words - 1; w >= 0; w--)
                if (bits[w]) return 32 * w + 31 - __builtin_clz(bits[w]);
            return -1;
        }
        int count = 0;
        for (int w = 0; w < words; w++) count += __builtin_popcount(bits[w]);
        if (!count) return -1;
        int skip = number() % count, w = 0;
        while (skip >= __builtin_popcount(bits[w])) skip -= __builtin_popcount(bits[w++]);
        unsigned rest = bits[w];
        while (skip--) rest &= rest - 1;
        return 32 * w + __builtin_ctz(rest);
    }

    // block is the i-th block to run, of count. Any order is a walk of a step without a common
    // divisor, from anywhere.
    unsigned long long block(unsigned long long i, unsigned long long count) {
        if (kind == Forward) return i;
        if (kind == Reverse) return count - 1 - i;
        if (i == 0) {
            first = number() % count;
            do step = number() % count + 1;
            while (divisor(step, count) != 1);
        }
        return (first + i * step) % count;
    }

    // number is any, and 0 if the order is not random.
    unsigned number() {
        if (kind != Random) return 0;
        state = state * 6364136223846793005ull + 1442695040888963407ull; // Knuth's MMIX
        return state >> 33;
    }

  private:
    static unsigned long long divisor(unsigned long long a, unsigned long long b) {
        return b ? divisor(b, a % b) : a;
    }
    enum { Forward, Reverse, Random } kind = Forward;
    unsigned long long state = 0, first = 0, step = 1;
};

} // namespace emulator
