//===- InstructionTable.cpp - Every opcode that is known ------------------===//

#include "InstructionTable.h"
#include <algorithm>

using namespace moe::emulator;

const char *moe::emulator::name(InstructionClass kind) {
  static const char *const names[kInstructionClasses] = {
      "integer", "float",    "convert", "move",      "memory", "atomic",
      "flow",    "warpwide", "barrier", "asynccopy", "tensor"};
  return names[static_cast<int>(kind)];
}

namespace {

/// "add{,.rn}.f32" is "add.f32" and "add.rn.f32"; braces do not nest.
std::vector<std::string> expand(const std::string &names) {
  size_t open = names.find('{');
  if (open == names.npos)
    return {names};
  size_t close = names.find('}', open);
  std::vector<std::string> tails = expand(names.substr(close + 1));
  std::vector<std::string> all;
  for (size_t at = open; at < close;) {
    size_t end = std::min(names.find(',', at + 1), close);
    std::string head = names.substr(0, open) + names.substr(at + 1, end - at - 1);
    for (const std::string &tail : tails)
      all.push_back(head + tail);
    at = end;
  }
  return all;
}

bool oneOf(std::string_view word, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// Words of memory operations that say how fast, or how far seen: here all is coherent.
bool isHint(std::string_view word) {
  return oneOf(word, {"weak", "nc", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "cta", "gpu", "sys",
                      "cluster"}) ||
         word.substr(0, 4) == "L1::" || word.substr(0, 4) == "L2::";
}

bool isStrong(std::string_view word) {
  return oneOf(word, {"relaxed", "acquire", "release", "acq_rel", "volatile", "mmio", "sc"});
}

} // namespace

std::string moe::emulator::spell(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (std::string_view part : parts)
    all += part;
  return all;
}

std::string moe::emulator::plainOpcode(std::string_view opcode) {
  std::string plain(opcode.substr(0, opcode.find('.')));
  bool plainAccess = oneOf(plain, {"ld", "st", "ldu"});
  if (!plainAccess && !oneOf(plain, {"atom", "red"}))
    return std::string(opcode);
  bool strong = false;
  std::string rest;
  for (size_t at = plain.size(); at < opcode.size();) {
    size_t end = std::min(opcode.find('.', at + 1), opcode.size());
    std::string_view word = opcode.substr(at + 1, end - at - 1);
    if (isStrong(word))
      strong = true;
    else if (!isHint(word))
      rest += "." + std::string(word);
    at = end;
  }
  return plain + (strong && plainAccess ? ".strong" : "") + rest;
}

void InstructionTable::add(InstructionClass kind, std::vector<Row> family) {
  for (Row &row : family) {
    row.kind = kind;
    rows.push_back(std::move(row));
    for (std::string &name : expand(rows.back().names))
      byName.emplace(std::move(name), &rows.back());
  }
}

const Row *InstructionTable::find(std::string_view opcode, size_t operands) const {
  auto [first, last] = byName.equal_range(plainOpcode(opcode));
  for (; first != last; ++first)
    if (first->second->operands.size() == operands)
      return first->second;
  return nullptr;
}

bool InstructionTable::knows(std::string_view opcode) const {
  return byName.count(plainOpcode(opcode)) != 0;
}

const InstructionTable &InstructionTable::get() {
  static const InstructionTable *table = [] {
    static InstructionTable all;
    for (auto add :
         {addAtomicRows, addBarrierRows, addBitRows, addCarryRows, addCompareRows, addConvertRows,
          addCopyRows, addFloatRows, addFlowRows, addHalfRows, addIntegerRows, addMatrixRows,
          addMemoryRows, addMoveRows, addTensorRows, addWarpRows})
      add(all);
    return &all;
  }();
  return *table;
}
