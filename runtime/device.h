//===- device.h - Where a model's code runs ---------------------*- C++ -*-===//
//
// What a kind of device does for models and sessions, so that the rest of the runtime knows none.
// A table of functions, as the runtime links no C++ library.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_RUNTIME_DEVICE_H
#define MOE_RUNTIME_DEVICE_H

#include "moe_rt.h"

namespace moe::meta {
struct Variant;
}

namespace moe::rt {

struct Loading;

struct Backend {
  /// Whether a name as in moe_rt_load_options.device is one of this kind.
  bool (*accepts)(const char *device);
  /// Finds the device and chooses the code variant: `wanted`, or the best that the device runs.
  moe_rt_status (*choose)(Loading &loading, const char *device, const char *wanted);
  /// Makes the device ready, once the variant's code is loaded.
  moe_rt_status (*load)(Loading &loading);
  /// Gives back what choose and load took; also after they failed.
  void (*unload)(moe_rt_model &model);

  bool (*runs)(const moe_rt_model &model, const meta::Variant &variant);
  /// Fills device and device_name.
  void (*describe)(const moe_rt_model &model, moe_rt_model_info &info);

  /// Makes a new session ready to run: its context, and what its work is done with.
  moe_rt_status (*open)(moe_rt_session &session, const moe_rt_session_options &options,
                        moe_rt_error *error);
  /// Also after open failed.
  void (*close)(moe_rt_session &session);
  /// One run over inputs that were checked; fills outputs and observations.
  moe_rt_status (*run)(moe_rt_session &session, moe_rt_error *error);
};

extern const Backend cpuBackend, cudaBackend;

} // namespace moe::rt

#endif // MOE_RUNTIME_DEVICE_H
