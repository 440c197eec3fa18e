//===- Instruction.h - Decoded instructions and kernels ---------*- C++ -*-===//
//
// Decoded once when the module is loaded: a function to call, and where its operands lie in the
// registers of a warp. Immediates, addresses of variables and special registers are registers too.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTION_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTION_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace moe::emulator {

constexpr int kWarpSize = 32;

struct Warp;
struct Instruction;

/// Runs one instruction for the lanes of Warp::lanes.
using Handler = void (*)(Warp &, const Instruction &);

/// What the counters tell apart.
enum class InstructionClass {
  Integer,
  Float,
  Convert,
  Move,
  Memory,
  Atomic,
  Flow,
  WarpWide,
  Barrier,
  AsyncCopy,
  Tensor
};
constexpr int kInstructionClasses = 11;
const char *name(InstructionClass kind);

/// How an operand is written and how wide its register is.
struct OperandType {
  enum Kind { In, Out, Address, Label, Literal } kind;
  uint32_t bytes; // 0: a predicate
};

/// One row of the instruction table. In names, `{a,b}` stands for each of its alternatives; a
/// name's tail
/// `|p` means two destinations, `.pack2` and `.unpack2` a vector operand of mov.
struct Row {
  std::string names;
  Handler run;
  std::vector<OperandType> operands;
  uint32_t variant = 0;      // free for the handler
  uint32_t multiplyAdds = 0; // a lane
  bool signedResult = false; // a wider destination is filled with the sign
  uint32_t sharedBytes = 0;  // of an access that may go to shared memory
  InstructionClass kind = InstructionClass::Integer;
};

struct Instruction {
  static constexpr uint32_t kNoGuard = ~0u;
  Handler run = nullptr;
  const uint32_t *operands = nullptr; // slots; an address is a slot and an offset, a label an index
  uint32_t guard = kNoGuard;          // slot of a predicate
  bool guardNegated = false;
  uint32_t variant = 0;
  uint32_t firstOperand = 0; // of the kernel's operands
  uint32_t operandCount = 0;
  uint32_t line = 0;
  const Row *row = nullptr;
};

/// A register whose value is known at load: every lane of each warp holds it.
struct ConstantSlot {
  uint32_t slot;
  uint32_t bytes;
  uint64_t value;
};

/// A register that the launch fills, as %tid.x.
struct SpecialSlot {
  uint32_t slot;
  uint32_t (*value)(const Warp &, int lane);
};

struct KernelParameter {
  uint32_t offset;
  uint32_t bytes;
};

struct Kernel {
  std::string name;
  std::vector<Instruction> code; // ends with an exit
  std::vector<uint32_t> operands;
  std::vector<ConstantSlot> constants;
  std::vector<SpecialSlot> specials;
  std::vector<std::vector<uint32_t>> branchTables;
  std::vector<KernelParameter> parameters;
  uint32_t registerBytes = 0; // of a warp
  uint32_t parameterBytes = 0;
  uint32_t sharedBytes = 0;   // static; dynamic memory follows
  uint32_t sharedGranule = 0; // the smallest access to shared memory; 0: none
  uint32_t localBytes = 0;    // a thread
  std::array<uint32_t, 3> requiredThreads = {0, 0, 0};
  uint32_t maximumThreads = 1024;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTION_H
