//===- Decode.h - From a parsed module to kernels ---------------*- C++ -*-===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODE_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODE_H

#include "DeviceMemory.h"
#include "Instruction.h"
#include "Syntax.h"
#include <unordered_map>

namespace moe::emulator {

/// What a module's names stand for outside of its functions.
struct Symbols {
  std::unordered_map<std::string, uint64_t> addresses; // of .global and .const variables
  std::unordered_map<std::string, const Variable *> shared;
  std::unordered_map<std::string, const SyntaxFunction *> functions;
};

/// Functions that the kernel calls become part of it. Throws ParseError.
Kernel decode(const SyntaxFunction &function, const Symbols &symbols);

/// The special register of a name, or null.
uint32_t (*specialRegister(std::string_view name))(const Warp &, int lane);

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODE_H
