//===- device_stream_test.cpp - The caller's stream, memory and context ----===//

#include "device_session.h"

using namespace moe;
using namespace moe::test;

namespace {
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

TEST(DeviceStream, TheCallersContextStaysCurrent) {
  FakeDevice device;
  HostProgram host;
  LoadedOnDevice loaded(gpuArtifact());
  OnDevice session(loaded.model.get());
  ASSERT_EQ(session.run(twoRows), MOE_RT_OK);
  ASSERT_EQ(session.run(makeRows(14)), MOE_RT_INTERNAL);
}

TEST(DeviceStream, TheCallersStreamAndMemory) {
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
TEST(DeviceStream, RunsFollowEachOther) {
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
TEST(DeviceStream, AFaultBehindAFailure) {
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

// A run captured into the caller's graph would use memory that later runs use too.
TEST(DeviceStream, RefusesAStreamThatIsCaptured) {
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
