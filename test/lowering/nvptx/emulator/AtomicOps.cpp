//===- AtomicOps.cpp - atom and red ---------------------------------------===//
//
// Blocks may run on several host threads, so these are the host's atomic operations too: a loop
// over compare-and-exchange, which all of them can be.
//
//===----------------------------------------------------------------------===//

#include "Half.h"
#include "InstructionTable.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

// The new value in memory; only compare-and-swap looks at the second operand.
template <class T> T plus(T old, T b, T) { return old + b; }
template <class T> T minimum(T old, T b, T) { return old < b ? old : b; }
template <class T> T maximum(T old, T b, T) { return old > b ? old : b; }
template <class T> T bitAnd(T old, T b, T) { return old & b; }
template <class T> T bitOr(T old, T b, T) { return old | b; }
template <class T> T bitXor(T old, T b, T) { return old ^ b; }
template <class T> T exchange(T, T b, T) { return b; }
template <class T> T compareSwap(T old, T b, T c) { return old == b ? c : old; }
uint32_t increment(uint32_t old, uint32_t b, uint32_t) { return old >= b ? 0 : old + 1; }
uint32_t decrement(uint32_t old, uint32_t b, uint32_t) { return !old || old > b ? b : old - 1; }
template <class H> uint16_t plusHalf(uint16_t old, uint16_t b, uint16_t) {
  return fromFloat<H>(toFloat(H{old}) + toFloat(H{b})).bits;
}
template <class H> uint32_t plusPair(uint32_t old, uint32_t b, uint32_t) {
  return uint32_t(plusHalf<H>(old >> 16, b >> 16, 0)) << 16 |
         plusHalf<H>(static_cast<uint16_t>(old), static_cast<uint16_t>(b), 0);
}

template <class T>
using Bits = std::conditional_t<sizeof(T) == 2, uint16_t,
                                std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>;

template <class T, T (*F)(T, T, T)> T update(unsigned char *place, T b, T c) {
  auto *word = reinterpret_cast<Bits<T> *>(place);
  Bits<T> old = __atomic_load_n(word, __ATOMIC_SEQ_CST), next;
  do
    next = bitCast<Bits<T>>(F(bitCast<T>(old), b, c));
  while (!__atomic_compare_exchange_n(word, &old, next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  return bitCast<T>(old);
}

/// Operands: (old value), address, b, (c).
template <Space S, class T, T (*F)(T, T, T), int Results, int Values>
void atomic(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands + Results;
  const uint64_t *base = warp.at<uint64_t>(slots[0]);
  int32_t offset = static_cast<int32_t>(slots[1]);
  const T *b = warp.at<T>(slots[2]), *c = Values == 2 ? warp.at<T>(slots[3]) : b;
  T old[kWarpSize] = {};
  forLanes(warp.lanes, [&](int lane) {
    unsigned char *at = place<S>(warp, lane, base[lane] + offset, sizeof(T), Access::Atomic);
    old[lane] = update<T, F>(at, b[lane], c[lane]);
  });
  if (Results)
    warp.store(instruction.operands[0], old);
}

class AtomicRows {
public:
  std::vector<Row> rows;
  template <Space S> void addSpace(const std::string &space);

private:
  template <Space S, class T, T (*F)(T, T, T), int Values = 1>
  void put(const std::string &space, const char *operation) {
    uint32_t bytes = S == Space::Global ? 0 : sizeof(T);
    OperandType in{OperandType::In, sizeof(T)}, address{OperandType::Address, 8};
    std::vector<OperandType> operands{address};
    operands.insert(operands.end(), Values, in);
    std::string tail = space + operation;
    rows.push_back({"red" + tail, atomic<S, T, F, 0, Values>, operands, 0, 0, false, bytes});
    operands.insert(operands.begin(), {OperandType::Out, sizeof(T)});
    rows.push_back({"atom" + tail, atomic<S, T, F, 1, Values>, operands, 0, 0, false, bytes});
  }
};

} // namespace

template <Space S> void AtomicRows::addSpace(const std::string &space) {
  put<S, uint32_t, plus>(space, ".add.{u,s}32");
  put<S, uint64_t, plus>(space, ".add.{u,s}64");
  put<S, float, plus>(space, ".add.f32");
  put<S, double, plus>(space, ".add.f64");
  put<S, uint16_t, plusHalf<F16>>(space, ".add.noftz.f16");
  put<S, uint16_t, plusHalf<BF16>>(space, ".add.noftz.bf16");
  put<S, uint32_t, plusPair<F16>>(space, ".add.noftz.f16x2");
  put<S, uint32_t, plusPair<BF16>>(space, ".add.noftz.bf16x2");
  put<S, uint32_t, minimum>(space, ".min.u32");
  put<S, int32_t, minimum>(space, ".min.s32");
  put<S, uint64_t, minimum>(space, ".min.u64");
  put<S, int64_t, minimum>(space, ".min.s64");
  put<S, uint32_t, maximum>(space, ".max.u32");
  put<S, int32_t, maximum>(space, ".max.s32");
  put<S, uint64_t, maximum>(space, ".max.u64");
  put<S, int64_t, maximum>(space, ".max.s64");
  put<S, uint32_t, bitAnd>(space, ".and.b32");
  put<S, uint64_t, bitAnd>(space, ".and.b64");
  put<S, uint32_t, bitOr>(space, ".or.b32");
  put<S, uint64_t, bitOr>(space, ".or.b64");
  put<S, uint32_t, bitXor>(space, ".xor.b32");
  put<S, uint64_t, bitXor>(space, ".xor.b64");
  put<S, uint32_t, increment>(space, ".inc.u32");
  put<S, uint32_t, decrement>(space, ".dec.u32");
  put<S, uint32_t, exchange>(space, ".exch.b32");
  put<S, uint64_t, exchange>(space, ".exch.b64");
  put<S, uint16_t, compareSwap, 2>(space, ".cas.b16");
  put<S, uint32_t, compareSwap, 2>(space, ".cas.b32");
  put<S, uint64_t, compareSwap, 2>(space, ".cas.b64");
}

void moe::emulator::addAtomicRows(InstructionTable &table) {
  AtomicRows atomics;
  atomics.addSpace<Space::Generic>("");
  atomics.addSpace<Space::Global>(".global");
  atomics.addSpace<Space::Shared>(".shared{,::cta}");
  table.add(InstructionClass::Atomic, std::move(atomics.rows));
}
