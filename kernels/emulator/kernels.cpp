// The kernels of the folder above as the fake driver runs them (cgo/cuda/fake/launch.h), with the
// emulator. A new kernel needs its #include, in a namespace because each file has constants of its
// own, and its row.
//
//	g++ -std=c++17 -O2 -fPIC -shared -I ../../cgo/cuda/fake kernels.cpp -o kernels.so
#include "../box.h"
#include "../features.h"
#include "../keys.h"
#include "../near.h"
#include "../packed.h"
#include "../pairs.h"
#include "../product.h"
#include "../ptx.h"
#include "../sums.h"
#include "entry.h"

#ifndef __SANITIZE_THREAD__ // else the emulator is compiled apart, without the watch over itself
#include "emulator.cpp"
#endif

namespace prepare_cu {
#include "../prepare.cu"
}
namespace search_cu {
#include "../search.cu"
}
namespace search_hopper_cu {
#include "../search_hopper.cu"
}
namespace box_prepare_cu {
#include "../box_prepare.cu"
}
namespace box_product_cu {
#include "../box_product.cu"
}
namespace box_search_cu {
#include "../box_search.cu"
}
namespace average_cu {
#include "../average.cu"
}

MUSC_KERNELS = {
    MUSC_KERNEL(prepare_cu, sum_tokens),
    MUSC_KERNEL(prepare_cu, aggregate),
    MUSC_KERNEL(prepare_cu, add_centre),
    MUSC_KERNEL(search_cu, search),
    MUSC_KERNEL(search_cu, search_near),
    MUSC_KERNEL(search_hopper_cu, search_hopper),
    MUSC_KERNEL(search_hopper_cu, search_hopper_232),
    MUSC_KERNEL(search_hopper_cu, search_hopper_near),
    MUSC_KERNEL(search_hopper_cu, search_hopper_232_near),
    MUSC_KERNEL(box_prepare_cu, sum_squares),
    MUSC_KERNEL(box_prepare_cu, box_features),
    MUSC_KERNEL(box_prepare_cu, box_scales),
    MUSC_KERNEL(box_product_cu, box_product),
    MUSC_KERNEL(box_product_cu, box_product_near),
    MUSC_KERNEL(box_search_cu, box_search),
    MUSC_KERNEL(box_search_cu, box_search_near),
    MUSC_KERNEL(average_cu, select_nearest),
    MUSC_KERNEL(average_cu, add_distances),
    MUSC_KERNEL(average_cu, add_scores),
    {nullptr, nullptr},
};
