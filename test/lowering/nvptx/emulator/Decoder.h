//===- Decoder.h - The state of decoding one kernel -------------*- C++ -*-===//
//
// Decode.cpp walks over the statements, DecodeOperands.cpp finds registers, constants and
// addresses.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODER_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODER_H

#include "Decode.h"
#include "Fault.h"
#include "InstructionTable.h"
#include <map>

namespace moe::emulator {

/// Where a register lies in the warp's registers.
struct Slot {
  uint32_t at;
  uint32_t bytes;
};

/// The names of one pair of braces.
struct Scope {
  std::unordered_map<std::string, RegisterRange> registers; // as declared
  std::unordered_map<std::string, Slot> slots;              // as used
  std::unordered_map<std::string, uint64_t> variables;      // .local and .param, shared ones too
};

/// One function on its way into the kernel: the entry, or one that is called.
struct Frame {
  const SyntaxFunction *function;
  std::vector<Scope> scopes;
  std::unordered_map<std::string, uint32_t> labels;
  std::unordered_map<std::string, uint32_t> tables; // of brx.idx
};

class Decoder {
public:
  Decoder(const SyntaxFunction &function, const Symbols &symbols);
  Kernel run();

private:
  // Decode.cpp
  void placeShared();
  void placeSharedOf(const SyntaxFunction &function);
  void placeSharedVariable(const Variable &variable);
  void placeParameters();
  void decodeBody(Frame &frame);
  void statement(const Statement &statement);
  void declare(const Variable &variable);
  void instruction(const Statement &statement);
  void call(const Statement &statement);
  void leaveCall(const Statement &statement);
  void emit(const Statement &statement, const Row &row, const std::vector<uint32_t> &operands);
  void resolveLabels(Frame &frame);
  void branchTable(const Statement &statement);

  // DecodeOperands.cpp
  static std::vector<SyntaxOperand> flatten(const Statement &statement);
  static std::string key(const Statement &statement);
  void operand(const Statement &statement, const Row &row, OperandType type,
               const SyntaxOperand &written, std::vector<uint32_t> &slots);
  uint32_t input(const Statement &statement, uint32_t bytes, const SyntaxOperand &written);
  uint32_t output(const Statement &statement, const Row &row, uint32_t bytes,
                  const SyntaxOperand &written);
  void address(const Statement &statement, const SyntaxOperand &written,
               std::vector<uint32_t> &slots);
  bool findRegister(const std::string &name, Slot &slot);
  bool findSymbol(const std::string &name, uint64_t &address);
  uint32_t newSlot(uint32_t bytes);
  uint32_t constant(uint64_t value, uint32_t bytes);
  uint32_t predicate(const Statement &statement, const std::string &name);
  void resize(const Statement &statement, Slot from, Slot to, bool isSigned);
  [[noreturn]] void fail(const Statement &statement, const std::string &text) const {
    throw ParseError(statement.line, text);
  }

  const SyntaxFunction &entry;
  const Symbols &symbols;
  Kernel kernel;
  std::vector<Frame *> frames;
  std::map<std::pair<uint64_t, uint32_t>, uint32_t> constants;
  std::unordered_map<std::string, uint32_t> specials;
  std::unordered_map<std::string, uint64_t> sharedPlaces;
  std::vector<std::pair<uint32_t, std::string>> pendingLabels; // an operand's index and its label
  std::vector<std::pair<uint32_t, std::vector<std::string>>> pendingTables;
  /// A result that goes on to a register of another width.
  struct Resize {
    Slot from, to;
    bool isSigned;
  };
  std::vector<Resize> after;
};

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_DECODER_H
