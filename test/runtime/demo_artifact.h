//===- demo_artifact.h - Artifacts for tests, without a compiler -*- C++ -*-===//

#ifndef MOE_TEST_RUNTIME_DEMO_ARTIFACT_H
#define MOE_TEST_RUNTIME_DEMO_ARTIFACT_H

#include "runtime/moe_format.h"

#include <string>
#include <vector>

namespace moe::test {

/// A section before it has a place.
struct Section {
  uint32_t kind;
  uint32_t variant;
  std::string bytes;
};

/// A kernel of the demo's GPU code (fake_driver.cpp has them).
struct DemoKernel {
  std::string name;
  uint32_t threads = 32, shared = 0;
};

/// A variant for a GPU; its code is demo_device.c.
struct DemoGpu {
  std::string target = "sm_80";
  uint32_t architecture = 80;
  bool ptx = true, cubin = true;
  /// CPU features of its host code.
  std::vector<std::string> features;
  uint64_t deviceBytes = 16;
  std::vector<DemoKernel> kernels = {{"demo_copy"}, {"demo_route"}, {"demo_scale", 128, 64 << 10}};
  uint32_t launchedLayer = 0;
  std::vector<uint32_t> launches = {1, 2};
};

/// What distinguishes one demo artifact from another.
struct DemoOptions {
  /// CPU features that the variants need, the best variant first.
  std::vector<std::vector<std::string>> features = {{}};
  /// The layer's number of experts that the metadata states (the code has 4).
  int64_t experts = 4;
  std::string layer = "layer/0";
  /// What it states of the input x, the output y and the observations; the code does not change.
  uint8_t inputType = 1;
  std::vector<int64_t> inputSizes = {-1, 4}, outputSizes = {-1, 4};
  uint32_t observedLayer = 0;
  /// Variants for GPUs, after those for CPUs.
  std::vector<DemoGpu> gpus;
};

/// The sections of the model that demo_code.c computes: inputs `x` float32[tokens, 4] and
/// `keep/this` int64[tokens], outputs `y` float32[tokens, 4] and `kept/this` int64[tokens].
std::vector<Section> demoSections(const DemoOptions &options = {});

/// Places the sections and adds header, table and checksums.
std::string writeArtifact(const std::vector<Section> &sections);

/// The header and section entries of a written artifact, to damage them.
moe_file_header &headerOf(std::string &artifact);
moe_file_section &sectionOf(std::string &artifact, size_t index);
/// Makes the table's checksum right again.
void seal(std::string &artifact);

/// A whole file; ends the test program where it cannot be read.
std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &bytes);

} // namespace moe::test

#endif // MOE_TEST_RUNTIME_DEMO_ARTIFACT_H
