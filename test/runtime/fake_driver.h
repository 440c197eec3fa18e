//===- fake_driver.h - What tests ask of the driver that is none -*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_FAKE_DRIVER_H
#define MOE_TEST_RUNTIME_FAKE_DRIVER_H

#include "runtime/cuda_api.h"

namespace moe::test {

/// The state of the fake driver, exported as `moe_fake_driver`. Tests set and read it while nothing
/// runs.
struct FakeDriver {
  int version = 12000, devices = 1, major = 8, minor = 0;
  /// What cuModuleLoadDataEx writes into its error log.
  const char *log = "";

  /// Call number `failAt` of `failing` (a name without _v2; null: of any function but those that
  /// give back and those that explain errors) gives this instead.
  const char *failing = nullptr;
  int64_t failAt = -1;
  cuda::Result failWith = cuda::kUnknown;
  /// Calls of `failing` so far.
  int64_t calls = 0;
  /// The function that failed so.
  const char *failed = nullptr;

  /// Objects alive, and bytes of device memory.
  int64_t contexts = 0, modules = 0, blocks = 0, bytes = 0, pinned = 0, streams = 0, events = 0,
          graphs = 0, execs = 0;
  /// Device memory that there is.
  int64_t capacity = int64_t(1) << 30;
  /// What was done so far.
  int64_t launches = 0, graphLaunches = 0, captures = 0, textLoads = 0, binaryLoads = 0;
  /// Calls that break the driver's rules: without a context, with what is not alive.
  int64_t violations = 0;
  /// Memory and graphs that were given back while a stream had work to do.
  int64_t givenBackInFlight = 0;
  /// Ends the loss of the device after a fault, as the end of the process would.
  void (*reset)() = nullptr;

  int64_t alive() const {
    return contexts + modules + blocks + pinned + streams + events + graphs + execs;
  }
};

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_FAKE_DRIVER_H
