//===- cuda_graph.cpp - Runs that repeat, as one launch -------------------===//
//
// What a run launches, and uploads, depends on the inputs' shapes alone, as long as the code
// fetches nothing. So the second run of a shape is captured instead of executed, and from then on
// the whole run is one launch of its graph. A graph works on memory of its own, which lives as long
// as it. Whatever goes wrong here, kernels are launched one by one.
//
//===----------------------------------------------------------------------===//

#include "cuda_session.h"

using namespace moe;
using namespace moe::cuda;

static bool isSame(const moe_rt_session &session, const Shape &shape) {
  if (!shape.inputs)
    return false;
  for (size_t i = 0; i < session.numInputs; ++i) {
    const moe_abi_tensor &bound = session.inputs[i], &seen = shape.inputs[i];
    if (bound.rank != seen.rank ||
        memcmp(bound.shape, seen.shape, static_cast<size_t>(bound.rank) * sizeof(int64_t)))
      return false;
  }
  return !memcmp(session.observed, shape.observed, session.numObservations);
}

static Shape *findShape(Session &cuda, const moe_rt_session &session) {
  for (Shape &shape : cuda.shapes)
    if (isSame(session, shape))
      return &shape;
  return nullptr;
}

/// Makes the shape a free place again; what it launched last must be done.
static void drop(moe_rt_session &session, Shape &shape) {
  const rt::Allocator &allocator = session.allocator;
  if (shape.exec)
    session.cuda->driver.cuGraphExecDestroy(shape.exec);
  DeviceBlocks::destroy(shape.blocks);
  if (shape.inputs)
    allocator.releaseArray(shape.inputs, session.numInputs);
  if (shape.observed)
    allocator.releaseArray(shape.observed, session.numObservations);
  if (shape.outputs)
    allocator.releaseArray(shape.outputs, session.numOutputs);
  if (shape.observations)
    allocator.releaseArray(shape.observations, session.numObservations);
  if (shape.delivered)
    allocator.releaseArray(shape.delivered, session.numObservations);
  if (shape.uploads)
    session.cuda->driver.cuMemFreeHost(shape.uploads);
  shape = {};
}

void cuda::dropShapes(moe_rt_session &session) {
  for (Shape &shape : session.cuda->shapes)
    drop(session, shape);
}

/// Notes a shape as one that can be captured when it comes again, in the place of the one that was
/// of use the longest ago. Where there is no memory for it, it is not noted.
static void note(moe_rt_session &session) {
  Session &cuda = *session.cuda;
  const rt::Allocator &allocator = session.allocator;
  Shape *place = &cuda.shapes[0];
  for (Shape &shape : cuda.shapes)
    if (shape.lastRun < place->lastRun)
      place = &shape;
  if (place->exec)
    cuda.driver.cuStreamSynchronize(cuda.stream);
  drop(session, *place);
  place->inputs = allocator.allocateArray<moe_abi_tensor>(session.numInputs);
  place->observed = allocator.allocateArray<uint8_t>(session.numObservations);
  if (!place->inputs || !place->observed)
    return drop(session, *place);
  memcpy(place->inputs, session.inputs, session.numInputs * sizeof(moe_abi_tensor));
  memcpy(place->observed, session.observed, session.numObservations);
  place->uploadBytes = cuda.uploadBytes;
  place->lastRun = cuda.run;
}

/// Takes over what the run left: tables, and in the tables addresses.
static void copyResults(moe_rt_session &session, const Shape &shape) {
  memcpy(session.outputs, shape.outputs, session.numOutputs * sizeof(moe_abi_tensor));
  memcpy(session.observations, shape.observations,
         session.numObservations * sizeof(moe_abi_tensor));
  memcpy(session.delivered, shape.delivered, session.numObservations * sizeof(bool));
}

static void keepResults(const moe_rt_session &session, Shape &shape) {
  memcpy(shape.outputs, session.outputs, session.numOutputs * sizeof(moe_abi_tensor));
  memcpy(shape.observations, session.observations,
         session.numObservations * sizeof(moe_abi_tensor));
  memcpy(shape.delivered, session.delivered, session.numObservations * sizeof(bool));
}

/// The session's blocks become the shape's, as the run before has just used them; the session gets
/// new ones.
static bool takeMemory(moe_rt_session &session, Shape &shape) {
  Session &cuda = *session.cuda;
  const rt::Allocator &allocator = session.allocator;
  shape.outputs = allocator.allocateArray<moe_abi_tensor>(session.numOutputs);
  shape.observations = allocator.allocateArray<moe_abi_tensor>(session.numObservations);
  shape.delivered = allocator.allocateArray<bool>(session.numObservations);
  shape.blocks =
      DeviceBlocks::create(allocator, cuda.driver, cuda.stream, session.stats.device_bytes);
  if (!shape.outputs || !shape.observations || !shape.delivered || !shape.blocks)
    return false;
  DeviceBlocks *used = cuda.blocks;
  cuda.blocks = shape.blocks;
  shape.blocks = used;
  return true;
}

