//===- device_session_test.cpp - Runs on a GPU, and what comes back --------===//

#include "device_session.h"

#include <thread>

using namespace moe;
using namespace moe::test;

TEST(DeviceSession, ComputesOutputs) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  ASSERT_EQ(loaded.status, MOE_RT_OK) << loaded.message();
  OnDevice session(loaded.model.get());
  ASSERT_EQ(session.run(twoRows), MOE_RT_OK) << session.error.message;
  EXPECT_EQ(floats(session.output(0)), twoResults);
  // An input's own data comes back as a copy.
  moe_rt_tensor kept = session.output(1);
  EXPECT_EQ(static_cast<const int64_t *>(kept.data)[1], 7);
  EXPECT_EQ(session.stats().launches, 2u);
  EXPECT_EQ(session.stats().runs, 1u);
}

TEST(DeviceSession, RunsWithoutTokens) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (int run = 0; run < 3; ++run) {
    ASSERT_EQ(session.bind(0, makeTensor(MOE_RT_FLOAT32, nullptr, {0, 4})), MOE_RT_OK);
    ASSERT_EQ(session.bind(1, makeTensor(MOE_RT_INT64, nullptr, {0})), MOE_RT_OK);
    ASSERT_EQ(session.run(), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(session.output(0).shape[0], 0);
    EXPECT_NE(session.output(0).data, nullptr);
  }
  EXPECT_EQ(session.stats().launches, 0u);
}

TEST(DeviceSession, Observations) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (size_t i = 0; i < 5; ++i)
    moe_rt_session_observe(session.session.get(), i, i != 1, nullptr);
  for (int run = 0; run < 3; ++run) {
    ASSERT_EQ(session.run(twoRows), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(floats(session.observation(0)), twoRows);
    EXPECT_EQ(floats(session.observation(4)), twoResults);
    const int32_t *experts = static_cast<const int32_t *>(session.observation(2).data);
    EXPECT_EQ(std::vector<int32_t>(experts, experts + 4), (std::vector<int32_t>{3, 2, 1, -1}));
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_observation(session.session.get(), 1, &tensor),
              MOE_RT_INVALID_ARGUMENT);
  }
  EXPECT_EQ(session.stats().graph_launches, 2u);
  // A layer in a loop: the rows of both rounds.
  std::vector<float> x = makeRows(6), both = onCpu(x);
  both.insert(both.end(), x.begin(), x.end());
  for (int run = 0; run < 3; ++run) {
    ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(floats(session.observation(4)), both);
  }
}

TEST(DeviceSession, TimesRuns) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  for (uint32_t flags : {0u, uint32_t(MOE_RT_SESSION_DEVICE_OUTPUTS)}) {
    OnDevice session(loaded.model.get(), MOE_RT_SESSION_TIME | flags);
    for (int run = 0; run < 3; ++run) {
      ASSERT_EQ(session.run(twoRows), MOE_RT_OK) << session.error.message;
      EXPECT_EQ(session.stats().microseconds, 1000); // two kernels
    }
    EXPECT_EQ(session.stats().graph_launches, 2u);
  }
  OnDevice untimed(loaded.model.get());
  ASSERT_EQ(untimed.run(twoRows), MOE_RT_OK);
  EXPECT_EQ(untimed.stats().microseconds, 0);
}

TEST(DeviceSession, FailLeavesASessionThatWorks) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  std::vector<float> x = makeRows(7);
  x[0] = 1000;
  EXPECT_EQ(session.run(x), MOE_RT_RUN_FAILED);
  EXPECT_STREQ(session.error.message, "run: the first number must be below 1000");
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  EXPECT_EQ(moe_rt_session_output(session.session.get(), 0, &tensor), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(session.run(twoRows), MOE_RT_OK);
  EXPECT_EQ(floats(session.output(0)), twoResults);
}

