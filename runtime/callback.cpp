//===- callback.cpp - Going into generated code, and leaving it -----------===//
//
// What the callbacks of all devices share. They may leave the code by a long jump, so no function
// here has an object with a destructor alive when they do.
//
//===----------------------------------------------------------------------===//

#include "session.h"

#include <stdarg.h>
#include <stdio.h>

using namespace moe::rt;

void moe::rt::leave(moe_rt_session &session, moe_rt_status status, const char *format, ...) {
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

/// Whether the rows of `more` can follow those of `rows`.
static bool canFollow(const moe_abi_tensor &rows, const moe_abi_tensor &more) {
  if (rows.rank != more.rank || rows.rank < 1)
    return false;
  for (int64_t i = 1; i < rows.rank; ++i)
    if (rows.shape[i] != more.shape[i])
      return false;
  return true;
}

bool moe::rt::planObservation(moe_rt_session &session, int32_t number, const moe_abi_tensor &value,
                              moe_abi_tensor &all, size_t &before, size_t &total) {
  size_t index = static_cast<size_t>(number), bytes;
  if (number < 0 || index >= session.numObservations)
    leave(session, MOE_RT_INTERNAL, "run: the code observes %d of %zu", number,
          session.numObservations);
  if (!session.observed[index])
    return false;
  const auto *observation = session.model->meta->observations()->Get(static_cast<uint32_t>(number));
  uint32_t type = static_cast<uint32_t>(observation->tensor()->type());
  const moe_abi_tensor &seen = session.observations[index];
  bool again = session.delivered[index];
  all = value;
  before = 0;
  if (value.rank < 0 || value.rank > MOE_MAX_RANK || (again && !canFollow(seen, value)) ||
      !byteSize(value.shape, static_cast<uint32_t>(value.rank), type, bytes) ||
      (again && (!byteSize(seen.shape, static_cast<uint32_t>(seen.rank), type, before) ||
                 __builtin_add_overflow(seen.shape[0], value.shape[0], &all.shape[0]))) ||
      __builtin_add_overflow(before, bytes, &total))
    leave(session, MOE_RT_INTERNAL, "run: observation %d has no valid shape", number);
  return true;
}

void moe::rt::failRun(moe_context *context, const char *message) {
  leave(sessionOf(context), MOE_RT_RUN_FAILED, "run: %s", message);
}

/// Generated code is ours, so a wrong output is a fault of the compiler; it must not reach callers.
static moe_rt_status checkOutputs(const moe_rt_session &session, moe_rt_error *error) {
  for (size_t i = 0; i < session.numOutputs; ++i) {
    moe_rt_tensor_info info =
        describeTensor(session.model->meta->outputs()->Get(static_cast<uint32_t>(i)));
    const moe_abi_tensor &output = session.outputs[i];
    size_t bytes;
    bool good = output.rank == info.rank && byteSize(output.shape, info.rank, info.type, bytes) &&
                (!bytes || output.data);
    for (uint32_t j = 0; good && j < info.rank; ++j)
      good = info.dims[j] < 0 || info.dims[j] == output.shape[j];
    if (!good)
      return report(error, MOE_RT_INTERNAL,
                    "output '%s': the code gave it another shape than the artifact says",
                    info.name);
  }
  return MOE_RT_OK;
}

/// False where the code ended early, with `failure` and `message` saying why.
static bool enter(moe_rt_session &session, const moe_abi_tensor *inputs) {
  FloatState state; // restored on both ways out, as the jump comes back into this function
  if (_setjmp(session.escape))
    return false;
  session.model->code.entry(&session.context, inputs, session.outputs);
  return true;
}

moe_rt_status moe::rt::execute(moe_rt_session &session, const moe_abi_tensor *inputs,
                               moe_rt_error *error) {
  memset(session.outputs, 0, session.numOutputs * sizeof(moe_abi_tensor));
  memset(session.delivered, 0, session.numObservations * sizeof(bool));
  if (!enter(session, inputs))
    return report(error, session.failure, "%s", session.message);
  return checkOutputs(session, error);
}

static bool enterPrepare(moe_rt_session &session) {
  FloatState state;
  if (_setjmp(session.escape))
    return false;
  session.model->code.prepare(&session.context);
  return true;
}

moe_rt_status moe::rt::prepare(moe_rt_session &session, moe_rt_error *error) {
  if (enterPrepare(session))
    return MOE_RT_OK;
  return report(error, session.failure, "%s", session.message);
}
