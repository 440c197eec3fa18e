//===- fake_device.h - A GPU for a test -------------------------*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_FAKE_DEVICE_H
#define MOE_TEST_RUNTIME_FAKE_DEVICE_H

#include "demo_artifact.h"
#include "fake_driver.h"
#include "loaded.h"

#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>

namespace moe::test {

/// Has the runtime find the fake driver, as new; at its end nothing may be left alive, and no rule
/// of the driver's broken. The environment is the process's, so one at a time.
struct FakeDevice {
  explicit FakeDevice(const char *library = "libmoe_fake_driver.so") {
    std::string path = std::string(MOE_FAKE_DRIVERS) + "/" + library;
    setenv("MOE_CUDA_DRIVER", path.c_str(), 1);
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    fake = handle ? static_cast<FakeDriver *>(dlsym(handle, "moe_fake_driver")) : nullptr;
    if (!fake) {
      fprintf(stderr, "%s\n", dlerror());
      abort();
    }
    renew();
  }
  ~FakeDevice() {
    EXPECT_EQ(fake->alive(), 0);
    EXPECT_EQ(fake->violations, 0);
    unsetenv("MOE_CUDA_DRIVER");
  }
  FakeDriver *operator->() { return fake; }

  /// The driver of a new process.
  void renew() {
    auto reset = fake->reset;
    *fake = FakeDriver();
    fake->reset = reset;
    reset();
  }
  /// Has call `number` of `function` (null: of any) fail.
  void fail(const char *function, int64_t number, cuda::Result result) {
    fake->failing = function;
    fake->failAt = number;
    fake->failWith = result;
    fake->calls = 0;
    fake->failed = nullptr;
  }

private:
  void *handle;
  FakeDriver *fake;
};

/// The demo model with a variant for CPUs and those for GPUs.
inline std::string gpuArtifact(const std::vector<DemoGpu> &gpus = {DemoGpu()}) {
  DemoOptions options;
  options.gpus = gpus;
  return writeArtifact(demoSections(options));
}

/// Loads for a GPU.
struct LoadedOnDevice : Loaded {
  explicit LoadedOnDevice(const std::string &artifact, const char *device = "cuda",
                          const char *variant = nullptr, uint32_t flags = 0,
                          const moe_rt_allocator *allocator = nullptr)
      : Loaded(artifact, flags, variant, allocator, device) {}
};

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_FAKE_DEVICE_H
