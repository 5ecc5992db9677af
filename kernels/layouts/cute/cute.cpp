// CuTe's layouts as plain functions (cute.h). Nothing of ours is included here but host.h.
//
//	g++ -std=c++17 -include host.h -isystem HEADERS/include -c cute.cpp
#define CUTE_SM90_EXTENDED_MMA_SHAPES_ENABLED // those of 232 columns
#include <cute/tensor_impl.hpp>

#include <cute/atom/copy_traits_sm75.hpp>
#include <cute/atom/mma_traits_sm80.hpp>
#include <cute/atom/mma_traits_sm90_gmma.hpp>

#include "cute.h"

using namespace cute;

// Shared memory: swizzles are of addresses, hence the alignment.
alignas(1 << 18) static char memory[1 << 18];
size_t __cvta_generic_to_shared(const void *at) { return (const char *)at - memory; }

namespace witness {

// cell_of is where a layout (thread, value) -> row + column * rows has a value.
template <class Layout> static Cell cell_of(Layout layout, int rows, int thread, int value) {
    int at = layout(thread, value);
    return {at % rows, at / rows};
}

template <class Instruction> static Cell of_sum(int thread, int k) {
    using Traits = MMA_Traits<Instruction>;
    static_assert(size(typename Traits::ThrID{}) == 128, "a warpgroup");
    return cell_of(typename Traits::CLayout{}, 64, thread, k);
}

Cell cell_of_sum(int columns, int thread, int k) {
    constexpr auto K = SM90::GMMA::Major::K;
    return columns == 232 ? of_sum<SM90_64x232x16_F32F16F16_SS<K, K>>(thread, k)
                          : of_sum<SM90_64x256x16_F32F16F16_SS<K, K>>(thread, k);
}

using Warp = MMA_Traits<SM80_16x8x16_F32F16F16F32_TN>;
Cell cell_of_a(int lane, int k) { return cell_of(Warp::ALayout{}, 16, lane, k); }
Cell cell_of_d(int lane, int k) { return cell_of(Warp::CLayout{}, 16, lane, k); }
Cell cell_of_b(int lane, int k) { // CuTe's B is [8,16]
    Cell transposed = cell_of(Warp::BLayout{}, 8, lane, k);
    return {transposed.column, transposed.row};
}

Cell matrix_part(int lane, int part, int k) {
    using Traits = Copy_Traits<SM75_U32x4_LDSM_N>; // of bits
    static_assert(typename Traits::SrcLayout{}(1, 0) == 128, "16 bytes a lane");
    int bit = typename Traits::DstLayout{}(lane, 32 * part + 16 * k);
    return {bit / 128, bit % 128 / 16};
}

template <class Atom, int Rows, int Columns> static auto tile(int start) {
    auto layout = tile_to_shape(Atom{}, Shape<Int<Rows>, Int<Columns>>{});
    return make_tensor(make_smem_ptr((half_t *)(memory + start)), layout);
}
using Atom128 = SM90::GMMA::Layout_K_SW128_Atom<half_t>;
using Atom64 = SM90::GMMA::Layout_K_SW64_Atom<half_t>;

template <class Tensor> static int byte_of(Tensor tensor, int row, int column) {
    return (int)((const char *)&tensor(row, column) - memory);
}

int byte_of_128(int rows, int row, int column) {
    return rows == 128   ? byte_of(tile<Atom128, 128, 64>(0), row, column)
           : rows == 232 ? byte_of(tile<Atom128, 232, 64>(0), row, column)
                         : byte_of(tile<Atom128, 256, 64>(0), row, column);
}
int byte_of_64(int row, int column) { return byte_of(tile<Atom64, 128, 32>(0), row, column); }

template <int Rows, int Count>
static unsigned long long describe(int row, int column, int start) {
    auto part = local_tile(tile<Atom128, Rows, 64>(start), Shape<Int<Count>, _16>{},
                           make_coord(row / Count, column / 16));
    return SM90::GMMA::make_gmma_desc<SM90::GMMA::Major::K>(part);
}

unsigned long long descriptor(int rows, int count, int row, int column, int start) {
    return rows == 128 && count == 64 ? describe<128, 64>(row, column, start)
           : rows == 232              ? describe<232, 232>(row, column, start)
                                      : describe<256, 256>(row, column, start);
}

} // namespace witness
