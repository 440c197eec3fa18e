//===- run.cpp - The runtime as generated code sees it --------------------===//
//
// The callbacks of moe_context. alloc, observe and fail may leave the code by a long jump, so no
// function here has an object with a destructor alive when they do.
//
//===----------------------------------------------------------------------===//

#include "session.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

using namespace moe::rt;

static moe_rt_session &sessionOf(moe_context *context) {
  return *reinterpret_cast<moe_rt_session *>(context);
}

[[noreturn, gnu::format(printf, 3, 4)]] static void
leave(moe_rt_session &session, moe_rt_status status, const char *format, ...) {
  session.failure = status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(session.message, sizeof(session.message), format, arguments);
  va_end(arguments);
  _longjmp(session.escape, 1);
}

bool moe::rt::byteSize(const int64_t *shape, uint32_t rank, uint32_t type, size_t &bytes) {
  int64_t product = static_cast<int64_t>(moe_rt_type_size(type));
  bool empty = false;
  // An empty dimension makes the product 0 whatever the others are, but they must be sizes too.
  for (uint32_t i = 0; i < rank; ++i) {
    if (shape[i] < 0)
      return false;
    if (shape[i] == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, shape[i], &product))
      return false;
  }
  bytes = empty ? 0 : static_cast<size_t>(product);
  return true;
}

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

/// Whether the rows of `more` can follow those of `rows`.
static bool canFollow(const moe_abi_tensor &rows, const moe_abi_tensor &more) {
  if (rows.rank != more.rank || rows.rank < 1)
    return false;
  for (int64_t i = 1; i < rows.rank; ++i)
    if (rows.shape[i] != more.shape[i])
      return false;
  return true;
}

/// A layer in the body of a loop is observed in each round: its rows follow those of the rounds
/// before.
static void observe(moe_context *context, int32_t number, const moe_abi_tensor *value) {
  moe_rt_session &session = sessionOf(context);
  size_t index = static_cast<size_t>(number);
  if (number < 0 || index >= session.numObservations)
    leave(session, MOE_RT_INTERNAL, "run: the code observes %d of %zu", number,
          session.numObservations);
  if (!session.observed[index])
    return;
  const auto *observation = session.model->meta->observations()->Get(static_cast<uint32_t>(number));
  uint32_t type = static_cast<uint32_t>(observation->tensor()->type());
  moe_abi_tensor &seen = session.observations[index], all = *value;
  bool again = session.delivered[index];
  size_t bytes, before = 0, total;
  if (value->rank < 0 || value->rank > MOE_MAX_RANK || (again && !canFollow(seen, *value)) ||
      !byteSize(value->shape, static_cast<uint32_t>(value->rank), type, bytes) ||
      (again && (!byteSize(seen.shape, static_cast<uint32_t>(seen.rank), type, before) ||
                 __builtin_add_overflow(seen.shape[0], value->shape[0], &all.shape[0]))) ||
      __builtin_add_overflow(before, bytes, &total))
    leave(session, MOE_RT_INTERNAL, "run: observation %d has no valid shape", number);
  uint8_t *copy = static_cast<uint8_t *>(allocate(context, static_cast<int64_t>(total)));
  if (before)
    memcpy(copy, seen.data, before);
  if (bytes)
    memcpy(copy + before, value->data, bytes);
  if (again)
    giveBack(context, seen.data);
  seen = all;
  seen.data = copy;
  session.delivered[index] = true;
}

static void fail(moe_context *context, const char *message) {
  leave(sessionOf(context), MOE_RT_RUN_FAILED, "run: %s", message);
}

void moe::rt::connect(moe_rt_session &session) {
  moe_context &context = session.context;
  context.version = MOE_ABI_VERSION;
  context.weights = session.model->weights;
  context.observed = session.observed;
  context.alloc = allocate;
  context.free = giveBack;
  context.parallel_for = parallelFor;
  context.observe = observe;
  context.fail = fail;
}

bool moe::rt::enter(moe_rt_session &session) {
  FloatState state; // restored on both ways out, as the jump comes back into this function
  if (_setjmp(session.escape))
    return false;
  session.model->code.entry(&session.context, session.inputs, session.outputs);
  return true;
}
