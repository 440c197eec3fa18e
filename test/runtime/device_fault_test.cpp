//===- device_fault_test.cpp - The n-th call of the driver fails, for all n ===//
//
// The whole way from loading to runs, graphs and observations, once for each call of the driver
// and each error that it may give there: the status must say so or the result be right, nothing may
// leak, and the same file must still run on the CPU.
//
//===----------------------------------------------------------------------===//

#include "fake_device.h"
#include "heap.h"

using namespace moe;
using namespace moe::test;

static const float rows[80] = {1, 2, 3, 4, -1, 5, 0, 0};
static const int64_t keep[20] = {};

/// Binds and runs; checks what came of it where it went well.
static moe_rt_status runOnce(moe_rt_session *session, int64_t tokens) {
  moe_rt_tensor x = makeTensor(MOE_RT_FLOAT32, rows, {tokens, 4});
  moe_rt_tensor keeps = makeTensor(MOE_RT_INT64, keep, {tokens});
  moe_rt_session_bind(session, 0, &x, nullptr);
  moe_rt_session_bind(session, 1, &keeps, nullptr);
  moe_rt_error error = MOE_RT_INIT(moe_rt_error);
  if (moe_rt_status status = moe_rt_session_run(session, &error)) {
    EXPECT_EQ(error.status, status);
    EXPECT_EQ(std::string(error.message).find("run: "), 0u) << error.message;
    return status;
  }
  moe_rt_tensor y = MOE_RT_INIT(moe_rt_tensor);
  EXPECT_EQ(moe_rt_session_output(session, 0, &y), MOE_RT_OK);
  float factor = tokens == 5 ? 2 : 1; // with scales that the code uploads
  EXPECT_EQ(static_cast<const float *>(y.data)[0], factor * 3.75f);
  EXPECT_EQ(static_cast<const float *>(y.data)[4], factor * -1.5f);
  return MOE_RT_OK;
}

/// Launches kernel by kernel, captures, launches graphs, fetches and uploads.
static moe_rt_status runAll(moe_rt_session *session) {
  for (int64_t tokens : {2, 2, 2, 5, 5, 5, 7, 20, 20, 2})
    if (moe_rt_status status = runOnce(session, tokens))
      return status;
  return MOE_RT_OK;
}

/// The whole way; the status of the first step that fails. `lost`: the failure is one that ends the
/// device for the process.
static moe_rt_status goAllTheWay(const std::string &artifact, uint32_t flags, bool lost,
                                 const moe_rt_allocator *allocator = nullptr) {
  LoadedOnDevice loaded(artifact, "cuda", nullptr, 0, allocator);
  if (loaded.status) {
    EXPECT_EQ(loaded.error.status, loaded.status);
    EXPECT_NE(*loaded.message(), 0);
    return loaded.status;
  }
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.flags = flags;
  moe_rt_session *session = nullptr;
  if (moe_rt_status status = moe_rt_session_create(loaded.model.get(), &options, &session, nullptr))
    return status;
  for (size_t i = 0; i < 5; ++i)
    moe_rt_session_observe(session, i, 1, nullptr);
  moe_rt_status status = runAll(session);
  // A lost device stays lost, anything else leaves a session that works.
  if (status)
    EXPECT_EQ(runAll(session), lost ? MOE_RT_DEVICE : MOE_RT_OK) << status;
  moe_rt_session_free(session);
  return status;
}

static void failEveryCall(const std::string &artifact, uint32_t flags, cuda::Result result,
                          moe_rt_status expected) {
  int64_t n = 0, tellsOfWaits = 0;
  for (bool failed = true; failed; ++n) {
    FakeDevice device;
    device.fail(nullptr, n, result);
    moe_rt_status status = goAllTheWay(artifact, flags, result == cuda::kIllegalAddress);
    failed = device->failed;
    std::string function = failed ? device->failed : "none";
    SCOPED_TRACE(std::to_string(n) + ": " + function);
    // The driver has not begun, and the error is no other than that it does not.
    bool starts = n < 2;
    if (status)
      EXPECT_EQ(status, starts ? MOE_RT_DEVICE : expected);
    // A step of a capture can be done without, and an allocation again; results were compared.
    bool captures = device->captures > 0 || function == "cuStreamBeginCapture" ||
                    (function == "cuStreamCreate" && device->launches > 1);
    // Where memory is given back, nobody is told that the device did not answer.
    bool waits = function == "cuStreamSynchronize" || function == "cuEventSynchronize";
    tellsOfWaits += waits && status;
    bool mended = captures || waits || (function == "cuMemAlloc" && result == cuda::kOutOfMemory);
    if (!mended)
      EXPECT_EQ(status == MOE_RT_OK, !failed);
    EXPECT_EQ(device->alive(), 0);
  }
  EXPECT_GT(n, 60);
  EXPECT_GT(tellsOfWaits, 5); // the weights, each run, each fetch
}

TEST(DeviceFault, EveryCall) {
  std::string artifact = gpuArtifact();
  for (uint32_t flags : {0u, uint32_t(MOE_RT_SESSION_PROFILE), uint32_t(MOE_RT_SESSION_NO_GRAPH),
                         uint32_t(MOE_RT_SESSION_TIME)}) {
    failEveryCall(artifact, flags, cuda::kOutOfMemory, MOE_RT_OUT_OF_MEMORY);
    failEveryCall(artifact, flags, cuda::kIllegalAddress, MOE_RT_INTERNAL);
    failEveryCall(artifact, flags, cuda::kInvalidValue, MOE_RT_DEVICE);
  }
  EXPECT_EQ(Loaded(artifact).status, MOE_RT_OK);
}

// Of the host's memory.
TEST(DeviceFault, EveryAllocation) {
  std::string artifact = gpuArtifact();
  int64_t n = 0;
  for (bool failed = true; failed; ++n) {
    FakeDevice device;
    Heap memory;
    memory.failAt = n;
    moe_rt_allocator allocator = memory.hooks();
    moe_rt_status status = goAllTheWay(artifact, 0, false, &allocator);
    failed = memory.count > n;
    // Shapes are noted, and captured, where there is memory for it.
    EXPECT_TRUE(status == MOE_RT_OUT_OF_MEMORY || status == MOE_RT_OK) << n << ": " << status;
    EXPECT_EQ(memory.blocks, 0) << n;
    EXPECT_EQ(memory.bytes, 0) << n;
  }
  EXPECT_GT(n, 40);
}

TEST(DeviceFault, LaterRunsTakeNoMemory) {
  FakeDevice device;
  Heap memory;
  moe_rt_allocator allocator = memory.hooks();
  LoadedOnDevice loaded(gpuArtifact(), "cuda", nullptr, 0, &allocator);
  moe_rt_session *session = nullptr;
  ASSERT_EQ(moe_rt_session_create(loaded.model.get(), nullptr, &session, nullptr), MOE_RT_OK);
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(runAll(session), MOE_RT_OK);
  device.fail("cuMemAlloc", -1, cuda::kOutOfMemory);
  int64_t count = memory.count;
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(runAll(session), MOE_RT_OK);
  EXPECT_EQ(device->calls, 0);
  EXPECT_EQ(memory.count, count);
  moe_rt_session_free(session);
}
