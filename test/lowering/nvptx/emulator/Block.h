//===- Block.h - One block under execution ----------------------*- C++ -*-===//
//
// A host thread keeps one Block for all the blocks that it runs.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_BLOCK_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_BLOCK_H

#include "DeviceMemory.h"
#include "GlobalWrites.h"
#include "SharedMemory.h"
#include "Warp.h"
#include <memory>

namespace moe::emulator {

/// Sizes of a launch; x varies fastest.
struct Dimensions {
  uint32_t x = 1, y = 1, z = 1;
  uint64_t count() const { return uint64_t(x) * y * z; }
};

/// What bar.red gives.
enum class Reduction { Population, All, Any };

/// What all blocks of a launch share.
struct LaunchShape {
  Dimensions grid, threads;
  uint32_t dynamicShared = 0;
  std::vector<unsigned char> parameters;
};

struct Block {
  static constexpr uint32_t kBarriers = 16;
  struct Barrier {
    uint32_t expected = 0, arrived = 0;
    uint32_t population = 0; // of the predicates of bar.red
  };

  const Kernel *kernel;
  const LaunchShape *shape;
  DeviceMemory *memory;
  GlobalWrites *writes = nullptr; // null: nobody asks
  uint64_t number = 0;            // in the grid
  Dimensions place;               // %ctaid
  SharedMemory shared;
  std::vector<Warp> warps;
  Barrier barriers[kBarriers];
  std::vector<uint64_t> counts; // lanes that ran each instruction
  const Warp *running = nullptr;

  Block(const Kernel &kernel, const LaunchShape &shape, DeviceMemory &memory);
  /// Runs block `which` from start to end.
  void run(uint64_t which);
  /// The warp has reached a barrier of so many threads, and stays unless it was the last.
  void arrive(Warp &warp, uint32_t barrier, uint32_t threads, bool stay);
  /// The same, with how many of its threads' predicates hold; `result` is told the sum in the end.
  void arriveReducing(Warp &warp, uint32_t barrier, uint32_t threads, uint32_t population,
                      const Instruction &result);
  uint32_t threads() const { return static_cast<uint32_t>(shape->threads.count()); }
  /// What a thread calls its own at an offset of local memory.
  unsigned char *local(uint32_t thread) {
    return localMemory.get() + size_t(thread) * kernel->localBytes;
  }

private:
  void finishReduction(Warp &warp, uint32_t population, uint32_t expected);
  void fillConstants(Warp &warp);
  void fillSpecials(Warp &warp);
  [[noreturn]] void reportStuck();

  struct Release {
    void operator()(unsigned char *p) const { free(p); }
  };
  using Bytes = std::unique_ptr<unsigned char, Release>;
  static Bytes allocate(size_t bytes);
  Bytes registers, localMemory;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_BLOCK_H
