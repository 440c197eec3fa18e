//===- device_graph_test.cpp - Runs that repeat, as graphs -----------------===//

#include "device_session.h"

using namespace moe;
using namespace moe::test;

TEST(DeviceGraph, RepeatedShapesBecomeGraphs) {
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
TEST(DeviceGraph, ChangingShapes) {
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

TEST(DeviceGraph, NoGraphs) {
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
TEST(DeviceGraph, FetchesKeepOffGraphs) {
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
TEST(DeviceGraph, UploadsAreOfTheGraph) {
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

TEST(DeviceGraph, GivesIdleMemoryBackBeforeItFails) {
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
