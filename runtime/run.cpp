//===- run.cpp - The runtime as code for the CPU sees it ------------------===//
//
// The callbacks of moe_context. Some may leave the code by a long jump, so no function here has an
// object with a destructor alive when they do.
//
//===----------------------------------------------------------------------===//

#include "session.h"

#include <inttypes.h>

using namespace moe::rt;

static void *allocate(moe_context *context, int64_t bytes) {
  moe_rt_session &session = sessionOf(context);
  if (bytes < 0)
    leave(session, MOE_RT_INTERNAL, "run: the code asks for %" PRId64 " bytes", bytes);
  void *block = session.blocks.take(static_cast<size_t>(bytes));
  if (!block)
    leave(session, MOE_RT_OUT_OF_MEMORY, "run: out of memory, %" PRId64 " bytes asked for", bytes);
  return block;
}

static void giveBack(moe_context *context, void *block) {
  sessionOf(context).blocks.giveBack(block);
}

namespace {
/// A body together with its closure, for hosts whose threads have a floating-point state of their
/// own.
struct HostBody {
  moe_body_fn body;
  void *closure;
};
} // namespace

static void runHostBody(void *hostBody, int64_t begin, int64_t end) {
  FloatState state;
  const HostBody &call = *static_cast<HostBody *>(hostBody);
  call.body(call.closure, begin, end);
}

static void parallelFor(moe_context *context, int64_t items, int64_t grain, moe_body_fn body,
                        void *closure) {
  moe_rt_session &session = sessionOf(context);
  if (items <= 0)
    return;
  if (grain < 1)
    grain = 1;
  if (session.hostParallelFor) {
    HostBody call = {body, closure};
    session.hostParallelFor(session.hostUser, items, grain, runHostBody, &call);
    return;
  }
  session.pool->run(items, grain, body, closure);
}

/// A layer in the body of a loop is observed in each round: its rows follow those of the rounds
/// before.
static void observe(moe_context *context, int32_t number, const moe_abi_tensor *value) {
  moe_rt_session &session = sessionOf(context);
  moe_abi_tensor all;
  size_t before, total;
  if (!planObservation(session, number, *value, all, before, total))
    return;
  moe_abi_tensor &seen = session.observations[number];
  uint8_t *copy = static_cast<uint8_t *>(allocate(context, static_cast<int64_t>(total)));
  if (before)
    memcpy(copy, seen.data, before);
  if (total > before)
    memcpy(copy + before, value->data, total - before);
  if (session.delivered[number])
    giveBack(context, seen.data);
  seen = all;
  seen.data = copy;
  session.delivered[number] = true;
}

void moe::rt::connectCpu(moe_rt_session &session) {
  moe_context &context = session.context;
  context.version = MOE_ABI_VERSION;
  context.weights = session.model->weights;
  context.observed = session.observed;
  context.alloc = allocate;
  context.free = giveBack;
  context.parallel_for = parallelFor;
  context.observe = observe;
  context.fail = failRun;
}
