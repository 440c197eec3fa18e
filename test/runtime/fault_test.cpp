//===- fault_test.cpp - The n-th allocation fails, for all n --------------===//
//
// Load, session, binding, and runs with all observations, once for each allocation that can fail:
// the status must say so, nothing may leak, and where the model still stands it must still work.
//
//===----------------------------------------------------------------------===//

#include "demo_artifact.h"
#include "heap.h"
#include "loaded.h"

#include <gtest/gtest.h>

using namespace moe::test;

/// Runs the session twice, the second time on more tokens.
static moe_rt_status runTwice(moe_rt_session *session) {
  static const float x[80] = {1, 2, 3, 4};
  static const int64_t keep[20] = {};
  for (size_t i = 0; i < 5; ++i)
    moe_rt_session_observe(session, i, 1, nullptr);
  for (int64_t tokens : {2, 20}) {
    moe_rt_tensor xs = makeTensor(MOE_RT_FLOAT32, x, {tokens, 4});
    moe_rt_tensor keeps = makeTensor(MOE_RT_INT64, keep, {tokens});
    moe_rt_session_bind(session, 0, &xs, nullptr);
    moe_rt_session_bind(session, 1, &keeps, nullptr);
    moe_rt_error error = MOE_RT_INIT(moe_rt_error);
    if (moe_rt_status status = moe_rt_session_run(session, &error)) {
      EXPECT_NE(std::string(error.message).find("out of memory"), std::string::npos);
      return status;
    }
  }
  return MOE_RT_OK;
}

/// The whole way; the status of the first step that fails.
static moe_rt_status goAllTheWay(const std::string &artifact, Heap &memory) {
  moe_rt_allocator allocator = memory.hooks();
  Loaded loaded(artifact, 0, nullptr, &allocator);
  if (loaded.status)
    return loaded.status;
  moe_rt_session_options options = MOE_RT_INIT(moe_rt_session_options);
  options.threads = 2;
  moe_rt_session *session = nullptr;
  if (moe_rt_status status = moe_rt_session_create(loaded.model.get(), &options, &session, nullptr))
    return status;
  moe_rt_status status = runTwice(session);
  // A run that lacked memory leaves a session that works.
  if (status && !memory.again)
    EXPECT_EQ(runTwice(session), MOE_RT_OK);
  moe_rt_session_free(session);
  return status;
}

TEST(Fault, EveryAllocation) {
  std::string artifact = writeArtifact(demoSections());
  for (bool again : {false, true}) {
    int64_t n = 0;
    for (moe_rt_status status = MOE_RT_OUT_OF_MEMORY; status; ++n) {
      Heap memory;
      memory.failAt = n;
      memory.again = again;
      status = goAllTheWay(artifact, memory);
      ASSERT_TRUE(status == MOE_RT_OUT_OF_MEMORY || status == MOE_RT_OK) << n << ": " << status;
      // A step that succeeds although an allocation failed would hide it.
      ASSERT_EQ(status == MOE_RT_OK, memory.count <= n) << n;
      EXPECT_EQ(memory.blocks, 0) << n;
      EXPECT_EQ(memory.bytes, 0) << n;
    }
    // Model, session, its tables, threads, and each run's blocks.
    EXPECT_GT(n, 15);
  }
}

TEST(Fault, LaterRunsTakeNoMemory) {
  Heap memory;
  moe_rt_allocator allocator = memory.hooks();
  Loaded loaded(writeArtifact(demoSections()), 0, nullptr, &allocator);
  moe_rt_session *session = nullptr;
  ASSERT_EQ(moe_rt_session_create(loaded.model.get(), nullptr, &session, nullptr), MOE_RT_OK);
  ASSERT_EQ(runTwice(session), MOE_RT_OK);
  int64_t count = memory.count;
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(runTwice(session), MOE_RT_OK);
  EXPECT_EQ(memory.count, count);
  moe_rt_session_free(session);
}
