//===- Warp.h - 32 lanes in lockstep ----------------------------*- C++ -*-===//
//
// Each lane has its own place in the code. The lanes with the smallest one run, together, up to
// where others wait: so lanes that went apart meet again at the first instruction that they share.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_WARP_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_WARP_H

#include "Fault.h"
#include "Instruction.h"
#include "PendingCopies.h"
#include <cstring>

namespace moe::emulator {

struct Block;

struct Warp {
  /// Instructions that a warp runs before the next one's turn: spinning on another warp's flag
  /// ends.
  static constexpr uint32_t kTurn = 1u << 16;

  unsigned char *registers = nullptr;
  Block *block = nullptr;
  uint32_t index = 0;                    // in its block
  uint32_t everyone = 0;                 // lanes that exist
  uint32_t alive = 0;                    // lanes that have not left
  uint32_t waiting = 0;                  // lanes at a warp operation that others have yet to reach
  uint32_t active = 0;                   // lanes that run
  uint32_t lanes = 0;                    // those of them whose guard holds
  uint32_t pc = 0;                       // behind the instruction that runs
  bool leave = false;                    // an instruction changed who runs
  bool blocked = false;                  // at a barrier of the block
  uint32_t barrier = 0;                  // which one
  const Instruction *reducing = nullptr; // a bar.red that waits for its result
  uint16_t syncs = 0;                    // bar.warp.sync so far
  uint32_t pcs[kWarpSize] = {};
  PendingCopies copies;

  void start(uint32_t threads);
  bool done() const { return !alive; }
  /// Until it is done, blocked, or its turn is over.
  void run();

  template <class T> T *at(uint32_t slot) { return reinterpret_cast<T *>(registers + slot); }
  template <class T> const T *at(uint32_t slot) const {
    return reinterpret_cast<const T *>(registers + slot);
  }
  uint32_t predicate(uint32_t slot) const { return *at<uint32_t>(slot); }

  /// May the lanes that do not run be overwritten?
  bool whole() const { return lanes == alive; }

  /// Writes a register of the lanes that run.
  template <class T> void store(uint32_t slot, const T *values) {
    T *to = at<T>(slot);
    if (whole()) {
      memcpy(to, values, sizeof(T) * kWarpSize);
    } else {
      for (int lane = 0; lane < kWarpSize; ++lane)
        to[lane] = lanes >> lane & 1 ? values[lane] : to[lane];
    }
  }
  void storePredicate(uint32_t slot, uint32_t values) {
    uint32_t *to = at<uint32_t>(slot);
    *to = (*to & ~lanes) | (values & lanes);
  }

  /// Holds lanes back until all lanes of their masks are at this instruction; true when some may
  /// run, and then they are `lanes`.
  bool gather(const uint32_t *masks);
  /// The same for all lanes of the warp.
  bool gatherAll();

  uint32_t thread(int lane) const { return index * kWarpSize + lane; }
  [[noreturn]] void fault(FaultKind kind, int lane, const std::string &text) const {
    throw Fault(kind, lane, text);
  }

private:
  bool pick();
  void runGroup(uint32_t &turn);
  uint32_t lanesAt(uint32_t place) const;
  [[noreturn]] void reportStuck();

  uint32_t join = 0; // where the next other lanes are
};

/// Calls f(lane) for each lane of a mask.
template <class F> void forLanes(uint32_t mask, F f) {
  for (; mask; mask &= mask - 1)
    f(__builtin_ctz(mask));
}

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_WARP_H
