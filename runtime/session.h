//===- session.h - What one run after another needs -------------*- C++ -*-===//

#ifndef MOE_RUNTIME_SESSION_H
#define MOE_RUNTIME_SESSION_H

#include "model.h"
#include "pool.h"

#include <setjmp.h>

namespace moe::rt {
/// What one kernel took.
struct KernelTime {
  uint64_t count;
  double microseconds;
};
} // namespace moe::rt

/// `context` comes first: the callbacks of generated code find the session by it.
struct moe_rt_session {
  moe_rt_session(moe_rt_model *model, const moe::rt::Allocator &allocator)
      : model(model), allocator(allocator), blocks(allocator) {}

  moe_context context = {};
  moe_rt_model *model;
  moe::rt::Allocator allocator;
  /// Host memory.
  moe::rt::BlockCache blocks;

  /// Null where the host's threads do the work, or the caller alone.
  moe::rt::Pool *pool = nullptr;
  moe_rt_parallel_for_fn hostParallelFor = nullptr;
  void *hostUser = nullptr;

  size_t numInputs = 0, numOutputs = 0, numObservations = 0;
  moe_abi_tensor *inputs = nullptr;
  bool *bound = nullptr;
  uint32_t *inputMemory = nullptr; // moe_rt_memory
  moe_abi_tensor *outputs = nullptr;
  uint8_t *observed = nullptr;
  moe_abi_tensor *observations = nullptr;
  /// Which observations the last run delivered.
  bool *delivered = nullptr;
  bool hasOutputs = false;
  /// Where outputs and observations are.
  uint32_t outputMemory = MOE_RT_HOST;

  moe_rt_stats stats = {};
  /// A kernel each; null where they are not timed.
  moe::rt::KernelTime *profile = nullptr;
  size_t numKernels = 0;
  /// The GPU's side; null on the CPU.
  moe::cuda::Session *cuda = nullptr;

  /// A run in progress; a second one is refused.
  std::atomic<bool> busy{false};
  /// Where `fail` and failed allocations go, and what they say there.
  jmp_buf escape;
  moe_rt_status failure = MOE_RT_OK;
  char message[512] = "";
};

namespace moe::rt {

/// The session of a callback's context.
inline moe_rt_session &sessionOf(moe_context *context) {
  return *reinterpret_cast<moe_rt_session *>(context);
}

/// Ends the run from within a callback.
[[noreturn, gnu::format(printf, 3, 4)]] void leave(moe_rt_session &session, moe_rt_status status,
                                                   const char *format, ...);

/// What an observation becomes: `all`, without data, of `total` bytes, the first `before` of which
/// are those of the rounds before. Leaves the run where it has no valid shape. False where nobody
/// asked for it.
bool planObservation(moe_rt_session &session, int32_t number, const moe_abi_tensor &value,
                     moe_abi_tensor &all, size_t &before, size_t &total);

/// The callback of a failing check, for all devices.
void failRun(moe_context *context, const char *message);

/// Runs the code over `inputs` and checks its outputs; fills outputs and observations.
moe_rt_status execute(moe_rt_session &session, const moe_abi_tensor *inputs, moe_rt_error *error);
/// Has the code fill a device's weight memory.
moe_rt_status prepare(moe_rt_session &session, moe_rt_error *error);

/// Fills the callbacks of the session's context with the CPU's.
void connectCpu(moe_rt_session &session);
/// The bytes of a tensor; false where sizes are negative or the product does not fit.
bool byteSize(const int64_t *shape, uint32_t rank, uint32_t type, size_t &bytes);

} // namespace moe::rt

#endif // MOE_RUNTIME_SESSION_H
