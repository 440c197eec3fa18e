//===- SharedMemory.h - Shared memory that knows who touched it -*- C++ -*-===//
//
// Beside the bytes there is a cell a granule: who wrote it last, who read it last, and between
// which barriers. A granule is the kernel's smallest access, so no two threads share one without a
// race.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_SHAREDMEMORY_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_SHAREDMEMORY_H

#include <cstdint>
#include <vector>

namespace moe::emulator {

struct Warp;

class SharedMemory {
public:
  /// The address of the first byte, as on GPUs not 0.
  static constexpr uint32_t kFirst = 1024;

  SharedMemory(uint32_t bytes, uint32_t granule);
  /// A new block: nothing is written.
  void reset();
  /// A barrier of the block was passed.
  void barrier() { ++epoch; }

  // Each gives the place of `bytes` bytes at an address; faults throw.
  unsigned char *read(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
  unsigned char *write(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
  /// A lane names the place, others of its warp get the bytes.
  unsigned char *readForWarp(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
  /// Atomic operations, and accesses that say they are concurrent.
  unsigned char *concurrent(const Warp &warp, int lane, uint64_t address, uint32_t bytes,
                            bool reads);

  /// A copy will come here: nobody may touch it before.
  void beginCopy(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
  unsigned char *endCopy(const Warp &warp, int lane, uint64_t address, uint32_t bytes);

private:
  /// Threads of a block are less than 1024; above are groups of them.
  static constexpr uint16_t kWarpReaders = 0x8000; // several lanes of warp (code & 0xFF)
  static constexpr uint16_t kManyReaders = 0xFFFF;
  static constexpr uint16_t kConcurrent = 0xFFFE;
  static constexpr uint16_t kCopying = 0xFFFD;

  struct Cell {
    uint32_t writeEpoch = 0, readEpoch = 0;
    uint16_t writer = 0, reader = 0;
    uint16_t writeSync = 0, readSync = 0;
  };

  unsigned char *readAs(const Warp &warp, int lane, uint16_t reader, uint64_t address,
                        uint32_t bytes);
  unsigned char *place(const Warp &warp, int lane, uint64_t address, uint32_t bytes) const;
  [[noreturn]] void reportPlace(const Warp &warp, int lane, uint64_t address, uint32_t bytes) const;
  /// Is a write of `cell` ordered before an access of this thread?
  bool afterWrite(const Cell &cell, const Warp &warp, uint16_t thread) const;
  bool afterReads(const Cell &cell, const Warp &warp, uint16_t thread) const;
  void noteRead(Cell &cell, const Warp &warp, uint16_t thread) const;
  [[noreturn]] void reportRead(const Cell &cell, const Warp &warp, int lane,
                               uint64_t address) const;
  [[noreturn]] void reportWrite(const Cell &cell, const Warp &warp, int lane,
                                uint64_t address) const;
  template <class F> void forCells(uint64_t address, uint32_t bytes, F f);

  std::vector<unsigned char> data;
  std::vector<Cell> cells;
  uint32_t shift; // of the granule
  uint32_t epoch = 0;
  uint32_t firstEpoch = 1; // of this block
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_SHAREDMEMORY_H
