//===- CarryOps.cpp - Sums of more words, by the carry of each lane -------===//

#include "InstructionTable.h"
#include "Warp.h"

using namespace moe::emulator;

namespace {

/// Operands: result, a, b. A difference is a + ~b + carry, as the hardware has it: the carry of
/// sub.cc is set where nothing was borrowed.
template <class T, bool Minus, bool Takes, bool Gives>
void sum(Warp &warp, const Instruction &instruction) {
  const T *a = warp.at<T>(instruction.operands[1]), *b = warp.at<T>(instruction.operands[2]);
  T values[kWarpSize];
  uint32_t carries = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    T with = Minus ? static_cast<T>(~b[lane]) : b[lane];
    T carry = Takes ? warp.carries >> lane & 1 : Minus;
    T partial = a[lane] + with;
    values[lane] = partial + carry;
    bool out = partial < with || values[lane] < carry;
    carries |= static_cast<uint32_t>(out) << lane;
  }
  warp.store(instruction.operands[0], values);
  if (Gives)
    warp.carries = (warp.carries & ~warp.lanes) | (carries & warp.lanes);
}

template <class T> std::vector<Row> rowsOf(const std::string &types) {
  OperandType in{OperandType::In, sizeof(T)}, out{OperandType::Out, sizeof(T)};
  std::vector<OperandType> operands{out, in, in};
  return {
      {"add.cc." + types, sum<T, false, false, true>, operands},
      {"addc." + types, sum<T, false, true, false>, operands},
      {"addc.cc." + types, sum<T, false, true, true>, operands},
      {"sub.cc." + types, sum<T, true, false, true>, operands},
      {"subc." + types, sum<T, true, true, false>, operands},
      {"subc.cc." + types, sum<T, true, true, true>, operands},
  };
}

} // namespace

void moe::emulator::addCarryRows(InstructionTable &table) {
  table.add(InstructionClass::Integer, rowsOf<uint32_t>("{u,s}32"));
  table.add(InstructionClass::Integer, rowsOf<uint64_t>("{u,s}64"));
}
