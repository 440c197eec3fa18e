//===- cuda_session.cpp - From a host's tensors to a GPU's run and back ---===//
//
// Inputs go to the device, the code puts its work on the stream, and what was computed comes back
// into host memory, unless the caller wants it left there. The current context is the caller's
// again after each entry.
//
//===----------------------------------------------------------------------===//

#include "cuda_session.h"

using namespace moe;
using namespace moe::cuda;
using rt::report;

/// Inputs in place are aligned at least so; code may count on it.
static constexpr size_t kInputAlignment = 16;

static moe_rt_status refuseLost(const char *where, const Model &model, moe_rt_error *error) {
  if (!model.lost)
    return MOE_RT_OK;
  return report(error, MOE_RT_DEVICE,
                "%s: device %s (%s) was lost in an earlier run; end the process before using it "
                "again, or load the model with --device cpu",
                where, model.id, model.name);
}

static bool allocateTables(moe_rt_session &session, uint32_t flags) {
  Session &cuda = *session.cuda;
  const rt::Allocator &allocator = session.allocator;
  cuda.blocks =
      DeviceBlocks::create(allocator, cuda.driver, cuda.stream, session.stats.device_bytes);
  cuda.inputs = allocator.allocateArray<moe_abi_tensor>(session.numInputs);
  if (!(flags & MOE_RT_SESSION_PROFILE))
    return cuda.blocks && cuda.inputs;
  session.numKernels = cuda.model.numKernels;
  session.profile = allocator.allocateArray<rt::KernelTime>(session.numKernels);
  cuda.timer = createTimer(allocator);
  return cuda.blocks && cuda.inputs && session.profile && cuda.timer;
}

static Outcome openStream(Session &cuda, void *stream) {
  if (!stream) {
    MOE_CUDA_TRY(cuda.driver, cuStreamCreate, &cuda.stream, kStreamNonBlocking);
    cuda.ownsStream = true;
  } else {
    cuda.stream = static_cast<Stream>(stream);
  }
  cuda.work = cuda.stream;
  return {};
}

moe_rt_status cuda::openSession(moe_rt_session &session, const moe_rt_session_options &options,
                                moe_rt_error *error) {
  Model &model = *session.model->cuda;
  if (moe_rt_status status = refuseLost("session", model, error))
    return status;
  void *memory = session.allocator.allocate(sizeof(Session));
  if (!memory)
    return report(error, MOE_RT_OUT_OF_MEMORY, "session: out of memory");
  Session &cuda = *(session.cuda = new (memory) Session(model, *model.driver));
  Current current(model);
  Outcome outcome = current.outcome;
  if (!outcome)
    outcome = openStream(cuda, options.stream);
  if (outcome)
    return reportFailure("session", model, "a stream", outcome, error);
  if (!allocateTables(session, options.flags))
    return report(error, MOE_RT_OUT_OF_MEMORY, "session: out of memory");
  cuda.deviceOutputs = options.flags & MOE_RT_SESSION_DEVICE_OUTPUTS;
  cuda.timesRuns = options.flags & MOE_RT_SESSION_TIME;
  cuda.waits = isSet("MOE_CUDA_SYNC");
  cuda.useGraphs = cuda.driver.hasGraphs && !cuda.waits && !cuda.timer &&
                   !(options.flags & MOE_RT_SESSION_NO_GRAPH) && !isSet("MOE_CUDA_NO_GRAPH");
  connectCuda(session);
  return MOE_RT_OK;
}

/// With the context current, and no work on the stream.
static void giveBack(moe_rt_session &session) {
  Session &cuda = *session.cuda;
  const rt::Allocator &allocator = session.allocator;
  if (cuda.stream)
    cuda.driver.cuStreamSynchronize(cuda.stream);
  dropShapes(session);
  DeviceBlocks::destroy(cuda.blocks);
  cuda.staging.close();
  destroyTimer(allocator, cuda.driver, cuda.timer);
  for (Event event : {cuda.runBegin, cuda.runEnd})
    if (event)
      cuda.driver.cuEventDestroy(event);
  if (cuda.captureStream)
    cuda.driver.cuStreamDestroy(cuda.captureStream);
  if (cuda.ownsStream)
    cuda.driver.cuStreamDestroy(cuda.stream);
  if (cuda.inputs)
    allocator.releaseArray(cuda.inputs, session.numInputs);
  if (session.profile)
    allocator.releaseArray(session.profile, session.numKernels);
}

