//===- Fault.h - What ends a launch or refuses a module ---------*- C++ -*-===//
//
// Exceptions stay inside the emulator: Emulator.h turns them into messages.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_FAULT_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_FAULT_H

#include <cstdint>
#include <stdexcept>
#include <string>

namespace moe::emulator {

/// What the driver would call it; what it does not tell at all is a LaunchFailure.
enum class FaultKind { IllegalAddress, Misaligned, Trap, LaunchFailure, BadLaunch };

/// Thrown by an instruction; the launch adds kernel, line, block and thread.
struct Fault : std::runtime_error {
  static constexpr int kNoLane = -1;
  Fault(FaultKind kind, int lane, const std::string &text)
      : std::runtime_error(text), kind(kind), lane(lane) {}
  FaultKind kind;
  int lane;
};

/// The PTX text is not understood.
struct ParseError : std::runtime_error {
  ParseError(uint32_t line, const std::string &text)
      : std::runtime_error("line " + std::to_string(line) + ": " + text) {}
};

/// An address as it stands in messages.
std::string hex(uint64_t value);

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_FAULT_H