// Mistakes of the compiler's, each found before it reaches the driver.
TEST(DeviceSession, WrongCode) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  struct Row {
    size_t tokens;
    moe_rt_status status;
    const char *message;
  };
  for (Row row :
       {Row{11, MOE_RT_INTERNAL, "run: the code launches kernel 3 of 3"},
        Row{12, MOE_RT_INTERNAL, "run: kernel 'demo_copy': a grid of -1 blocks"},
        Row{13, MOE_RT_UNSUPPORTED,
            "run: unsupported: kernel 'demo_copy': a grid of 2147483648 x 1 x 1 blocks, at most "
            "2147483647 x 65535 x 65535 are possible; use smaller inputs"},
        Row{14, MOE_RT_INTERNAL, "run: the code frees device memory that it does not hold"},
        Row{15, MOE_RT_INTERNAL, "run: the code asks for -1 bytes"},
        Row{16, MOE_RT_OUT_OF_MEMORY,
            "run: device cuda:0 (Fake GPU): memory of a step: out of memory, 1099511627776 bytes "
            "asked for, 1073741"}}) {
    EXPECT_EQ(session.run(makeRows(row.tokens)), row.status);
    EXPECT_EQ(std::string(session.error.message).find(row.message), 0u) << session.error.message;
    EXPECT_EQ(session.run(twoRows), MOE_RT_OK);
    EXPECT_EQ(floats(session.output(0)), twoResults);
  }
}

TEST(DeviceSession, GivesIdleBlocksBackBeforeItFails) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get(), MOE_RT_SESSION_NO_GRAPH);
  ASSERT_EQ(session.run(makeRows(10000)), MOE_RT_OK);
  device->capacity = device->bytes + 100;
  std::vector<float> x = makeRows(8000);
  ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
  EXPECT_EQ(floats(session.output(0)), onCpu(x));
}

// Runs that nobody waited for may still use what is no longer kept.
TEST(DeviceSession, WaitsBeforeItGivesBack) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  for (uint32_t flags : {0u, uint32_t(MOE_RT_SESSION_NO_GRAPH)}) {
    OnDevice session(loaded.model.get(), MOE_RT_SESSION_DEVICE_OUTPUTS | flags);
    for (size_t tokens = 20; tokens < 2000; tokens += 45)
      for (int run = 0; run < 3; ++run)
        ASSERT_EQ(session.run(makeRows(tokens)), MOE_RT_OK) << session.error.message;
  }
  EXPECT_EQ(device->givenBackInFlight, 0);
}

TEST(DeviceSession, TwoSessionsInTwoThreads) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  onCpu(twoRows);
  auto work = [&](uint32_t seed) {
    OnDevice session(loaded.model.get());
    for (uint32_t run = 0; run < 50; ++run) {
      std::vector<float> x = makeRows(1 + (run / 5) * 9, seed + run);
      ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
      ASSERT_EQ(floats(session.output(0)), onCpu(x));
    }
  };
  std::thread first(work, 1), second(work, 1000);
  first.join();
  second.join();
}

// More than one staging buffer holds.
TEST(DeviceSession, LargeInputs) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (uint32_t run = 0; run < 2; ++run) {
    std::vector<float> x = makeRows(300001, run);
    ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
    EXPECT_TRUE(floats(session.output(0)) == onCpu(x)) << run;
  }
}

TEST(DeviceSession, Profile) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get(), MOE_RT_SESSION_PROFILE);
  // More launches than there are events.
  constexpr uint64_t runs = 200;
  for (uint64_t run = 0; run < runs; ++run)
    ASSERT_EQ(session.run(twoRows), MOE_RT_OK) << session.error.message;
  const char *names[] = {"demo_copy", "demo_route", "demo_scale"};
  for (size_t kernel = 0; kernel < 3; ++kernel) {
    moe_rt_profile_info info = MOE_RT_INIT(moe_rt_profile_info);
    ASSERT_EQ(moe_rt_session_profile(session.session.get(), kernel, &info), MOE_RT_OK);
    EXPECT_STREQ(info.kernel, names[kernel]);
    EXPECT_EQ(info.count, kernel ? runs : 0); // the copy was in moe_prepare
    EXPECT_EQ(info.microseconds, 500.0 * static_cast<double>(info.count));
  }
  moe_rt_profile_info info = MOE_RT_INIT(moe_rt_profile_info);
  EXPECT_EQ(moe_rt_session_profile(session.session.get(), 3, &info), MOE_RT_INVALID_ARGUMENT);
  EXPECT_EQ(session.stats().graph_launches, 0u);
  OnDevice untimed(loaded.model.get());
  EXPECT_EQ(moe_rt_session_profile(untimed.session.get(), 0, &info), MOE_RT_INVALID_ARGUMENT);
}

