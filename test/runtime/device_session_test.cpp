//===- device_session_test.cpp - Runs on a GPU, and what comes back -------===//

#include "fake_device.h"

#include <thread>

using namespace moe;
using namespace moe::test;

namespace {
/// A session of the demo model on the GPU, and the values it is tried with.
struct OnDevice {
  explicit OnDevice(moe_rt_model *model, uint32_t flags = 0, void *stream = nullptr) {
    moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
    options.flags = flags;
    options.stream = stream;
    moe_rt_session *created = nullptr;
    EXPECT_EQ(moe_rt_session_create(model, &options, &created, &error), MOE_RT_OK) << error.message;
    session.reset(created);
  }
  moe_rt_status bind(size_t input, const moe_rt_tensor &tensor) {
    return moe_rt_session_bind(session.get(), input, &tensor, &error);
  }
  moe_rt_status run() { return moe_rt_session_run(session.get(), &error); }
  /// Runs over copies that are gone afterwards: a GPU has read its inputs when run returns.
  moe_rt_status run(const std::vector<float> &x) {
    std::vector<float> rows = x;
    int64_t tokens = static_cast<int64_t>(rows.size() / 4);
    std::vector<int64_t> keep(static_cast<size_t>(tokens), 7);
    bind(0, makeTensor(MOE_RT_FLOAT32, rows.data(), {tokens, 4}));
    bind(1, makeTensor(MOE_RT_INT64, keep.data(), {tokens}));
    moe_rt_status status = run();
    std::fill(rows.begin(), rows.end(), -1.0f);
    return status;
  }
  moe_rt_tensor output(size_t index) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_output(session.get(), index, &tensor), MOE_RT_OK);
    return tensor;
  }
  moe_rt_tensor observation(size_t index) {
    moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
    EXPECT_EQ(moe_rt_session_observation(session.get(), index, &tensor), MOE_RT_OK);
    return tensor;
  }
  moe_rt_stats stats() {
    moe_rt_stats stats = MOE_RT_INIT(moe_rt_stats);
    EXPECT_EQ(moe_rt_session_stats(session.get(), &stats), MOE_RT_OK);
    return stats;
  }

  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  std::unique_ptr<moe_rt_session, Free> session;
};

/// What the driver itself does for a host program, with its context current.
struct HostProgram {
  HostProgram() : handle(dlopen(getenv("MOE_CUDA_DRIVER"), RTLD_NOW)) {
    call<cuda::Result (*)(cuda::Context *, int)>("cuDevicePrimaryCtxRetain")(&context, 0);
    call<cuda::Result (*)(cuda::Context)>("cuCtxPushCurrent_v2")(context);
  }
  ~HostProgram() {
    cuda::Context popped = nullptr;
    // Still the one that was current before.
    EXPECT_EQ(call<cuda::Result (*)(cuda::Context *)>("cuCtxPopCurrent_v2")(&popped), 0);
    EXPECT_EQ(popped, context);
    EXPECT_EQ(call<cuda::Result (*)(cuda::Context *)>("cuCtxPopCurrent_v2")(&popped),
              cuda::kInvalidContext);
    --static_cast<FakeDriver *>(dlsym(handle, "moe_fake_driver"))->violations;
    call<cuda::Result (*)(int)>("cuDevicePrimaryCtxRelease_v2")(0);
    dlclose(handle);
  }
  template <typename Function> Function call(const char *name) {
    return reinterpret_cast<Function>(dlsym(handle, name));
  }
  cuda::Stream makeStream() {
    cuda::Stream stream = nullptr;
    call<cuda::Result (*)(cuda::Stream *, unsigned)>("cuStreamCreate")(&stream, 0);
    return stream;
  }
  void destroy(cuda::Stream stream) {
    call<cuda::Result (*)(cuda::Stream)>("cuStreamDestroy_v2")(stream);
  }
  void wait(cuda::Stream stream) {
    EXPECT_EQ(call<cuda::Result (*)(cuda::Stream)>("cuStreamSynchronize")(stream), 0);
  }
  cuda::DevicePtr make(const void *data, size_t bytes, cuda::Stream stream) {
    cuda::DevicePtr address = 0;
    call<cuda::Result (*)(cuda::DevicePtr *, size_t)>("cuMemAlloc_v2")(&address, bytes);
    write(address, data, bytes, stream);
    return address;
  }
  void write(cuda::DevicePtr address, const void *data, size_t bytes, cuda::Stream stream) {
    call<cuda::Result (*)(cuda::DevicePtr, const void *, size_t, cuda::Stream)>(
        "cuMemcpyHtoDAsync_v2")(address, data, bytes, stream);
    wait(stream);
  }
  void readLater(std::vector<float> &values, const moe_rt_tensor &tensor, cuda::Stream stream) {
    call<cuda::Result (*)(void *, cuda::DevicePtr, size_t, cuda::Stream)>("cuMemcpyDtoHAsync_v2")(
        values.data(), reinterpret_cast<cuda::DevicePtr>(tensor.data), values.size() * 4, stream);
  }
  std::vector<float> read(const moe_rt_tensor &tensor, cuda::Stream stream) {
    std::vector<float> values(static_cast<size_t>(tensor.shape[0] * tensor.shape[1]));
    readLater(values, tensor, stream);
    wait(stream);
    return values;
  }
  void release(cuda::DevicePtr address) {
    call<cuda::Result (*)(cuda::DevicePtr)>("cuMemFree_v2")(address);
  }

