//===- cuda_run.cpp - The runtime as code for a GPU sees it ---------------===//
//
// The callbacks of moe_context. The code runs on the host and puts work on one stream; nothing here
// waits but `fetch`. All may leave the code by a long jump, so no function here has an object with
// a destructor alive when they do.
//
//===----------------------------------------------------------------------===//

#include "cuda_session.h"

#include <inttypes.h>

using namespace moe;
using namespace moe::cuda;
using rt::leave;
using rt::Line;
using rt::sessionOf;

static DevicePtr addressOf(const void *pointer) { return reinterpret_cast<DevicePtr>(pointer); }
static void *pointerTo(DevicePtr address) { return reinterpret_cast<void *>(address); }

[[noreturn]] static void leaveFor(moe_rt_session &session, const char *doing,
                                  const Outcome &outcome) {
  Line line;
  explain(line, session.cuda->model, outcome);
  leave(session, statusOf(outcome.result), "run: device %s: %s: %s", session.cuda->model.id, doing,
        line.text());
}

static void *allocate(moe_context *context, int64_t bytes) {
  moe_rt_session &session = sessionOf(context);
  if (bytes < 0)
    leave(session, MOE_RT_INTERNAL, "run: the code asks for %" PRId64 " bytes", bytes);
  DevicePtr address;
  Outcome outcome = takeBlock(session, static_cast<size_t>(bytes), address);
  if (!outcome)
    return pointerTo(address);
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_status status = reportMemory("run", session.cuda->model, "memory of a step",
                                      static_cast<uint64_t>(bytes), outcome, &error);
  leave(session, status, "%s", error.message);
}

static void giveBack(moe_context *context, void *block) {
  moe_rt_session &session = sessionOf(context);
  if (block && !session.cuda->blocks->giveBack(addressOf(block)))
    leave(session, MOE_RT_INTERNAL, "run: the code frees device memory that it does not hold");
}

/// There is little to compute on the host.
static void parallelFor(moe_context *, int64_t items, int64_t grain, moe_body_fn body,
                        void *closure) {
  for (int64_t begin = 0, step = grain < 1 ? 1 : grain; begin < items; begin += step)
    body(closure, begin, items - begin < step ? items : begin + step);
}

static Outcome copyOnDevice(Session &cuda, void *to, const void *from, size_t bytes) {
  if (bytes)
    MOE_CUDA_TRY(cuda.driver, cuMemcpyDtoDAsync, addressOf(to), addressOf(from), bytes, cuda.work);
  return {};
}

/// The rows of the rounds of a loop follow each other, as on the CPU; they stay on the device until
/// the run ends.
static void observe(moe_context *context, int32_t number, const moe_abi_tensor *value) {
  moe_rt_session &session = sessionOf(context);
  Session &cuda = *session.cuda;
  moe_abi_tensor all;
  size_t before, total;
  if (!rt::planObservation(session, number, *value, all, before, total))
    return;
  moe_abi_tensor &seen = session.observations[number];
  uint8_t *copy = static_cast<uint8_t *>(allocate(context, static_cast<int64_t>(total)));
  Outcome outcome = copyOnDevice(cuda, copy, seen.data, before);
  if (!outcome)
    outcome = copyOnDevice(cuda, copy + before, value->data, total - before);
  if (outcome)
    leaveFor(session, "an observation", outcome);
  if (session.delivered[number])
    giveBack(context, seen.data);
  seen = all;
  seen.data = copy;
  session.delivered[number] = true;
}

/// A grid as the driver takes it. Leaves the run where it is too large.
static void checkGrid(moe_rt_session &session, const Kernel &kernel, const int64_t *grid) {
  constexpr int64_t most[] = {INT32_MAX, 65535, 65535};
  for (int i = 0; i < 3; ++i) {
    if (grid[i] < 0)
      leave(session, MOE_RT_INTERNAL, "run: kernel '%s': a grid of %" PRId64 " blocks",
            kernel.meta->name()->c_str(), grid[i]);
    if (grid[i] > most[i])
      leave(session, MOE_RT_UNSUPPORTED,
            "run: unsupported: kernel '%s': a grid of %" PRId64 " x %" PRId64 " x %" PRId64
            " blocks, at most %" PRId64 " x %" PRId64 " x %" PRId64
            " are possible; use smaller inputs",
            kernel.meta->name()->c_str(), grid[0], grid[1], grid[2], most[0], most[1], most[2]);
  }
}

