//===- InstructionTable.h - Every opcode that is known ----------*- C++ -*-===//
//
// One row a family of spellings, kept by the file that implements it; see Row.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTIONTABLE_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTIONTABLE_H

#include "Instruction.h"
#include <deque>
#include <initializer_list>
#include <string_view>
#include <unordered_map>

namespace moe::emulator {

class InstructionTable {
public:
  /// The table of all families.
  static const InstructionTable &get();

  void add(InstructionClass kind, std::vector<Row> rows);

  /// The row of an opcode with so many operands, or null; cache hints and scopes are no part of the
  /// name.
  const Row *find(std::string_view opcode, size_t operands) const;
  /// Is there any row of the name, whatever its operands?
  bool knows(std::string_view opcode) const;

private:
  std::deque<Row> rows;
  std::unordered_multimap<std::string, const Row *> byName;
};

/// The parts of an opcode, joined.
std::string spell(std::initializer_list<std::string_view> parts);

/// "ld.relaxed.gpu.global.L1::no_allocate.b32" is "ld.strong.global.b32".
std::string plainOpcode(std::string_view opcode);

void addAtomicRows(InstructionTable &table);
void addBarrierRows(InstructionTable &table);
void addBitRows(InstructionTable &table);
void addCarryRows(InstructionTable &table);
void addCompareRows(InstructionTable &table);
void addConvertRows(InstructionTable &table);
void addCopyRows(InstructionTable &table);
void addFloatRows(InstructionTable &table);
void addFlowRows(InstructionTable &table);
void addHalfRows(InstructionTable &table);
void addIntegerRows(InstructionTable &table);
void addMatrixRows(InstructionTable &table);
void addMemoryRows(InstructionTable &table);
void addMoveRows(InstructionTable &table);
void addTensorRows(InstructionTable &table);
void addWarpRows(InstructionTable &table);

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_INSTRUCTIONTABLE_H
