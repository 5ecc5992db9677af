// Compares with CuTe every layout and descriptor that the kernels rely on: what the emulator takes
// the hardware for, and what the kernels' own functions compute. The kernels' sources are included
// as the emulator includes them. The status is 0 if nothing differs; the first differences are told.
//
//	g++ -std=c++17 -I ../../../cgo/cuda/fake layouts.cpp cute.o -o layouts && ./layouts
#include "../../emulator/runner.h"

#include "../../emulator/emulator.cpp"

#include "../../features.h"
#include "../../keys.h"
#include "../../near.h"
#include "../../packed.h"
#include "../../pairs.h"

#include "hardware.h"
#include "maxima.h"
#include "warps.h"

extern "C" const musc_kernel_entry musc_kernels[] = {{nullptr, nullptr}};

int main() {
    hardware::fragments();
    hardware::boxes();
    emulator::set_shared_memory(227 * 1024);
    hardware::descriptors([](int byte) {
        return matrix_descriptor(emulator::shared_memory() + byte);
    });
    warps::copied();
    warps::multiplied();
    maxima::of_warp();
    maxima::of_warpgroup<232>();
    maxima::of_warpgroup<256>();
    if (check::differences) {
        fprintf(stderr, "%d of %d values differ from CuTe's\n", check::differences,
                check::compared);
        return 1;
    }
    printf("%d values are CuTe's\n", check::compared);
    return 0;
}
