// The emulator in one unit, which compiles in a third of the time.
#include "block.cpp"
#include "copies.cpp"
#include "fiber.cpp"
#include "matrices.cpp"
#include "memory.cpp"
#include "tensors.cpp"
#include "warp.cpp"
#include "warpgroup.cpp"
