//===- Streams.cpp - Entry points: streams and events ---------------------===//

#include "Driver.h"

using namespace moe::emulator;

namespace {

CUresult createStream(CUctx_st &context, CUstream *stream) {
  if (!stream)
    return CUDA_ERROR_INVALID_VALUE;
  *stream = new CUstream_st{&context, nullptr, 0, {}, false};
  context.streams.insert(*stream);
  return CUDA_SUCCESS;
}

/// Waiting for a stream that captures ends the capture.
CUresult wait(CUctx_st &context, CUstream handle) {
  CUstream stream = context.stream(handle);
  if (!stream)
    return CUDA_ERROR_INVALID_HANDLE;
  if (!stream->capture)
    return CUDA_SUCCESS;
  stream->invalidated = true;
  return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

} // namespace

MOE_CUDA_EXPORT CUresult cuStreamCreate(CUstream *stream, unsigned) {
  return enter("cuStreamCreate", Needs::Context,
               [&](Driver &, CUctx_st *context) { return createStream(*context, stream); });
}

MOE_CUDA_EXPORT CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned, int) {
  return enter("cuStreamCreateWithPriority", Needs::Context,
               [&](Driver &, CUctx_st *context) { return createStream(*context, stream); });
}

MOE_CUDA_EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
  return enter("cuStreamDestroy_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (stream == &context->legacy || !context->streams.erase(stream))
      return CUDA_ERROR_INVALID_HANDLE;
    delete stream;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuStreamSynchronize(CUstream stream) {
  return enter("cuStreamSynchronize", Needs::Synchronising,
               [&](Driver &, CUctx_st *context) { return wait(*context, stream); });
}

MOE_CUDA_EXPORT CUresult cuStreamQuery(CUstream stream) {
  return enter("cuStreamQuery", Needs::Synchronising,
               [&](Driver &, CUctx_st *context) { return wait(*context, stream); });
}

MOE_CUDA_EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  return enter("cuStreamWaitEvent", Needs::Context, [&](Driver &, CUctx_st *context) {
    return context->stream(stream) && context->events.count(event) ? CUDA_SUCCESS
                                                                   : CUDA_ERROR_INVALID_HANDLE;
  });
}

MOE_CUDA_EXPORT CUresult cuStreamGetCtx(CUstream stream, CUcontext *owner) {
  return enter("cuStreamGetCtx", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!owner)
      return CUDA_ERROR_INVALID_VALUE;
    CUstream found = context->stream(stream);
    if (!found)
      return CUDA_ERROR_INVALID_HANDLE;
    *owner = found->context;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuLaunchHostFunc(CUstream stream, CUhostFn function, void *data) {
  return enter("cuLaunchHostFunc", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!function)
      return CUDA_ERROR_INVALID_VALUE;
    return context->enqueue(stream, [=](CUctx_st &) { function(data); });
  });
}

MOE_CUDA_EXPORT CUresult cuEventCreate(CUevent *event, unsigned) {
  return enter("cuEventCreate", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!event)
      return CUDA_ERROR_INVALID_VALUE;
    *event = new CUevent_st();
    context->events.insert(*event);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuEventDestroy_v2(CUevent event) {
  return enter("cuEventDestroy_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->events.erase(event))
      return CUDA_ERROR_INVALID_HANDLE;
    delete event;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
  return enter("cuEventRecord", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->events.count(event))
      return CUDA_ERROR_INVALID_HANDLE;
    return context->enqueue(stream, [=](CUctx_st &c) {
      if (!c.events.count(event)) // a graph may outlive it
        return;
      event->recorded = true;
      event->time = std::chrono::steady_clock::now();
    });
  });
}

MOE_CUDA_EXPORT CUresult cuEventSynchronize(CUevent event) {
  return enter("cuEventSynchronize", Needs::Synchronising, [&](Driver &, CUctx_st *context) {
    return context->events.count(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

MOE_CUDA_EXPORT CUresult cuEventQuery(CUevent event) {
  return enter("cuEventQuery", Needs::Synchronising, [&](Driver &, CUctx_st *context) {
    return context->events.count(event) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE;
  });
}

static CUresult elapsed(CUctx_st &context, float *milliseconds, CUevent start, CUevent end) {
  if (!milliseconds)
    return CUDA_ERROR_INVALID_VALUE;
  if (!context.events.count(start) || !context.events.count(end) || !start->recorded ||
      !end->recorded)
    return CUDA_ERROR_INVALID_HANDLE;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return CUDA_SUCCESS;
}

MOE_CUDA_EXPORT CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return enter("cuEventElapsedTime", Needs::Context, [&](Driver &, CUctx_st *context) {
    return elapsed(*context, milliseconds, start, end);
  });
}

MOE_CUDA_EXPORT CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end) {
  return enter("cuEventElapsedTime_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    return elapsed(*context, milliseconds, start, end);
  });
}
