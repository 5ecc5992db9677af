// The time that events tell: that of a device which works beside the host, though here the calls
// that wait for it do its work. Each thread of the host has a clock that stands still during calls
// of the driver and jumps, when a call waits for something, to when that was done. Each stream has
// one that says when it had done everything so far: work begins when it was submitted, or when what
// came before it had ended if that is later, and takes as long as it does here. Two streams' work
// so overlaps just where a program lets it.
#include <algorithm>
#include <chrono>

#include "driver.h"

namespace fake {

double wall() {
    auto since = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration<double, std::milli>(since).count();
}

static thread_local double host = wall(); // this thread's clock
static thread_local double left = host;   // wall() when its last call returned

Call::Call() : begun(wall()), guard(state().mutex) { host += begun - left; }

Call::~Call() { left = wall(); }

double host_now() { return host; }

void host_waited_until(double milliseconds) { host = std::max(host, milliseconds); }

} // namespace fake
