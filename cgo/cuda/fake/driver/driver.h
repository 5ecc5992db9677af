// The fake driver's state and helpers. It behaves like one NVIDIA device as far as this module
// uses it, with host memory for device memory and functions of launch.h for kernels. Where the
// driver leaves open when something happens, it happens as late as it may: asynchronous work waits
// until something synchronises with it. Environment variables, read at each call:
//
//   MUSC_FAKE_DEVICES     how many devices there are (1); 0: cuInit fails as without a device
//   MUSC_FAKE_CAPABILITY  compute capability (8.0)
//   MUSC_FAKE_VERSION     of the driver, as cuDriverGetVersion has it (12090)
//   MUSC_FAKE_MEMORY      of each device, in bytes (1 GiB)
//   MUSC_FAKE_L2          a device's second level cache, in bytes (50 MiB)
//   MUSC_FAKE_KERNELS     the shared object with the kernels, see launch.h
//   MUSC_FAKE_UUID        a number in the devices' UUIDs (0)
//   MUSC_FAKE_FAIL        faults, see faults.cpp
//   MUSC_FAKE_KERNEL      kernels that misbehave, see faults.cpp
#pragma once

#include <cuda.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../launch.h"

#define API extern "C" __attribute__((visibility("default"))) CUresult

namespace fake {

struct Stream;

// Mark is a place in a stream: done once everything before it in the stream is.
struct Mark {
    Stream *stream;
    bool done = false;
    double milliseconds = 0; // when it was done, see clock.cpp
};

struct Work {
    std::function<void()> run;
    std::shared_ptr<Mark> awaited; // set: the work is to wait for that mark
    double submitted;              // by the clock of the thread that did
};

struct Stream {
    bool blocking; // waits for the default stream, and that for it
    std::deque<Work> work;
    double milliseconds = 0; // when all that was done had ended
};

struct Event {
    bool timed;
    std::shared_ptr<Mark> mark; // of the last record; empty before
};

// Call is a call of the driver: one at a time, and the host's clock stands still.
class Call {
    double begun; // before another thread's call had ended
    std::lock_guard<std::mutex> guard;

public:
    Call();
    ~Call();
};
double host_now();
void host_waited_until(double milliseconds);
double wall(); // milliseconds

// Sizes are those of a kernel's parameters, in bytes and in order.
using Sizes = std::vector<unsigned>;

struct Function {
    std::string name;
    musc_emulated_kernel run;
    Sizes parameters;
    unsigned shared_limit = 48 << 10; // dynamic shared memory, bytes
};

struct Module {
    std::string image; // a cubin or PTX
    std::map<std::string, std::unique_ptr<Function>> functions;
};

// Block is an allocation, of device memory or pinned host memory.
using Blocks = std::map<size_t, size_t>; // address to size

struct State {
    std::mutex mutex;
    Blocks device, pinned;
    std::vector<Stream *> streams; // without the default one
    Stream default_stream{true, {}, 0};
    int retained = 0;               // holders of the primary context
    CUresult broken = CUDA_SUCCESS; // what every call returns after a kernel failed
};
State &state();

long number(const char *variable, long otherwise);
int capability();    // 80 for 8.0
int shared_memory(); // the most dynamic shared memory of a block, in bytes

// enter is what every call begins with: CUDA_SUCCESS, or why the call cannot be done now.
CUresult enter(bool needs_context = true);

// injected is the fault that MUSC_FAKE_FAIL asks for at this call of the operation, or success.
CUresult injected(const char *operation);

// misbehaviour is what MUSC_FAKE_KERNEL asks of a kernel by that name; empty: nothing.
std::string misbehaviour(const std::string &kernel);

// misbehave does it, after a launch of the kernel with these arguments.
void misbehave(const std::string &how, void **arguments);

// inside says whether [address, address + size) lies in one of the blocks.
bool inside(const Blocks &blocks, size_t address, size_t size);

void run(Stream &stream);         // all of its work
void run_all();                   // of all streams
CUresult wait_for(Stream &stream); // by the host, which then knows of a failed kernel
void finish(const std::shared_ptr<Mark> &mark); // its stream's work up to it
Stream *stream_of(CUstream handle); // NULL: no such stream

// submit adds work to a stream, or a wait for a mark. The default stream's is done at once, after
// all blocking streams'.
void submit(Stream &stream, std::function<void()> work);
void submit(Stream &stream, std::shared_ptr<Mark> awaited);

// image_size is the length of a cubin or PTX, by its own account; 0 if it is neither.
size_t image_size(const char *image);

// fits says whether a device of that compute capability (80 for 8.0) runs the image.
bool fits(const std::string &image, int capability);

// parameters_of reads a kernel's parameters from the image; false if it has no such kernel.
bool parameters_of(const std::string &image, const std::string &kernel, Sizes &parameters);

} // namespace fake

// ENTER returns from the API function if the call cannot be done.
#define ENTER(...)  \
    fake::Call call; \
    if (CUresult cannot = fake::enter(__VA_ARGS__)) return cannot

#define FAULT(operation) \
    if (CUresult fault = fake::injected(operation)) return fault