void cuda::closeSession(moe_rt_session &session) {
  Session *cuda = session.cuda;
  if (!cuda)
    return;
  {
    Current current(cuda->model);
    giveBack(session);
  }
  cuda->~Session();
  session.allocator.release(cuda, sizeof(Session));
}

Outcome cuda::takeBlock(moe_rt_session &session, size_t bytes, DevicePtr &address) {
  Session &cuda = *session.cuda;
  Outcome outcome = cuda.blocks->take(bytes, address);
  if (outcome.result != kOutOfMemory || cuda.capturing)
    return outcome;
  // What is kept for later runs may be what is missing.
  cuda.driver.cuStreamSynchronize(cuda.stream);
  dropShapes(session);
  cuda.blocks->trim(0);
  return cuda.blocks->take(bytes, address);
}

size_t cuda::inputBytes(const moe_rt_session &session, size_t input) {
  const meta::Tensor *tensor = session.model->meta->inputs()->Get(static_cast<uint32_t>(input));
  const moe_abi_tensor &bound = session.inputs[input];
  size_t bytes = 0; // was found to fit when it was bound
  rt::byteSize(bound.shape, static_cast<uint32_t>(bound.rank),
               static_cast<uint32_t>(tensor->type()), bytes);
  return bytes;
}

Outcome cuda::copyInput(moe_rt_session &session, size_t input, DevicePtr to) {
  Session &cuda = *session.cuda;
  size_t bytes = inputBytes(session, input);
  const void *from = session.inputs[input].data;
  if (!bytes)
    return {};
  if (session.inputMemory[input] == MOE_RT_HOST)
    return cuda.staging.upload(cuda.stream, to, from, bytes);
  MOE_CUDA_TRY(cuda.driver, cuMemcpyDtoDAsync, to, reinterpret_cast<DevicePtr>(from), bytes,
               cuda.stream);
  return {};
}

/// Gives the code an input in place where it can be read there, else a copy.
static Outcome placeInput(moe_rt_session &session, size_t input) {
  const moe_abi_tensor &bound = session.inputs[input];
  moe_abi_tensor &placed = session.cuda->inputs[input];
  placed = bound;
  if (session.inputMemory[input] == MOE_RT_DEVICE_MEMORY && bound.data &&
      reinterpret_cast<uintptr_t>(bound.data) % kInputAlignment == 0)
    return {};
  DevicePtr address;
  if (Outcome outcome = takeBlock(session, inputBytes(session, input), address))
    return outcome;
  placed.data = reinterpret_cast<void *>(address);
  return copyInput(session, input, address);
}

moe_rt_status cuda::runPlain(moe_rt_session &session, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  cuda.blocks->beginRun();
  for (size_t i = 0; i < session.numInputs; ++i)
    if (Outcome outcome = placeInput(session, i))
      return reportMemory("run", cuda.model, "an input", inputBytes(session, i), outcome, error);
  cuda.uploadBytes = 0;
  if (Outcome outcome = beginRunTiming(cuda))
    return reportFailure("run", cuda.model, "an event", outcome, error);
  if (moe_rt_status status = rt::execute(session, cuda.inputs, error))
    return status;
  if (Outcome outcome = endRunTiming(cuda))
    return reportFailure("run", cuda.model, "an event", outcome, error);
  return MOE_RT_OK;
}

/// Has a tensor copied into host memory of the session.
static Outcome download(moe_rt_session &session, moe_abi_tensor &tensor, const meta::Tensor *meta) {
  Session &cuda = *session.cuda;
  size_t bytes;
  if (!rt::byteSize(tensor.shape, static_cast<uint32_t>(tensor.rank),
                    static_cast<uint32_t>(meta->type()), bytes))
    return {kInvalidValue, "size"};
  void *host = session.blocks.take(bytes);
  if (!host)
    return {kNoHostMemory, ""};
  if (bytes)
    MOE_CUDA_TRY(cuda.driver, cuMemcpyDtoHAsync, host, reinterpret_cast<DevicePtr>(tensor.data),
                 bytes, cuda.stream);
  tensor.data = host;
  return {};
}