  void *handle;
  cuda::Context context = nullptr;
};
} // namespace

/// The address as the API has it.
static const void *pointer(cuda::DevicePtr address) {
  return reinterpret_cast<const void *>(address);
}

static moe_rt_tensor onDevice(moe_rt_type type, cuda::DevicePtr address,
                              std::vector<int64_t> shape) {
  moe_rt_tensor tensor = makeTensor(type, pointer(address), std::move(shape));
  tensor.memory = MOE_RT_DEVICE_MEMORY;
  return tensor;
}

static std::vector<float> floats(const moe_rt_tensor &tensor) {
  EXPECT_EQ(tensor.memory, static_cast<uint32_t>(MOE_RT_HOST));
  const float *data = static_cast<const float *>(tensor.data);
  return std::vector<float>(data, data + tensor.shape[0] * tensor.shape[1]);
}

static const std::vector<float> twoRows = {1, 2, 3, 4, -1, 5, 0, 0};
static const std::vector<float> twoResults = {3.75, 7.5, 11.25, 15, -1.5, 7.5, 0, 0};

/// Rows without a pattern, and what the CPU makes of them.
static std::vector<float> makeRows(size_t tokens, uint32_t state = 1) {
  std::vector<float> x(tokens * 4);
  for (float &value : x)
    value = static_cast<float>((state = state * 1664525 + 1013904223) >> 16) / 128 - 200;
  return x;
}

static std::vector<float> onCpu(const std::vector<float> &x) {
  static Loaded loaded(gpuArtifact());
  OnDevice cpu(loaded.model.get());
  EXPECT_EQ(cpu.run(x), MOE_RT_OK);
  return floats(cpu.output(0));
}

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

TEST(DeviceSession, RepeatedShapesBecomeGraphs) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  int64_t before = device->launches;
  for (uint32_t run = 0; run < 5; ++run) {
    std::vector<float> x = makeRows(10, run);
    ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(floats(session.output(0)), onCpu(x)) << run;
  }
  moe_rt_stats stats = session.stats();
  EXPECT_EQ(stats.runs, 5u);
  EXPECT_EQ(stats.launches, 2u);
  EXPECT_EQ(stats.graphs, 1u);
  EXPECT_EQ(stats.graph_launches, 4u);
  EXPECT_EQ(stats.graph_kernels, 8u);
  EXPECT_EQ(device->launches - before, 4); // of the first run, and captured
  EXPECT_EQ(device->graphLaunches, 4);
  // What is observed is part of what repeats.
  moe_rt_session_observe(session.session.get(), 2, 1, nullptr);
  ASSERT_EQ(session.run(makeRows(10)), MOE_RT_OK);
  EXPECT_EQ(session.observation(2).shape[0], 10);
  EXPECT_EQ(session.stats().launches, 4u);
}

// More shapes than graphs are kept, over and over: results stay right and memory bounded.
TEST(DeviceSession, ChangingShapes) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  const size_t sizes[] = {20, 20, 21, 21, 21, 40, 20, 1,  1,  2,  2,  3,  3,    4,    4,   30,
                          30, 31, 31, 32, 32, 33, 33, 20, 20, 40, 40, 21, 1000, 1000, 1000};
  int64_t most = 0;
  for (uint32_t round = 0; round < 6; ++round) {
    for (size_t tokens : sizes) {
      std::vector<float> x = makeRows(tokens, round);
      ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
      ASSERT_EQ(floats(session.output(0)), onCpu(x)) << tokens;
    }
    if (round == 1)
      most = device->bytes;
  }
  EXPECT_GT(session.stats().graph_launches, 30u);
  EXPECT_LE(device->execs, 8);
  EXPECT_LE(device->bytes, most);
  EXPECT_EQ(session.stats().device_bytes + 16, static_cast<uint64_t>(device->bytes));
}

