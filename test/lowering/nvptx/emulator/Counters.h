//===- Counters.h - What ran, by kernel --------------------------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_COUNTERS_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_COUNTERS_H

#include "Instruction.h"
#include <map>
#include <string>

namespace moe::emulator {

/// Sums over all lanes of all launches.
struct KernelCounters {
  uint64_t launches = 0;
  uint64_t blocks = 0;
  uint64_t instructions[kInstructionClasses] = {};
  uint64_t fmaMultiplyAdds = 0;
  uint64_t tensorMultiplyAdds = 0;
};

struct Counters {
  std::map<std::string, KernelCounters> kernels;

  /// `lanes` has how many lanes ran each instruction.
  void add(const Kernel &kernel, uint64_t blocks, const std::vector<uint64_t> &lanes);
  void merge(const Counters &other);
  uint64_t launches() const;
  std::string json() const;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_COUNTERS_H
