//===- DecodeOperands.cpp - Registers, constants and addresses ------------===//

#include "Decoder.h"
#include <utility>

using namespace moe::emulator;

/// Vectors are written out; a second destination follows the first.
std::vector<SyntaxOperand> Decoder::flatten(const Statement &statement) {
  std::vector<SyntaxOperand> flat;
  auto add = [&](const SyntaxOperand &operand) {
    flat.push_back(operand);
    if (operand.second.empty())
      return;
    flat.back().second.clear();
    flat.emplace_back();
    flat.back().word = operand.second;
  };
  for (const SyntaxOperand &operand : statement.operands) {
    if (operand.kind != SyntaxOperand::Vector)
      add(operand);
    else
      for (const SyntaxOperand &element : operand.elements)
        add(element);
  }
  return flat;
}

/// The opcode, and what the operands' shapes add to it; see Row.
std::string Decoder::key(const Statement &statement) {
  std::string key = statement.word;
  const std::vector<SyntaxOperand> &operands = statement.operands;
  if (key.compare(0, 4, "mov.") == 0 && operands.size() == 2)
    for (size_t i : {0, 1})
      if (operands[i].kind == SyntaxOperand::Vector)
        key += (i ? ".pack" : ".unpack") + std::to_string(operands[i].elements.size());
  if (!operands.empty() && !operands[0].second.empty())
    key += "|p";
  return key;
}

uint32_t Decoder::newSlot(uint32_t bytes) {
  constexpr uint32_t kLine = 64;
  uint32_t size = bytes ? bytes * kWarpSize : sizeof(uint32_t);
  uint32_t slot = kernel.registerBytes;
  if (bytes)
    slot = (slot + kLine - 1) / kLine * kLine;
  kernel.registerBytes = slot + size;
  return slot;
}

uint32_t Decoder::constant(uint64_t value, uint32_t bytes) {
  if (bytes && bytes < 8)
    value &= (uint64_t(1) << 8 * bytes) - 1;
  auto [found, isNew] = constants.try_emplace({value, bytes});
  if (isNew) {
    found->second = newSlot(bytes);
    kernel.constants.push_back({found->second, bytes, value});
  }
  return found->second;
}

/// `%r7` is in the range `%r<10>`; names of inner braces hide outer ones.
bool Decoder::findRegister(const std::string &name, Slot &slot) {
  size_t digits = name.size();
  while (digits > 1 && isdigit(static_cast<unsigned char>(name[digits - 1])))
    --digits;
  std::vector<Scope> &scopes = frames.back()->scopes;
  for (size_t i = scopes.size(); i-- > 0;) {
    auto used = scopes[i].slots.find(name);
    if (used != scopes[i].slots.end())
      return slot = used->second, true;
    auto range = scopes[i].registers.find(name);
    if (range == scopes[i].registers.end() || range->second.count >= 0) {
      range = scopes[i].registers.find(name.substr(0, digits));
      if (range == scopes[i].registers.end() || digits == name.size() ||
          strtoll(name.c_str() + digits, nullptr, 10) >= range->second.count)
        continue;
    }
    slot = {newSlot(range->second.bytes), range->second.bytes};
    scopes[i].slots[name] = slot;
    return true;
  }
  auto value = specialRegister(name);
  if (!value)
    return false;
  auto [special, isNew] = specials.try_emplace(name);
  if (isNew) {
    special->second = newSlot(4);
    kernel.specials.push_back({special->second, value});
  }
  slot = {special->second, 4};
  return true;
}

/// The address of a variable in its own space; see Memory.h.
bool Decoder::findSymbol(const std::string &name, uint64_t &address) {
  std::vector<Scope> &scopes = frames.back()->scopes;
  for (size_t i = scopes.size(); i-- > 0;) {
    auto found = scopes[i].variables.find(name);
    if (found != scopes[i].variables.end())
      return address = found->second, true;
  }
  for (const std::unordered_map<std::string, uint64_t> *table :
       {&std::as_const(sharedPlaces), &symbols.addresses}) {
    auto found = table->find(name);
    if (found != table->end())
      return address = found->second, true;
  }
  return false;
}

uint32_t Decoder::predicate(const Statement &statement, const std::string &name) {
  Slot slot;
  if (!findRegister(name, slot) || slot.bytes)
    fail(statement, "'" + name + "' is no predicate");
  return slot.at;
}