TEST(DeviceSession, NoGraphs) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  auto runs = [&](uint32_t flags) {
    OnDevice session(loaded.model.get(), flags);
    for (int run = 0; run < 5; ++run)
      EXPECT_EQ(session.run(twoRows), MOE_RT_OK);
    EXPECT_EQ(floats(session.output(0)), twoResults);
    return session.stats().graph_launches;
  };
  EXPECT_EQ(runs(0), 4u);
  EXPECT_EQ(runs(MOE_RT_SESSION_NO_GRAPH), 0u);
  setenv("MOE_CUDA_NO_GRAPH", "1", 1);
  EXPECT_EQ(runs(0), 0u);
  unsetenv("MOE_CUDA_NO_GRAPH");
  // A driver that refuses some step of a capture costs the graph, nothing else.
  for (const char *step :
       {"cuStreamBeginCapture", "cuStreamEndCapture", "cuGraphInstantiateWithFlags"}) {
    device.fail(step, 0, cuda::kStreamCaptureUnsupported);
    EXPECT_EQ(runs(0), 0u) << step;
    EXPECT_STREQ(device->failed, step);
  }
}

// A run whose work depends on more than shapes is done kernel by kernel.
TEST(DeviceSession, FetchesKeepOffGraphs) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (uint32_t run = 0; run < 3; ++run) {
    std::vector<float> x = makeRows(7, run);
    ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(floats(session.output(0)), onCpu(x));
  }
  EXPECT_EQ(session.stats().graph_launches, 0u);
  EXPECT_EQ(session.stats().fetches, 3u);
  EXPECT_EQ(device->captures, 0);
}

// What the code uploads comes again with each launch of its graph: the block that it goes to serves
// other steps in between.
TEST(DeviceSession, UploadsAreOfTheGraph) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (uint32_t run = 0; run < 4; ++run) {
    std::vector<float> x = makeRows(5, run), twice = onCpu(x);
    for (float &value : twice)
      value *= 2;
    ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
    EXPECT_EQ(floats(session.output(0)), twice) << run;
  }
  EXPECT_EQ(session.stats().graph_launches, 3u);
  EXPECT_EQ(session.stats().uploads, 1u);
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

