//===- GlobalWrites.h - Who wrote what in one launch ------------*- C++ -*-===//
//
// Blocks have no order: two that write different values to one place make a result that depends on
// luck. It costs a table of all bytes that a launch writes, so it is asked for
// (MOE_EMULATOR_GLOBAL_RACES).
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_GLOBALWRITES_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_GLOBALWRITES_H

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace moe::emulator {

struct Warp;

class GlobalWrites {
public:
  /// Faults when another block wrote another value here.
  void note(const Warp &warp, int lane, uint64_t address, const unsigned char *bytes,
            uint32_t count);

private:
  struct Write {
    uint64_t block;
    unsigned char value;
  };
  std::mutex mutex;
  std::unordered_map<uint64_t, Write> writes; // by address
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_GLOBALWRITES_H
