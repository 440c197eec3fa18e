//===- Syntax.h - A parsed PTX module ---------------------------*- C++ -*-===//
//
// Words only: what an opcode means and where a variable lies is decided by Decode.cpp.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_SYNTAX_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_SYNTAX_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moe::emulator {

/// Where a variable lies.
enum class Space { Generic, Global, Const, Shared, Local, Param };

/// One element of an initialiser: a number, or the address of a variable plus a number.
struct Initial {
  std::string symbol;
  uint64_t value = 0;
};

/// `.shared .align 16 .b8 name[64] = {...}`, and a parameter of a function as well.
struct Variable {
  std::string name;
  Space space = Space::Global;
  uint32_t align = 1;
  uint32_t elementBytes = 1;
  uint64_t bytes = 0;
  bool external = false; // dynamic shared memory
  std::vector<Initial> initial;
};

/// `.reg .b32 %r<17>` declares %r0 to %r16; without a count, one register.
struct RegisterRange {
  std::string name;
  uint32_t bytes = 0; // 0: a predicate
  int64_t count = -1;
};

/// One operand as it is written.
struct SyntaxOperand {
  enum Kind { Word, Number, Address, Vector, List } kind = Word;
  bool negated = false;
  std::string word;   // a register or symbol; of an address, its base
  uint64_t value = 0; // a number; of an address, its offset
  std::string second; // the register behind `|`
  std::vector<SyntaxOperand> elements;
};

struct Statement {
  enum Kind { Instruction, Label, Registers, Declaration, BranchTargets, Open, Close };
  Kind kind = Instruction;
  uint32_t line = 0;
  std::string word; // the opcode or the label
  std::string guard;
  bool guardNegated = false;
  std::vector<SyntaxOperand> operands;
  std::vector<std::string> labels; // of .branchtargets
  std::vector<RegisterRange> registers;
  std::vector<Variable> variables;
};

struct SyntaxFunction {
  std::string name;
  uint32_t line = 0;
  bool entry = false;
  std::vector<Variable> results;
  std::vector<Variable> parameters;
  std::vector<Statement> body;
  std::array<uint32_t, 3> requiredThreads = {0, 0, 0}; // .reqntid
  std::array<uint32_t, 3> maximumThreads = {0, 0, 0};  // .maxntid
};

struct SyntaxModule {
  uint32_t version = 0;     // 80 for 8.0
  std::string target;       // "sm_80"
  uint32_t addressSize = 0; // 64
  std::vector<Variable> variables;
  std::vector<SyntaxFunction> functions;
};

/// Throws ParseError.
SyntaxModule parseModule(std::string_view text);

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_SYNTAX_H
