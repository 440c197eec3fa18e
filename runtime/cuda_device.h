//===- cuda_device.h - A model on a GPU -------------------------*- C++ -*-===//

#ifndef MOE_RUNTIME_CUDA_DEVICE_H
#define MOE_RUNTIME_CUDA_DEVICE_H

#include "cuda_driver.h"
#include "model.h"

namespace moe::cuda {

struct Kernel {
  Function function;
  const meta::Kernel *meta;
};

/// Fields are filled in this order; what is null was never made.
struct Model {
  char id[16]; // "cuda:0"
  char name[96];
  const Driver *driver;
  Device device;
  /// 80 for compute capability 8.0.
  uint32_t capability;
  bool retained;
  Context context;
  Module module;
  Kernel *kernels;
  size_t numKernels;
  DevicePtr weights;
  /// A kernel faulted: the context is of no more use to anyone in this process.
  std::atomic<bool> lost;
};

/// Makes the model's context the thread's current one, as long as it lives.
class Current {
public:
  explicit Current(const Model &model)
      : driver(*model.driver), outcome{driver.cuCtxPushCurrent(model.context), "cuCtxPushCurrent"} {
  }
  ~Current() {
    Context context;
    if (!outcome)
      driver.cuCtxPopCurrent(&context);
  }
  Current(const Current &) = delete;

private:
  const Driver &driver;

public:
  const Outcome outcome;
};

/// Whether a variable of the environment is there, and neither empty nor 0.
bool isSet(const char *variable);

/// Appends what came of a call, and what to do where the device is lost by it, which is noted.
void explain(rt::Line &line, Model &model, const Outcome &outcome);
/// Reports "WHERE: device cuda:0 (NAME): DOING: ..." with the status of the outcome.
moe_rt_status reportFailure(const char *where, Model &model, const char *doing,
                            const Outcome &outcome, moe_rt_error *error);
/// Reports that the device has no `bytes` left.
moe_rt_status reportMemory(const char *where, Model &model, const char *doing, uint64_t bytes,
                           const Outcome &outcome, moe_rt_error *error);

/// The backend's functions for sessions (cuda_session.cpp).
moe_rt_status openSession(moe_rt_session &session, const moe_rt_session_options &options,
                          moe_rt_error *error);
void closeSession(moe_rt_session &session);
moe_rt_status runSession(moe_rt_session &session, moe_rt_error *error);
/// Runs the code's moe_prepare, and waits for the device.
moe_rt_status prepareSession(moe_rt_session &session, moe_rt_error *error);

/// Loads the kernels of the model's variant (cuda_module.cpp).
moe_rt_status loadKernels(rt::Loading &loading);

} // namespace moe::cuda

#endif // MOE_RUNTIME_CUDA_DEVICE_H