static Outcome placeInputs(moe_rt_session &session, Shape &shape) {
  if (shape.uploadBytes)
    MOE_CUDA_TRY(session.cuda->driver, cuMemHostAlloc, reinterpret_cast<void **>(&shape.uploads),
                 shape.uploadBytes, 0);
  for (size_t i = 0; i < session.numInputs; ++i) {
    DevicePtr address;
    if (Outcome outcome = shape.blocks->take(inputBytes(session, i), address))
      return outcome;
    shape.inputs[i].data = reinterpret_cast<void *>(address);
  }
  return {};
}

/// Runs the code with its work going into `graph`, which is null where that did not succeed.
static Outcome record(moe_rt_session &session, Shape &shape, Graph &graph) {
  Session &cuda = *session.cuda;
  const Driver &driver = cuda.driver;
  if (!cuda.captureStream)
    MOE_CUDA_TRY(driver, cuStreamCreate, &cuda.captureStream, kStreamNonBlocking);
  MOE_CUDA_TRY(driver, cuStreamBeginCapture, cuda.captureStream, kCaptureModeThreadLocal);
  DeviceBlocks *plain = cuda.blocks;
  const moe_rt_stats before = session.stats;
  cuda.blocks = shape.blocks;
  cuda.work = cuda.captureStream;
  cuda.capturing = &shape;
  moe_rt_status status = rt::execute(session, shape.inputs, nullptr);
  cuda.capturing = nullptr;
  cuda.work = cuda.stream;
  cuda.blocks = plain;
  shape.kernels = session.stats.launches - before.launches;
  session.stats.launches = before.launches; // nothing was executed
  session.stats.uploads = before.uploads;
  Outcome outcome = {driver.cuStreamEndCapture(cuda.captureStream, &graph), "cuStreamEndCapture"};
  if (!outcome && status)
    outcome = {kStreamCaptureInvalidated, "moe_entry"};
  return outcome;
}

static Outcome capture(moe_rt_session &session, Shape &shape) {
  const Driver &driver = session.cuda->driver;
  if (!takeMemory(session, shape))
    return {kNoHostMemory, ""};
  shape.blocks->beginRun();
  if (Outcome outcome = placeInputs(session, shape))
    return outcome;
  Graph graph = nullptr;
  Outcome outcome = record(session, shape, graph);
  if (!outcome)
    outcome = {driver.cuGraphInstantiateWithFlags(&shape.exec, graph, 0), "cuGraphInstantiate"};
  if (outcome)
    shape.exec = nullptr;
  if (graph)
    driver.cuGraphDestroy(graph);
  keepResults(session, shape);
  shape.blocks->trim(1); // what only other shapes used
  return outcome;
}

static moe_rt_status replay(moe_rt_session &session, const Shape &shape, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  for (size_t i = 0; i < session.numInputs; ++i) {
    DevicePtr to = reinterpret_cast<DevicePtr>(shape.inputs[i].data);
    if (Outcome outcome = copyInput(session, i, to))
      return reportFailure("run", cuda.model, "an input", outcome, error);
  }
  Outcome outcome = beginRunTiming(cuda);
  if (!outcome)
    outcome = {cuda.driver.cuGraphLaunch(shape.exec, cuda.stream), "cuGraphLaunch"};
  if (!outcome)
    outcome = endRunTiming(cuda);
  if (outcome)
    return reportFailure("run", cuda.model, "the run's graph", outcome, error);
  copyResults(session, shape);
  ++session.stats.graph_launches;
  session.stats.graph_kernels += shape.kernels;
  return MOE_RT_OK;
}

/// What a capture that came to nothing leaves: the run kernel by kernel, or its end where the
/// device was lost.
static moe_rt_status giveUp(moe_rt_session &session, Shape &shape, const Outcome &outcome,
                            moe_rt_error *error) {
  Session &cuda = *session.cuda;
  cuda.useGraphs = false;
  drop(session, shape);
  if (isSticky(outcome.result))
    return reportFailure("run", cuda.model, "the capture of a graph", outcome, error);
  if (cuda.model.lost) // as the code's own failure says
    return rt::report(error, session.failure, "%s", session.message);
  return runPlain(session, error);
}

moe_rt_status cuda::runByShape(moe_rt_session &session, moe_rt_error *error) {
  Session &cuda = *session.cuda;
  ++cuda.run;
  Shape *shape = findShape(cuda, session);
  if (shape && !shape->exec) {
    if (Outcome outcome = capture(session, *shape))
      return giveUp(session, *shape, outcome, error);
    ++session.stats.graphs;
  }
  if (shape) {
    shape->lastRun = cuda.run;
    return replay(session, *shape, error);
  }
  const moe_rt_stats before = session.stats;
  moe_rt_status status = runPlain(session, error);
  const moe_rt_stats &after = session.stats;
  if (!status && before.fetches == after.fetches && before.launches != after.launches)
    note(session);
  return status;
}
