//===- PendingCopies.h - cp.async that nobody has waited for ----*- C++ -*-===//
//
// The bytes are kept aside until the thread waits: a kernel that forgets to wait reads what it must
// not.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_PENDINGCOPIES_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_PENDINGCOPIES_H

#include "Instruction.h"
#include <deque>

namespace moe::emulator {

/// One copy of one thread, at most 16 bytes.
struct PendingCopy {
  uint64_t group; // the thread's group number
  uint32_t offset;
  uint8_t bytes;
  uint8_t lane;
  unsigned char data[16];
};

struct PendingCopies {
  std::deque<PendingCopy> copies;
  uint64_t committed[kWarpSize] = {}; // groups of each thread

  void clear() {
    copies.clear();
    for (uint64_t &count : committed)
      count = 0;
  }
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_PENDINGCOPIES_H
