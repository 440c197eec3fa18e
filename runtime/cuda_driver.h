//===- cuda_driver.h - The CUDA driver, found at run time -------*- C++ -*-===//

#ifndef MOE_RUNTIME_CUDA_DRIVER_H
#define MOE_RUNTIME_CUDA_DRIVER_H

#include "cuda_api.h"
#include "status.h"

namespace moe::cuda {

/// A table of the driver's functions. Drivers are loaded once a process and stay.
struct Driver {
#define MOE_CUDA_FIELD(name, symbol, parameters) Result(*name) parameters;
  MOE_CUDA_FUNCTIONS(MOE_CUDA_FIELD)
  MOE_CUDA_GRAPH_FUNCTIONS(MOE_CUDA_FIELD)
  MOE_CUDA_EXTRA_FUNCTIONS(MOE_CUDA_FIELD)
#undef MOE_CUDA_FIELD
  /// Whether it has the functions for graphs.
  bool hasGraphs;
};

/// The system's driver, or the file that the environment's MOE_CUDA_DRIVER names, initialised.
/// From any thread. `where` names the artifact in messages.
moe_rt_status openDriver(const char *where, const Driver *&driver, moe_rt_error *error);

/// A result of our own: the host's memory ran out.
constexpr Result kNoHostMemory = -1;

/// What came of some calls of the driver: the first that failed, if one did.
struct Outcome {
  Result result = kSuccess;
  const char *call = "";
  explicit operator bool() const { return result != kSuccess; }
};

/// Calls a function of the driver; leaves the function around it with an Outcome where that fails.
#define MOE_CUDA_TRY(driver, function, ...)                                                        \
  do {                                                                                             \
    if (::moe::cuda::Result result = (driver).function(__VA_ARGS__))                               \
      return ::moe::cuda::Outcome{result, #function};                                              \
  } while (false)

/// Whether an error ends its context: every later call for it fails too.
bool isSticky(Result result);
/// The status that an error becomes where a caller sees it.
moe_rt_status statusOf(Result result);
/// Appends "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY (out of memory)".
void append(rt::Line &line, const Driver &driver, const Outcome &outcome);

} // namespace moe::cuda

#endif // MOE_RUNTIME_CUDA_DRIVER_H
