//===- demo_tool.cpp - demo-artifact FOLDER: files for the tests of moe-run ===//
//
// Writes demo.moe (runs anywhere), gpu.moe (on a GPU too), foreign.moe (runs nowhere), damaged.moe,
// and inputs.
//
//===----------------------------------------------------------------------===//

#include "demo_artifact.h"

#include "tools/run/npy.h"

#include <cstdio>

using namespace moe;

static void writeArray(const std::string &path, moe_rt_type type, const void *data, int64_t rows,
                       int64_t columns) {
  moe_rt_tensor tensor = MOE_RT_INIT(moe_rt_tensor);
  tensor.data = data;
  tensor.type = type;
  tensor.rank = columns ? 2 : 1;
  tensor.shape[0] = rows;
  tensor.shape[1] = columns;
  std::string problem = run::writeNpy(path, tensor);
  if (problem.empty())
    return;
  fprintf(stderr, "%s: %s\n", path.c_str(), problem.c_str());
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 1;
  std::string folder = std::string(argv[1]) + "/";
  std::string artifact = test::writeArtifact(test::demoSections());
  test::writeFile(folder + "demo.moe", artifact);
  artifact[artifact.size() - 1] ^= 1; // a weight
  test::writeFile(folder + "damaged.moe", artifact);
  test::DemoOptions foreign;
  foreign.features = {{"avx", "amx_from_tomorrow"}, {"sse_of_another_kind"}};
  test::writeFile(folder + "foreign.moe", test::writeArtifact(test::demoSections(foreign)));
  test::DemoOptions gpu;
  gpu.gpus = {test::DemoGpu()};
  test::writeFile(folder + "gpu.moe", test::writeArtifact(test::demoSections(gpu)));
  // The layer's metadata knows fewer experts than the code routes to.
  test::DemoOptions few;
  few.experts = 2;
  test::writeFile(folder + "few.moe", test::writeArtifact(test::demoSections(few)));
  const float x[] = {1, 2, 3, 4, 9, 1, 1, 2, -1, 5, 0, 0};
  writeArray(folder + "x.npy", MOE_RT_FLOAT32, x, 3, 4);
  const float faulty[] = {666, 0, 0, 0};
  writeArray(folder + "faulty.npy", MOE_RT_FLOAT32, faulty, 1, 4);
  const float large[] = {1000, 0, 0, 0};
  writeArray(folder + "large.npy", MOE_RT_FLOAT32, large, 1, 4);
  const float other[] = {5, 6, 7, 8};
  writeArray(folder + "other.npy", MOE_RT_FLOAT32, other, 1, 4);
  const int64_t keep[] = {7, 8, 9};
  writeArray(folder + "keep.npy", MOE_RT_INT64, keep, 3, 0);
  writeArray(folder + "one.npy", MOE_RT_INT64, keep, 1, 0);
  return 0;
}