static Outcome launchKernel(moe_rt_session &session, const Kernel &kernel, const int64_t *grid,
                            void *const *parameters) {
  Session &cuda = *session.cuda;
  size_t number = static_cast<size_t>(&kernel - cuda.model.kernels);
  if (cuda.timer)
    if (Outcome outcome = beginTiming(session, number))
      return outcome;
  MOE_CUDA_TRY(cuda.driver, cuLaunchKernel, kernel.function, static_cast<unsigned>(grid[0]),
               static_cast<unsigned>(grid[1]), static_cast<unsigned>(grid[2]),
               kernel.meta->threads(), 1, 1, kernel.meta->shared(), cuda.work,
               const_cast<void **>(parameters), nullptr);
  ++session.stats.launches;
  if (cuda.timer)
    if (Outcome outcome = endTiming(session))
      return outcome;
  if (cuda.waits)
    MOE_CUDA_TRY(cuda.driver, cuStreamSynchronize, cuda.stream);
  return {};
}

static void launch(moe_context *context, int32_t number, const int64_t *grid,
                   void *const *parameters) {
  moe_rt_session &session = sessionOf(context);
  Session &cuda = *session.cuda;
  if (number < 0 || static_cast<size_t>(number) >= cuda.model.numKernels)
    leave(session, MOE_RT_INTERNAL, "run: the code launches kernel %d of %zu", number,
          cuda.model.numKernels);
  const Kernel &kernel = cuda.model.kernels[number];
  checkGrid(session, kernel, grid);
  if (!grid[0] || !grid[1] || !grid[2])
    return;
  Outcome outcome = launchKernel(session, kernel, grid, parameters);
  if (!outcome)
    return;
  Line line;
  explain(line, cuda.model, outcome);
  leave(session, statusOf(outcome.result),
        "run: device %s: kernel '%s' with a grid of %" PRId64 " x %" PRId64 " x %" PRId64
        " blocks of %u threads: %s",
        cuda.model.id, kernel.meta->name()->c_str(), grid[0], grid[1], grid[2],
        kernel.meta->threads(), line.text());
}

/// Into the graph: from memory that stays with it, as what is uploaded depends on shapes alone.
static Outcome uploadInGraph(Session &cuda, DevicePtr device, const void *host, size_t bytes) {
  Shape &shape = *cuda.capturing;
  if (bytes > shape.uploadBytes - shape.uploadsUsed)
    return {kStreamCaptureInvalidated, "upload"};
  uint8_t *copy = shape.uploads + shape.uploadsUsed;
  shape.uploadsUsed += bytes;
  memcpy(copy, host, bytes);
  MOE_CUDA_TRY(cuda.driver, cuMemcpyHtoDAsync, device, copy, bytes, cuda.work);
  return {};
}

static void upload(moe_context *context, void *device, const void *host, int64_t bytes) {
  moe_rt_session &session = sessionOf(context);
  Session &cuda = *session.cuda;
  if (bytes < 0)
    leave(session, MOE_RT_INTERNAL, "run: the code uploads %" PRId64 " bytes", bytes);
  size_t size = static_cast<size_t>(bytes);
  ++session.stats.uploads;
  cuda.uploadBytes += size;
  if (!size)
    return;
  if (Outcome outcome = cuda.capturing
                            ? uploadInGraph(cuda, addressOf(device), host, size)
                            : cuda.staging.upload(cuda.stream, addressOf(device), host, size))
    leaveFor(session, "a copy to the device", outcome);
}

static Outcome download(Session &cuda, void *host, const void *device, size_t bytes) {
  if (bytes)
    MOE_CUDA_TRY(cuda.driver, cuMemcpyDtoHAsync, host, addressOf(device), bytes, cuda.stream);
  MOE_CUDA_TRY(cuda.driver, cuStreamSynchronize, cuda.stream);
  return {};
}

static void fetch(moe_context *context, void *host, const void *device, int64_t bytes) {
  moe_rt_session &session = sessionOf(context);
  if (session.cuda->capturing)
    leave(session, MOE_RT_INTERNAL, "run: the code's work depends on more than shapes");
  ++session.stats.fetches;
  if (bytes < 0)
    leave(session, MOE_RT_INTERNAL, "run: the code fetches %" PRId64 " bytes", bytes);
  if (Outcome outcome = download(*session.cuda, host, device, static_cast<size_t>(bytes)))
    leaveFor(session, "a copy from the device", outcome);
}

void cuda::connectCuda(moe_rt_session &session) {
  moe_context &context = session.context;
  context.version = MOE_ABI_VERSION;
  context.num_threads = 1;
  context.weights = static_cast<const uint8_t *>(pointerTo(session.cuda->model.weights));
  context.observed = session.observed;
  context.alloc = allocate;
  context.free = giveBack;
  context.parallel_for = parallelFor;
  context.observe = observe;
  context.fail = rt::failRun;
  context.launch = launch;
  context.upload = upload;
  context.fetch = fetch;
}
