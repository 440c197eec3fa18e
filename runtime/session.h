//===- session.h - What one run after another needs -------------*- C++ -*-===//

#ifndef MOE_RUNTIME_SESSION_H
#define MOE_RUNTIME_SESSION_H

#include "model.h"
#include "pool.h"

#include <setjmp.h>

/// `context` comes first: the callbacks of generated code find the session by it.
struct moe_rt_session {
  moe_rt_session(moe_rt_model *model, const moe::rt::Allocator &allocator)
      : model(model), allocator(allocator), blocks(allocator) {}

  moe_context context = {};
  moe_rt_model *model;
  moe::rt::Allocator allocator;
  moe::rt::BlockCache blocks;

  /// Null where the host's threads do the work, or the caller alone.
  moe::rt::Pool *pool = nullptr;
  moe_rt_parallel_for_fn hostParallelFor = nullptr;
  void *hostUser = nullptr;

  size_t numInputs = 0, numOutputs = 0, numObservations = 0;
  moe_abi_tensor *inputs = nullptr;
  bool *bound = nullptr;
  moe_abi_tensor *outputs = nullptr;
  uint8_t *observed = nullptr;
  moe_abi_tensor *observations = nullptr;
  /// Which observations the last run delivered.
  bool *delivered = nullptr;
  bool hasOutputs = false;

  /// A run in progress; a second one is refused.
  std::atomic<bool> busy{false};
  /// Where `fail` and failed allocations go, and what they say there.
  jmp_buf escape;
  moe_rt_status failure = MOE_RT_OK;
  char message[512] = "";
};

namespace moe::rt {

/// Fills the callbacks of the session's context.
void connect(moe_rt_session &session);
/// Runs the code; false where it ended early, with `failure` and `message` saying why.
bool enter(moe_rt_session &session);
/// The bytes of a tensor; false where sizes are negative or the product does not fit.
bool byteSize(const int64_t *shape, uint32_t rank, uint32_t type, size_t &bytes);

} // namespace moe::rt

#endif // MOE_RUNTIME_SESSION_H
