//===- Graphs.cpp - Entry points: capture and graphs ----------------------===//

#include "Driver.h"

using namespace moe::emulator;

MOE_CUDA_EXPORT CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  return enter("cuStreamBeginCapture_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    CUstream stream = context->stream(handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    if (mode < CU_STREAM_CAPTURE_MODE_GLOBAL || mode > CU_STREAM_CAPTURE_MODE_RELAXED)
      return CUDA_ERROR_INVALID_VALUE;
    if (stream == &context->legacy)
      return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (stream->capture)
      return CUDA_ERROR_ILLEGAL_STATE;
    stream->capture = std::make_unique<CUgraph_st>();
    stream->mode = mode;
    stream->capturer = std::this_thread::get_id();
    stream->invalidated = false;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph) {
  return enter("cuStreamEndCapture", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!graph)
      return CUDA_ERROR_INVALID_VALUE;
    CUstream stream = context->stream(handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    *graph = nullptr;
    if (!stream->capture)
      return CUDA_ERROR_ILLEGAL_STATE;
    std::unique_ptr<CUgraph_st> captured = std::move(stream->capture);
    if (stream->invalidated)
      return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    *graph = captured.release();
    context->graphs.insert(*graph);
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status) {
  return enter("cuStreamIsCapturing", Needs::Context, [&](Driver &, CUctx_st *context) {
    CUstream stream = context->stream(handle);
    if (!stream)
      return CUDA_ERROR_INVALID_HANDLE;
    if (!status)
      return CUDA_ERROR_INVALID_VALUE;
    *status = !stream->capture      ? CU_STREAM_CAPTURE_STATUS_NONE
              : stream->invalidated ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                    : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
  });
}

static CUresult instantiate(CUctx_st &context, CUgraphExec *executable, CUgraph graph) {
  if (!executable)
    return CUDA_ERROR_INVALID_VALUE;
  if (!context.graphs.count(graph))
    return CUDA_ERROR_INVALID_HANDLE;
  *executable = new CUgraphExec_st{graph->work};
  context.executables.insert(*executable);
  return CUDA_SUCCESS;
}

MOE_CUDA_EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph,
                                                     unsigned long long) {
  return enter("cuGraphInstantiateWithFlags", Needs::Context, [&](Driver &, CUctx_st *context) {
    return instantiate(*context, executable, graph);
  });
}

MOE_CUDA_EXPORT CUresult cuGraphInstantiate_v2(CUgraphExec *executable, CUgraph graph,
                                               CUgraphNode *, char *, size_t) {
  return enter("cuGraphInstantiate_v2", Needs::Context, [&](Driver &, CUctx_st *context) {
    return instantiate(*context, executable, graph);
  });
}

MOE_CUDA_EXPORT CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  return enter("cuGraphLaunch", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->executables.count(executable))
      return CUDA_ERROR_INVALID_HANDLE;
    for (const CudaWork &work : executable->work)
      if (CUresult result = context->enqueue(stream, work))
        return result;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return enter("cuGraphExecDestroy", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->executables.erase(executable))
      return CUDA_ERROR_INVALID_HANDLE;
    delete executable;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuGraphDestroy(CUgraph graph) {
  return enter("cuGraphDestroy", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->graphs.erase(graph))
      return CUDA_ERROR_INVALID_HANDLE;
    delete graph;
    return CUDA_SUCCESS;
  });
}

MOE_CUDA_EXPORT CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode *nodes, size_t *count) {
  return enter("cuGraphGetNodes", Needs::Context, [&](Driver &, CUctx_st *context) {
    if (!context->graphs.count(graph))
      return CUDA_ERROR_INVALID_HANDLE;
    if (!count || nodes) // how many there are is all that is told
      return CUDA_ERROR_INVALID_VALUE;
    *count = graph->work.size();
    return CUDA_SUCCESS;
  });
}