static Outcome downloadAll(moe_rt_session &session) {
  const meta::Model &model = *session.model->meta;
  for (uint32_t i = 0; i < session.numOutputs; ++i)
    if (Outcome outcome = download(session, session.outputs[i], model.outputs()->Get(i)))
      return outcome;
  for (uint32_t i = 0; i < session.numObservations; ++i)
    if (session.delivered[i])
      if (Outcome outcome =
              download(session, session.observations[i], model.observations()->Get(i)->tensor()))
        return outcome;
  return {};
}

/// Brings home what the run computed, and waits for it, unless the caller does so.
static moe_rt_status finish(moe_rt_session &session, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  Outcome outcome;
  if (!cuda.deviceOutputs)
    outcome = downloadAll(session);
  bool waits = !cuda.deviceOutputs || cuda.timer || cuda.timesRuns;
  if (!outcome && waits)
    outcome = {cuda.driver.cuStreamSynchronize(cuda.stream), "cuStreamSynchronize"};
  if (!outcome && cuda.timer)
    outcome = collectTimes(session);
  if (!outcome && cuda.timesRuns)
    outcome = readRunTime(session);
  if (!outcome)
    return MOE_RT_OK;
  return reportFailure("run", cuda.model, "waiting for the run", outcome, error);
}

/// A run inside of the caller's own capture would hand out memory that it uses again.
static moe_rt_status refuseCapture(const Session &cuda, moe_rt_error *error) {
  int status = kCaptureStatusNone;
  if (cuda.ownsStream || !cuda.driver.hasGraphs)
    return MOE_RT_OK;
  Outcome outcome = {cuda.driver.cuStreamIsCapturing(cuda.stream, &status), "cuStreamIsCapturing"};
  if (outcome)
    return reportFailure("run", cuda.model, "the stream", outcome, error);
  if (status == kCaptureStatusNone)
    return MOE_RT_OK;
  return report(error, MOE_RT_INVALID_ARGUMENT,
                "run: the session's stream is being captured; end the capture first");
}

static moe_rt_status runCurrent(moe_rt_session &session, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  if (moe_rt_status status = refuseCapture(cuda, error))
    return status;
  session.blocks.beginRun();
  session.outputMemory = cuda.deviceOutputs ? MOE_RT_DEVICE_MEMORY : MOE_RT_HOST;
  moe_rt_status status = cuda.useGraphs ? runByShape(session, error) : runPlain(session, error);
  if (!status)
    status = finish(session, error);
  if (!status)
    return MOE_RT_OK;
  // Nothing of the failed run may still be on its way when its memory serves another.
  if (cuda.timer)
    cuda.timer->used = 0;
  if (isSticky(cuda.driver.cuStreamSynchronize(cuda.stream)))
    cuda.model.lost = true;
  return status;
}

moe_rt_status cuda::runSession(moe_rt_session &session, moe_rt_error *error) {
  Model &model = session.cuda->model;
  if (moe_rt_status status = refuseLost("run", model, error))
    return status;
  Current current(model);
  if (current.outcome)
    return reportFailure("run", model, "cannot be used", current.outcome, error);
  return runCurrent(session, error);
}

moe_rt_status cuda::prepareSession(moe_rt_session &session, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  Current current(cuda.model);
  if (current.outcome)
    return reportFailure("load", cuda.model, "cannot be used", current.outcome, error);
  session.context.section = session.model->weights;
  moe_rt_status status = rt::prepare(session, error);
  session.context.section = nullptr;
  Outcome outcome = {cuda.driver.cuStreamSynchronize(cuda.stream), "cuStreamSynchronize"};
  if (status || !outcome)
    return status;
  return reportFailure("load", cuda.model, "the weights", outcome, error);
}
