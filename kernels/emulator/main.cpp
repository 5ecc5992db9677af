// The emulator's own cases, each run by its name: those of testdata that are right, those with one
// fault planted, and the arithmetic. The exit status is 0 if the kernel ran and its result is
// right.
//
//	g++ -std=c++17 -O2 -I ../../cgo/cuda/fake main.cpp -o cases && ./cases product
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>
#include <string>

#include "runner.h"

#include "kernels.cpp"

namespace product_cu {
#include "testdata/product.cu"
}
namespace sums_cu {
#include "testdata/sums.cu"
}

using namespace runner;

static bool wrong(const char *format, double got, double want) {
    fprintf(stderr, format, got, want);
    fputc('\n', stderr);
    return false;
}

// With small integers every sum is exact: one value out of place is noticed.
static bool product(product_cu::Fault fault) {
    for (int depth : {16, 32, 80}) {
        Random random(depth);
        std::vector<half_bits> a(16 * depth), b(8 * depth);
        for (auto &x : a) x = to_half(float(int(random.bits() % 64) - 32));
        for (auto &x : b) x = to_half(float(int(random.bits() % 64) - 32));
        float *out = output<float>(16 * 8);
        if (!run("product", product_cu::product, {1, 1, 1}, {64, 1, 1}, 2 * 24 * 16 * 2, out,
                 device(a), device(b), depth, fault))
            return false;
        for (int row = 0; row < 16; row++)
            for (int column = 0; column < 8; column++) {
                float want = 0, got = out[8 * row + column];
                for (int k = 0; k < depth; k++)
                    want += from_half(a[row * depth + k]) * from_half(b[column * depth + k]);
                if (!(got == want)) return wrong("the product is %g, not %g", got, want);
            }
        emulator::release_all();
    }
    return true;
}

static bool sums(sums_cu::Fault fault) {
    constexpr int count = 64 * 5 - 7;
    Random random(count);
    std::vector<unsigned> values(count);
    unsigned sum = 0, maximum = 0;
    for (auto &x : values) {
        x = random.bits() % 1000;
        sum += x;
        maximum = max(maximum, x);
    }
    unsigned *totals = device(std::vector<unsigned>(2)), *squares = output<unsigned>(count);
    if (!run("sums", sums_cu::sums, {5, 1, 1}, {64, 1, 1}, 16, totals, totals + 1, squares,
             device(values), count, fault))
        return false;
    if (totals[0] != sum) return wrong("the sum is %g, not %g", totals[0], sum);
    if (totals[1] != maximum) return wrong("the maximum is %g, not %g", totals[1], maximum);
    for (int i = 0; i < count; i++)
        if (squares[i] != values[i] * values[i])
            return wrong("the square is %g, not %g", squares[i], double(values[i]) * values[i]);
    return true;
}

// exact_half is what IEEE 754 says of a half's bits.
static double exact_half(unsigned bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent     ? std::ldexp(1024 + fraction, exponent - 25)
                                      : std::ldexp(fraction, -24);
    return bits & 0x8000 ? -magnitude : magnitude;
}

// rounds checks to_half(x) by its neighbours: none is nearer, and of two as near it is the even
// one.
static bool rounds(float x) {
    unsigned got = to_half(x), sign = got & 0x8000, magnitude = got & 0x7fff;
    if (std::isnan(x)) return got == 0x7fff || wrong("no number becomes %g, not %g", got, 0x7fff);
    auto value = [](unsigned m) { return m == 0x7c00 ? 65536.0 : exact_half(m); }; // 2^16 rounds up
    double error = std::fabs(std::fmin(std::fabs((double)x), 65536) - value(magnitude));
    bool good = sign == (std::signbit(x) ? 0x8000u : 0u) && magnitude <= 0x7c00;
    for (unsigned other : {magnitude - 1, magnitude + 1}) {
        if (other > 0x7c00) continue; // also for -1
        double there = std::fabs(std::fmin(std::fabs((double)x), 65536) - value(other));
        good = good && (error < there || (error == there && magnitude % 2 == 0));
    }
    return good || wrong("%g is not rounded to %g", x, exact_half(got));
}

static bool halves() {
    for (unsigned bits = 0; bits < 65536; bits++) {
        double want = exact_half(bits), got = from_half(bits);
        if (std::isnan(want)) {
            if (!std::isnan(got)) return wrong("no number is %g, not %g", got, want);
            continue;
        }
        if (got != want || std::signbit(got) != std::signbit(want))
            return wrong("a half is %g, not %g", got, want);
        if (to_half(got) != bits) return wrong("%g is not rounded to itself but to %g", got, bits);
        if ((bits & 0x7fff) >= 0x7c00) continue;
        float next = bits % 0x8000 == 0x7bff ? std::copysign(65536.f, (float)got)
                                             : (float)exact_half(bits + 1);
        float tie = ((float)got + next) / 2;
        for (float x : {tie, std::nextafterf(tie, -INFINITY), std::nextafterf(tie, INFINITY)})
            if (!rounds(x)) return false;
    }
    Random random(1);
    for (int i = 0; i < 1000000; i++)
        if (!rounds(emulator::float_of(random.bits()))) return false;
    return true;
}

#define PRODUCT(name, fault) {name, [] { return product(product_cu::fault); }}
#define SUMS(name, fault) {name, [] { return sums(sums_cu::fault); }}
static const std::map<std::string, std::function<bool()>> cases = {
    {"halves", halves},
    PRODUCT("product", None),
    PRODUCT("product: no barrier before", NoBarrierBefore),
    PRODUCT("product: no barrier after", NoBarrierAfter),
    PRODUCT("product: weak wait", WeakWait),
    PRODUCT("product: no wait", NoWait),
    PRODUCT("product: wrong row", WrongRow),
    PRODUCT("product: wrong buffer", WrongBuffer),
    PRODUCT("product: misaligned copy", MisalignedCopy),
    PRODUCT("product: misaligned row", MisalignedRow),
    PRODUCT("product: copy out of bounds", CopyOutOfBounds),
    PRODUCT("product: late lane", LateLane),
    SUMS("sums", None),
    SUMS("sums: missing barrier", MissingBarrier),
    SUMS("sums: race of warps", WarpRace),
    SUMS("sums: race of lanes", LaneRace),
    SUMS("sums: race of blocks", BlockRace),
    SUMS("sums: undefined", Undefined),
    SUMS("sums: divergent", Divergent),
    SUMS("sums: divergent places", DivergentPlaces),
    SUMS("sums: missing lane", MissingLane),
    SUMS("sums: read out of bounds", ReadOutOfBounds),
    SUMS("sums: write out of bounds", WriteOutOfBounds),
    SUMS("sums: dynamic out of bounds", DynamicOutOfBounds),
};

int main(int count, char **arguments) {
    for (int i = 1; i < count; i++) {
        auto found = cases.find(arguments[i]);
        if (found == cases.end()) {
            fprintf(stderr, "there is no case %s\n", arguments[i]);
            return 2;
        }
        if (!found->second()) return 1;
        emulator::release_all();
    }
    return 0;
}
