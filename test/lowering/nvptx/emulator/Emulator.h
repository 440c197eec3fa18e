//===- Emulator.h - A GPU that runs PTX text --------------------*- C++ -*-===//
//
//   Emulator emulator;
//   std::string error;
//   Module *module = emulator.load(ptx, error);
//   uint64_t buffer = emulator.allocate(bytes);
//   Arguments arguments;
//   arguments.add(buffer).add(int64_t(n));
//   std::optional<LaunchError> failed = emulator.launch(*module->kernel("k"), {grid}, {128}, 0,
//   arguments);
//
// The environment: MOE_EMULATOR_THREADS (host threads that run blocks), MOE_EMULATOR_SHUFFLE (a
// number: blocks run in an order that it chooses), MOE_EMULATOR_GLOBAL_RACES (1: two blocks of a
// launch that write different values to one place are a fault).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_EMULATOR_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_EMULATOR_H

#include "Block.h"
#include "Counters.h"
#include <list>
#include <optional>
#include <string_view>

namespace moe::emulator {

/// Why a launch ended early.
struct LaunchError {
  FaultKind kind;
  std::string message; // kernel, line of PTX, block, thread, what
};

/// A module that was loaded: its kernels, and the device memory of its variables.
struct Module {
  uint32_t arch = 0; // 80 of sm_80
  std::map<std::string, Kernel> kernels;
  std::map<std::string, std::pair<uint64_t, uint64_t>> variables; // address and bytes

  const Kernel *kernel(const std::string &name) const {
    auto found = kernels.find(name);
    return found == kernels.end() ? nullptr : &found->second;
  }
};

/// The values of a kernel's parameters, one after another.
class Arguments {
public:
  template <class T> Arguments &add(const T &value) {
    const auto *bytes = reinterpret_cast<const unsigned char *>(&value);
    values.emplace_back(bytes, bytes + sizeof value);
    return *this;
  }
  /// A memref in the form that gpu.func kernels take: two pointers, an offset, sizes, strides.
  Arguments &addMemref(uint64_t pointer, const std::vector<int64_t> &sizes,
                       const std::vector<int64_t> &strides);

  std::vector<std::vector<unsigned char>> values;
};

class Emulator {
public:
  static constexpr uint64_t kDefaultMemory = uint64_t(16) << 30;
  static constexpr uint32_t kMostShared = 227 * 1024;

  explicit Emulator(uint64_t memoryBytes = kDefaultMemory) : memory(memoryBytes) {}

  /// Null: see `error`. The module lives until it is unloaded.
  Module *load(std::string_view text, std::string &error);
  void unload(Module *module);

  uint64_t allocate(uint64_t bytes) { return memory.allocate(bytes); }
  bool release(uint64_t address) { return memory.release(address); }
  // False: not within one live allocation.
  bool copyIn(uint64_t to, const void *from, uint64_t bytes);
  bool copyOut(void *to, uint64_t from, uint64_t bytes);

  /// What a driver refuses at once; empty: nothing is wrong.
  static std::string checkLaunch(const Kernel &kernel, Dimensions grid, Dimensions threads,
                                 uint32_t dynamicShared, const Arguments &arguments);
  /// Runs to its end.
  std::optional<LaunchError> launch(const Kernel &kernel, Dimensions grid, Dimensions threads,
                                    uint32_t dynamicShared, const Arguments &arguments);

  DeviceMemory memory;
  Counters counters;

private:
  void placeVariables(const struct SyntaxModule &syntax, Module &module, struct Symbols &symbols);

  std::list<Module> modules;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_EMULATOR_H
