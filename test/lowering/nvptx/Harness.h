//===- Harness.h - Runs MLIR text of the linalg stage on a GPU --*- C++ -*-===//
//
// Compiles a module at the linalg stage to an artifact for sm_80 and runs it through the runtime,
// on the emulator's driver: what ships, from the compiler to the last launch. Free of MLIR's
// headers, so that tests compile in a second.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_HARNESS_H
#define MOE_TEST_LOWERING_NVPTX_HARNESS_H

#include "runtime/moe_rt.h"
#include "test/lowering/cpu/Harness.h"

namespace moe::test {

/// One compiled module on the emulated device.
class DeviceProgram {
public:
  ~DeviceProgram();
  DeviceProgram(const DeviceProgram &) = delete;

  /// Runs with a fresh session; on failure there are no outputs, and `failure` says why.
  std::vector<Tensor> run(const std::vector<Tensor> &inputs);
  std::string failure;
  /// The same as a function, which is a test failure where it fails.
  std::vector<Tensor> operator()(const std::vector<Tensor> &inputs);

  /// Names of the variant's kernels, in the order of their numbers.
  const std::vector<std::string> &kernels() const { return names; }

private:
  friend std::unique_ptr<DeviceProgram> compileForDevice(const std::string &, const std::string &);
  DeviceProgram() = default;
  std::string load(const std::string &path);

  moe_rt_model *model = nullptr;
  std::vector<std::string> names;
};

/// Compiles `text`; null and a message on stderr where that fails. `pipeline`, where given, runs
/// before (text form of MLIR's pass pipelines) and ends at the linalg stage.
std::unique_ptr<DeviceProgram> compileForDevice(const std::string &text,
                                                const std::string &pipeline = "");

} // namespace moe::test

#endif // MOE_TEST_LOWERING_NVPTX_HARNESS_H
