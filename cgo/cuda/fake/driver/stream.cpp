// Streams and events. A stream is a queue that nobody empties until somebody waits for it.
#include <algorithm>

#include "driver.h"

namespace fake {

// step does one thing; what comes after a failed kernel is not done.
static void step(Stream &stream) {
    Work work = std::move(stream.work.front());
    stream.work.pop_front();
    double &now = stream.milliseconds;
    now = std::max(now, work.submitted);
    if (work.awaited) {
        finish(work.awaited);
        now = std::max(now, work.awaited->milliseconds);
    } else if (!state().broken) {
        double begun = wall();
        work.run();
        now += wall() - begun;
    }
}

void run(Stream &stream) {
    while (!stream.work.empty()) step(stream);
}

void run_all() {
    for (auto *stream : state().streams) run(*stream);
    run(state().default_stream);
}

void finish(const std::shared_ptr<Mark> &mark) {
    while (!mark->done && !mark->stream->work.empty()) step(*mark->stream);
}

Stream *stream_of(CUstream handle) {
    if (!handle || handle == CU_STREAM_LEGACY) return &state().default_stream;
    auto &streams = state().streams;
    auto found = std::find(streams.begin(), streams.end(), (Stream *)handle);
    return found == streams.end() ? nullptr : *found;
}

static void submit(Stream &stream, Work work) {
    stream.work.push_back(std::move(work));
    if (&stream != &state().default_stream) return;
    for (auto *other : state().streams)
        if (other->blocking) {
            run(*other);
            stream.milliseconds = std::max(stream.milliseconds, other->milliseconds);
        }
    run(stream);
}

void submit(Stream &stream, std::function<void()> work) {
    submit(stream, Work{std::move(work), nullptr, host_now()});
}

void submit(Stream &stream, std::shared_ptr<Mark> awaited) {
    submit(stream, Work{nullptr, std::move(awaited), host_now()});
}

CUresult wait_for(Stream &stream) {
    run(stream);
    host_waited_until(stream.milliseconds);
    return state().broken;
}

} // namespace fake

API cuStreamCreate(CUstream *stream, unsigned flags) {
    ENTER();
    auto *made = new fake::Stream{!(flags & CU_STREAM_NON_BLOCKING), {}, 0};
    fake::state().streams.push_back(made);
    *stream = (CUstream)made;
    return CUDA_SUCCESS;
}

API cuStreamDestroy_v2(CUstream handle) {
    ENTER();
    auto *stream = fake::stream_of(handle);
    auto &streams = fake::state().streams;
    auto found = std::find(streams.begin(), streams.end(), stream);
    if (found == streams.end()) return CUDA_ERROR_INVALID_HANDLE;
    fake::run(*stream);
    streams.erase(found); // the object stays, for marks that point at it
    return CUDA_SUCCESS;
}

API cuStreamSynchronize(CUstream handle) {
    ENTER();
    auto *stream = fake::stream_of(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    return fake::wait_for(*stream);
}

// As cuEventQuery: each question does one step.
API cuStreamQuery(CUstream handle) {
    ENTER();
    auto *stream = fake::stream_of(handle);
    if (!stream) return CUDA_ERROR_INVALID_HANDLE;
    if (stream->work.empty()) return CUDA_SUCCESS;
    fake::step(*stream);
    return fake::state().broken ? fake::state().broken : CUDA_ERROR_NOT_READY;
}

API cuCtxSynchronize() {
    ENTER();
    fake::run_all();
    for (auto *stream : fake::state().streams) fake::host_waited_until(stream->milliseconds);
    return fake::state().broken;
}

API cuStreamWaitEvent(CUstream handle, CUevent event, unsigned) {
    ENTER();
    auto *stream = fake::stream_of(handle);
    if (!stream || !event) return CUDA_ERROR_INVALID_HANDLE;
    auto mark = ((fake::Event *)event)->mark;
    if (mark) fake::submit(*stream, mark);
    return CUDA_SUCCESS;
}

API cuEventCreate(CUevent *event, unsigned flags) {
    ENTER();
    *event = (CUevent) new fake::Event{!(flags & CU_EVENT_DISABLE_TIMING), nullptr};
    return CUDA_SUCCESS;
}

API cuEventDestroy_v2(CUevent event) {
    ENTER();
    delete (fake::Event *)event;
    return CUDA_SUCCESS;
}

API cuEventRecord(CUevent event, CUstream handle) {
    ENTER();
    auto *stream = fake::stream_of(handle);
    if (!stream || !event) return CUDA_ERROR_INVALID_HANDLE;
    auto mark = std::make_shared<fake::Mark>();
    mark->stream = stream;
    ((fake::Event *)event)->mark = mark;
    fake::submit(*stream, [=] {
        mark->done = true;
        mark->milliseconds = stream->milliseconds;
    });
    return CUDA_SUCCESS;
}

API cuEventSynchronize(CUevent event) {
    ENTER();
    if (auto mark = ((fake::Event *)event)->mark) {
        fake::finish(mark);
        fake::host_waited_until(mark->milliseconds);
    }
    return fake::state().broken;
}

// Each question lets the stream do one step, so that asking again and again ends.
API cuEventQuery(CUevent event) {
    ENTER();
    auto mark = ((fake::Event *)event)->mark;
    if (!mark || mark->done) return CUDA_SUCCESS;
    if (!mark->stream->work.empty()) fake::step(*mark->stream);
    return fake::state().broken ? fake::state().broken : CUDA_ERROR_NOT_READY;
}

API cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
    ENTER();
    auto *first = (fake::Event *)start, *last = (fake::Event *)end;
    auto from = first->mark, to = last->mark;
    if (!first->timed || !last->timed || !from || !to) return CUDA_ERROR_INVALID_HANDLE;
    if (!from->done || !to->done) return CUDA_ERROR_NOT_READY;
    *milliseconds = (float)(to->milliseconds - from->milliseconds);
    return CUDA_SUCCESS;
}