// A fault ends the device for this process, and nothing else.
TEST(DeviceSession, AFaultLosesTheDevice) {
  for (bool waits : {false, true}) {
    FakeDevice device;
    std::string artifact = gpuArtifact();
    LoadedOnDevice loaded(artifact);
    setenv("MOE_CUDA_SYNC", waits ? "1" : "0", 1);
    OnDevice session(loaded.model.get()), other(loaded.model.get());
    EXPECT_EQ(session.run({666, 1, 2, 3}), MOE_RT_INTERNAL);
    std::string cause = waits
                            ? "kernel 'demo_scale' with a grid of 1 x 1 x 1 blocks of 128 threads: "
                            : "waiting for the run: ";
    EXPECT_EQ(session.error.message,
              std::string("run: device cuda:0") + (waits ? ": " : " (Fake GPU): ") + cause +
                  "cuStreamSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS (700, as scripted)" +
                  (waits ? "" : "; MOE_CUDA_SYNC=1 in the environment tells which kernel failed") +
                  "; the device is lost to this process, which must end before it is used again; "
                  "--device cpu still works");
    for (OnDevice *lost : {&session, &other}) {
      EXPECT_EQ(lost->run(twoRows), MOE_RT_DEVICE);
      EXPECT_STREQ(lost->error.message,
                   "run: device cuda:0 (Fake GPU) was lost in an earlier run; end the process "
                   "before using it again, or load the model with --device cpu");
    }
    moe_rt_session *created = nullptr;
    EXPECT_EQ(moe_rt_session_create(loaded.model.get(), nullptr, &created, nullptr), MOE_RT_DEVICE);
    EXPECT_NE(LoadedOnDevice(artifact).status, MOE_RT_OK);
    EXPECT_EQ(onCpu(twoRows), twoResults);
    unsetenv("MOE_CUDA_SYNC");
  }
}

TEST(DeviceSession, Arguments) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  Loaded onCpu(gpuArtifact());
  moe_rt_session *created = nullptr;
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.flags = 16;
  EXPECT_EQ(moe_rt_session_create(loaded.model.get(), &options, &created, &error),
            MOE_RT_INVALID_ARGUMENT);
  options.flags = MOE_RT_SESSION_DEVICE_OUTPUTS;
  EXPECT_EQ(moe_rt_session_create(onCpu.model.get(), &options, &created, &error),
            MOE_RT_INVALID_ARGUMENT);
  EXPECT_STREQ(error.message, "session: a stream or outputs on the device are asked for, but the "
                              "model was loaded for the cpu");
  OnDevice cpu(onCpu.model.get());
  EXPECT_EQ(cpu.bind(0, onDevice(MOE_RT_FLOAT32, 64, {1, 4})), MOE_RT_INVALID_ARGUMENT);
  EXPECT_STREQ(cpu.error.message, "input 'x': its memory is of kind 1, which the model's device "
                                  "does not read");
  EXPECT_EQ(cpu.stats().device_bytes, 0u);
  OnDevice gpu(loaded.model.get());
  moe_rt_tensor tensor = onDevice(MOE_RT_FLOAT32, 64, {1, 4});
  tensor.memory = 2;
  EXPECT_EQ(gpu.bind(0, tensor), MOE_RT_INVALID_ARGUMENT);
}