TEST(DeviceSession, GivesIdleMemoryBackBeforeItFails) {
  FakeDevice device;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  for (size_t tokens : {5000, 5000, 5000, 10000, 10000, 10000}) {
    ASSERT_EQ(session.run(makeRows(tokens)), MOE_RT_OK);
  }
  EXPECT_EQ(device->execs, 2);
  // Room for the graphs, or for what comes now.
  device->capacity = device->bytes + 100;
  std::vector<float> x = makeRows(8000);
  ASSERT_EQ(session.run(x), MOE_RT_OK) << session.error.message;
  EXPECT_EQ(floats(session.output(0)), onCpu(x));
  EXPECT_EQ(device->execs, 0);
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

TEST(DeviceSession, TheCallersContextStaysCurrent) {
  FakeDevice device;
  HostProgram host;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  ASSERT_EQ(session.run(twoRows), MOE_RT_OK);
  ASSERT_EQ(session.run(makeRows(14)), MOE_RT_INTERNAL);
}

TEST(DeviceSession, TheCallersStreamAndMemory) {
  FakeDevice device;
  HostProgram host;
  cuda::Stream stream = host.makeStream();
  const int64_t keep[] = {7, 8};
  cuda::DevicePtr x = host.make(twoRows.data(), 32, stream), y = host.make(keep, 16, stream);
  {
    LoadedOnDevice loaded(gpuArtifact());
    OnDevice session(loaded.model.get(), MOE_RT_SESSION_DEVICE_OUTPUTS, stream);
    ASSERT_EQ(session.bind(0, onDevice(MOE_RT_FLOAT32, x, {2, 4})), MOE_RT_OK);
    ASSERT_EQ(session.bind(1, onDevice(MOE_RT_INT64, y, {2})), MOE_RT_OK);
    moe_rt_session_observe(session.session.get(), 0, 1, nullptr);
    for (int run = 0; run < 4; ++run) {
      std::vector<float> rows = makeRows(2, static_cast<uint32_t>(run));
      host.write(x, rows.data(), 32, stream);
      ASSERT_EQ(session.run(), MOE_RT_OK) << session.error.message;
      moe_rt_tensor output = session.output(0);
      EXPECT_EQ(output.memory, static_cast<uint32_t>(MOE_RT_DEVICE_MEMORY));
      EXPECT_EQ(host.read(output, stream), onCpu(rows)) << run;
      EXPECT_EQ(host.read(session.observation(0), stream), rows);
      // The first run reads it in place; a graph has memory of its own.
      EXPECT_EQ(session.output(1).data == pointer(y), run == 0);
    }
    EXPECT_EQ(session.stats().graph_launches, 3u);
    // In the middle of an element for vector loads: through a copy.
    host.write(x, twoRows.data(), 32, stream);
    ASSERT_EQ(session.bind(0, onDevice(MOE_RT_FLOAT32, x + 4, {1, 4})), MOE_RT_OK);
    ASSERT_EQ(session.bind(1, onDevice(MOE_RT_INT64, y, {1})), MOE_RT_OK);
    ASSERT_EQ(session.run(), MOE_RT_OK);
    EXPECT_EQ(host.read(session.observation(0), stream), (std::vector<float>{2, 3, 4, -1}));
  }
  host.release(x);
  host.release(y);
  host.destroy(stream);
}

// Nobody waits between the runs: what they upload, compute and leave is ordered by the stream
// alone.
TEST(DeviceSession, RunsFollowEachOther) {
  FakeDevice device;
  HostProgram host;
  cuda::Stream stream = host.makeStream();
  {
    LoadedOnDevice loaded(gpuArtifact());
    OnDevice session(loaded.model.get(), MOE_RT_SESSION_DEVICE_OUTPUTS, stream);
    std::vector<std::vector<float>> results(6, std::vector<float>(40));
    for (uint32_t run = 0; run < results.size(); ++run) {
      ASSERT_EQ(session.run(makeRows(10, run)), MOE_RT_OK) << session.error.message;
      host.readLater(results[run], session.output(0), stream);
    }
    host.wait(stream);
    for (uint32_t run = 0; run < results.size(); ++run)
      EXPECT_EQ(results[run], onCpu(makeRows(10, run))) << run;
  }
  host.destroy(stream);
}

// The fault of a run that nobody waited for is found when a later one fails for a reason of its
// own.
TEST(DeviceSession, AFaultBehindAFailure) {
  FakeDevice device;
  HostProgram host;
  cuda::Stream stream = host.makeStream();
  std::vector<float> rows(44, 666);
  cuda::DevicePtr x = host.make(rows.data(), 176, stream);
  {
    LoadedOnDevice loaded(gpuArtifact());
    OnDevice session(loaded.model.get(), MOE_RT_SESSION_DEVICE_OUTPUTS, stream);
    for (int64_t tokens : {1, 11}) {
      session.bind(0, onDevice(MOE_RT_FLOAT32, x, {tokens, 4}));
      session.bind(1, onDevice(MOE_RT_INT64, x, {tokens}));
      EXPECT_EQ(session.run(), tokens == 1 ? MOE_RT_OK : MOE_RT_INTERNAL);
    }
    EXPECT_STREQ(session.error.message, "run: the code launches kernel 3 of 3");
    EXPECT_EQ(session.run(), MOE_RT_DEVICE);
  }
  host.release(x);
  host.destroy(stream);
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

// A run captured into the caller's graph would use memory that later runs use too.
TEST(DeviceSession, RefusesAStreamThatIsCaptured) {
  FakeDevice device;
  HostProgram host;
  cuda::Stream stream = host.makeStream();
  {
    LoadedOnDevice loaded(gpuArtifact());
    OnDevice session(loaded.model.get(), 0, stream);
    host.call<cuda::Result (*)(cuda::Stream, int)>("cuStreamBeginCapture_v2")(stream, 1);
    EXPECT_EQ(session.run(twoRows), MOE_RT_INVALID_ARGUMENT);
    EXPECT_STREQ(session.error.message,
                 "run: the session's stream is being captured; end the capture first");
    cuda::Graph graph = nullptr;
    host.call<cuda::Result (*)(cuda::Stream, cuda::Graph *)>("cuStreamEndCapture")(stream, &graph);
    host.call<cuda::Result (*)(cuda::Graph)>("cuGraphDestroy")(graph);
    EXPECT_EQ(session.run(twoRows), MOE_RT_OK);
  }
  host.destroy(stream);
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
