// Products of a warpgroup (wgmma). Each of its four warps has a part of one, 16 rows: it happens
// when a thread of the warp waits for it, as late as it may; until then its sums are not in d, which
// holds NaN, and shared memory is not read. So a warp's wait says nothing of the other warps' parts:
// a wait is for what the executing warp began. The tensor cores of a warp are an agent of their own
// to the watch: they know what the 32 threads knew when they began the product.
#include <cstring>
#include <deque>
#include <limits>
#include <list>
#include <memory>
#include <vector>

#include "layouts.h"
#include "memory.h"
#include "ptx.h"

namespace emulator {

constexpr int group_threads = 128, group_warps = 4, warp_rows = 16, depth = 16;
constexpr int most_columns = 256, most_sums = most_columns / 2;

// What d is to be, for one thread.
struct Sums {
    float *d;
    int products = 0; // under way
    float values[most_sums];
};

struct Part {
    Token before, after; // what the warp's tensor cores knew at its beginning, and know at its end
};

struct Product {
    unsigned long long a, b;
    bool accumulate;
    int sums;                    // of a thread
    int begun = 0, finished = 0; // threads
    std::shared_ptr<Sums> of[group_threads];
    Part parts[group_warps];
};

struct GroupThread {
    size_t begun = 0, seen = 0; // products
    bool fenced = false;
    std::vector<size_t> groups; // begun when each was committed
    std::list<std::shared_ptr<Sums>> under_way;
};

struct Group {
    std::deque<Product> products; // that some thread has not finished
    size_t dropped = 0;
    size_t done[group_warps] = {}; // parts
    Product &at(size_t number) { return products[number - dropped]; }
    GroupThread threads[group_threads];
};
constexpr int most_groups = max_threads / group_threads;
static Group groups[most_groups];

void begin_block_products() {
    for (Group &group : groups) group = Group();
}

static Group &my_group() {
    if (current_thread() / group_threads >= most_groups ||
        current_thread() / group_threads * group_threads + group_threads > block_size())
        fail("products of a warpgroup that is not whole");
    return groups[current_thread() / group_threads];
}
static GroupThread &myself() { return my_group().threads[current_thread() % group_threads]; }
static int my_warp() { return current_thread() % group_threads / 32; }

void products_begin() { myself().fenced = true; }
void products_commit() { myself().groups.push_back(myself().begun); }

void multiply_add_group(float *d, int sums, unsigned long long a, unsigned long long b,
                        bool accumulate) {
    Group &group = my_group();
    GroupThread &me = myself();
    if (!me.fenced) fail("products_begin is missing before a product");
    if (me.begun == group.dropped + group.products.size()) {
        group.products.emplace_back();
        group.products.back().a = a;
        group.products.back().b = b;
        group.products.back().accumulate = accumulate;
        group.products.back().sums = sums;
    }
    Product &product = group.at(me.begun++);
    if (product.a != a || product.b != b || product.accumulate != accumulate ||
        product.sums != sums)
        fail("divergence: the threads of a warpgroup do not multiply the same");
    std::shared_ptr<Sums> mine;
    for (auto &s : me.under_way)
        if (s->d == d) mine = s;
    if (!mine) {
        mine = std::make_shared<Sums>();
        mine->d = d;
        memcpy(mine->values, d, sums * sizeof *d);
        for (int i = 0; i < sums; i++) d[i] = std::numeric_limits<float>::quiet_NaN();
        me.under_way.push_back(mine);
    }
    mine->products++;
    product.of[current_thread() % group_threads] = mine;
    release_to(product.parts[my_warp()].before, current_thread());
    product.begun++;
}

// widen_matrix reads [count,16] halves from row first on.
static void widen_matrix(int agent, float *to, size_t row_step, size_t column_step, int first,
                         int count, unsigned long long bits) {
    Descriptor descriptor(bits);
    if (!descriptor.valid)
        fail("misaligned: matrix_descriptor of byte %zu is not at the first of 8 rows",
             descriptor.start);
    for (int row = 0; row < count; row++)
        for (int k = 0; k < depth; k += 8) {
            auto *chunk = (unsigned short *)(shared_memory() + descriptor.byte(first + row, k));
            if (!in_shared(chunk, 16))
                fail("out of bounds: a matrix at byte %zu", descriptor.start);
            check_as(agent, chunk, 16, Access::Read);
            for (int i = 0; i < 8; i++)
                to[row * row_step + (k + i) * column_step] = widen(chunk[i]);
        }
}

// cell is where sum i of a lane is in its warp's part, rows of most_columns.
static int cell(int lane, int i) {
    Cell at = cell_of_sum(lane, i);
    return at.row * most_columns + at.column;
}

static void multiply(Group &group, Product &product, int warp) {
    int agent = tensor_cores + int(&group - groups) * group_warps + warp;
    int columns = 2 * product.sums;
    acquire_from(product.parts[warp].before, agent);
    static float a[warp_rows * depth], b[depth * most_columns], d[warp_rows * most_columns];
    widen_matrix(agent, a, depth, 1, warp * warp_rows, warp_rows, product.a);
    widen_matrix(agent, b, 1, most_columns, 0, columns, product.b);
    auto each_sum = [&](auto visit) {
        for (int lane = 0; lane < 32; lane++)
            for (int i = 0; i < product.sums; i++)
                visit(product.of[warp * 32 + lane]->values[i], d[cell(lane, i)]);
    };
    each_sum([&](float &sum, float &at) { at = product.accumulate ? sum : 0; });
    for (int row = 0; row < warp_rows; row++)
        for (int k = 0; k < depth; k++)
            for (int column = 0; column < columns; column++)
                d[row * most_columns + column] +=
                    a[row * depth + k] * b[k * most_columns + column];
    multiplied += warp_rows * depth * columns;
    each_sum([](float &sum, float &at) { sum = at; });
    release_to(product.parts[warp].after, agent);
}

static bool all_began(const void *of) { return ((const Product *)of)->begun == group_threads; }

// finish makes one product's sums this thread's own, in d if no later product adds to them.
static void finish(GroupThread &me, Product &product) {
    std::shared_ptr<Sums> &mine = product.of[current_thread() % group_threads];
    acquire_from(product.parts[my_warp()].after, current_thread());
    if (--mine->products == 0) {
        memcpy(mine->d, mine->values, product.sums * sizeof *mine->values);
        me.under_way.remove(mine);
    }
    mine.reset();
    product.finished++;
}

void products_wait(int newest, Here place) {
    Group &group = my_group();
    GroupThread &me = myself();
    if ((int)me.groups.size() <= newest) return;
    size_t last = me.groups[me.groups.size() - 1 - newest];
    me.fenced = false; // what is done with the sums now is to be ordered before the next product
    for (; me.seen < last; me.seen++) {
        Product &product = group.at(me.seen);
        if (!all_began(&product)) wait_until("products_wait", all_began, &product, place);
        size_t &done = group.done[my_warp()];
        for (; done <= me.seen; done++) multiply(group, group.at(done), my_warp());
        finish(me, product);
        while (!group.products.empty() && group.products[0].finished == group_threads) {
            group.products.pop_front();
            group.dropped++;
        }
    }
}

} // namespace emulator