/// Zeros or signs fill a wider register; a narrower one keeps the low bits.
void Decoder::resize(const Statement &statement, Slot from, Slot to, bool isSigned) {
  auto type = [&](Slot slot) { return (isSigned ? "s" : "u") + std::to_string(8 * slot.bytes); };
  const Row *row = InstructionTable::get().find("cvt." + type(to) + "." + type(from), 2);
  if (!row)
    fail(statement, "'" + statement.word + "' cannot take a register of " +
                        std::to_string(8 * from.bytes) + " bits");
  emit(statement, *row, {to.at, from.at});
}

uint32_t Decoder::input(const Statement &statement, uint32_t bytes, const SyntaxOperand &written) {
  if (written.kind == SyntaxOperand::Number)
    return constant(written.value, bytes);
  if (written.kind != SyntaxOperand::Word)
    fail(statement, "'" + statement.word + "' cannot take such an operand");
  uint64_t symbol;
  Slot slot;
  if (!findRegister(written.word, slot)) {
    if (!findSymbol(written.word, symbol))
      fail(statement, "unknown name '" + written.word + "'");
    return constant(symbol + written.value, bytes);
  }
  if (slot.bytes == bytes) {
    if (!written.negated)
      return slot.at;
    Slot inverse{newSlot(0), 0};
    emit(statement, *InstructionTable::get().find("not.pred", 2), {inverse.at, slot.at});
    return inverse.at;
  }
  if (!bytes || slot.bytes < bytes)
    fail(statement, "register '" + written.word + "' has " + std::to_string(8 * slot.bytes) +
                        " bits, '" + statement.word + "' takes " + std::to_string(8 * bytes));
  Slot resized{newSlot(bytes), bytes};
  resize(statement, slot, resized, false);
  return resized.at;
}

uint32_t Decoder::output(const Statement &statement, const Row &row, uint32_t bytes,
                         const SyntaxOperand &written) {
  if (written.word == "_")
    return newSlot(bytes);
  Slot slot;
  if (written.kind != SyntaxOperand::Word || specialRegister(written.word) ||
      !findRegister(written.word, slot))
    fail(statement, "'" + written.word + "' is no register to write to");
  if (slot.bytes == bytes)
    return slot.at;
  if (!bytes || !slot.bytes)
    fail(statement, "register '" + written.word + "' has " + std::to_string(8 * slot.bytes) +
                        " bits, '" + statement.word + "' writes " + std::to_string(8 * bytes));
  Slot narrow{newSlot(bytes), bytes};
  after.push_back({narrow, slot, row.signedResult});
  return narrow.at;
}

/// Two entries: the base's slot, and the offset.
void Decoder::address(const Statement &statement, const SyntaxOperand &written,
                      std::vector<uint32_t> &slots) {
  if (written.kind != SyntaxOperand::Address)
    fail(statement, "'" + statement.word + "' expects an address");
  Slot slot;
  uint64_t symbol = 0;
  if (!written.word.empty() && findRegister(written.word, slot)) {
    if (slot.bytes == 4) {
      Slot wide{newSlot(8), 8};
      resize(statement, slot, wide, false);
      slot = wide;
    }
    if (slot.bytes != 8 ||
        static_cast<int64_t>(written.value) != static_cast<int32_t>(written.value))
      fail(statement, "'" + written.word + "' is no address");
    slots.push_back(slot.at);
    slots.push_back(static_cast<uint32_t>(written.value));
    return;
  }
  if (!written.word.empty() && !findSymbol(written.word, symbol))
    fail(statement, "unknown name '" + written.word + "'");
  slots.push_back(constant(symbol + written.value, 8));
  slots.push_back(0);
}

void Decoder::operand(const Statement &statement, const Row &row, OperandType type,
                      const SyntaxOperand &written, std::vector<uint32_t> &slots) {
  switch (type.kind) {
  case OperandType::In:
    return slots.push_back(input(statement, type.bytes, written));
  case OperandType::Out:
    return slots.push_back(output(statement, row, type.bytes, written));
  case OperandType::Address:
    return address(statement, written, slots);
  case OperandType::Label:
    pendingLabels.push_back({static_cast<uint32_t>(slots.size()), written.word});
    return slots.push_back(0);
  case OperandType::Literal:
    if (written.kind != SyntaxOperand::Number)
      fail(statement, "'" + statement.word + "' expects a number");
    return slots.push_back(static_cast<uint32_t>(written.value));
  }
}
