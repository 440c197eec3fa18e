//===- IntegerOps.cpp - Whole numbers -------------------------------------===//
//
// Sums and products wrap; what C++ leaves undefined (a division by zero, a shift by too much) is as
// the PTX document says it, or as GPUs do it.
//
//===----------------------------------------------------------------------===//

#include "Lanes.h"
#include <limits>

using namespace moe::emulator;

namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;
template <class T>
using Twice = std::conditional_t<
    sizeof(T) == 2, std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>,
    std::conditional_t<sizeof(T) == 4, std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>,
                       std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>>>;

// Sums and products of uint16_t would be computed as int, and overflow.
template <class T> T add(T a, T b) { return static_cast<T>(uint64_t(a) + uint64_t(b)); }
template <class T> T sub(T a, T b) { return static_cast<T>(uint64_t(a) - uint64_t(b)); }
template <class T> T mulLow(T a, T b) { return static_cast<T>(uint64_t(a) * uint64_t(b)); }
uint32_t mulLow32(uint32_t a, uint32_t b) { return a * b; }
template <class T> T mulHigh(T a, T b) {
  return static_cast<T>(static_cast<Twice<T>>(a) * static_cast<Twice<T>>(b) >> (8 * sizeof(T)));
}
template <class T> Twice<T> mulWide(T a, T b) {
  return static_cast<Twice<T>>(a) * static_cast<Twice<T>>(b);
}
template <class T> T madLow(T a, T b, T c) { return add<T>(mulLow<T>(a, b), c); }
template <class T> T madHigh(T a, T b, T c) { return add<T>(mulHigh<T>(a, b), c); }
template <class T> Twice<T> madWide(T a, T b, Twice<T> c) {
  return add<Twice<T>>(mulWide<T>(a, b), c);
}

template <class T> T addSaturating(T a, T b) {
  T sum;
  if (!__builtin_add_overflow(a, b, &sum))
    return sum;
  return a < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}
template <class T> T subSaturating(T a, T b) {
  T sum;
  if (!__builtin_sub_overflow(a, b, &sum))
    return sum;
  return a < 0 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
}

/// A division by zero gives what GPUs give: all bits; by -1, it wraps.
template <class T> T div(T a, T b) {
  if (!b)
    return static_cast<T>(-1);
  if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return sub<T>(0, a);
  return static_cast<T>(a / b);
}
template <class T> T rem(T a, T b) {
  if (!b)
    return a;
  if (std::is_signed_v<T> && b == static_cast<T>(-1))
    return 0;
  return static_cast<T>(a % b);
}

template <class T> T minimum(T a, T b) { return a < b ? a : b; }
template <class T> T maximum(T a, T b) { return a > b ? a : b; }
template <class T> T neg(T a) { return sub<T>(0, a); }
template <class T> T absolute(T a) { return a < 0 ? neg(a) : a; }

uint32_t low24(uint32_t a) { return a & 0xFFFFFF; }
int32_t signed24(int32_t a) { return static_cast<int32_t>(static_cast<uint32_t>(a) << 8) >> 8; }
uint32_t mul24u(uint32_t a, uint32_t b) { return low24(a) * low24(b); }
int32_t mul24s(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<int64_t>(signed24(a)) * signed24(b));
}
uint32_t mad24u(uint32_t a, uint32_t b, uint32_t c) { return mul24u(a, b) + c; }
int32_t mad24s(int32_t a, int32_t b, int32_t c) { return add(mul24s(a, b), c); }

uint32_t sadu(uint32_t a, uint32_t b, uint32_t c) { return c + (a < b ? b - a : a - b); }
int32_t sads(int32_t a, int32_t b, int32_t c) {
  return add(c, static_cast<int32_t>(a < b ? int64_t(b) - a : int64_t(a) - b));
}

/// The same on both halves of a register.
template <class T, T (*F)(T, T)> uint32_t both(uint32_t a, uint32_t b) {
  uint32_t low = static_cast<uint16_t>(F(static_cast<T>(a), static_cast<T>(b)));
  uint32_t high = static_cast<uint16_t>(F(static_cast<T>(a >> 16), static_cast<T>(b >> 16)));
  return high << 16 | low;
}

/// Dot product of four bytes.
template <class A, class B> int32_t dp4a(uint32_t a, uint32_t b, int32_t c) {
  int64_t sum = c;
  for (int i = 0; i < 4; ++i)
    sum += int64_t(static_cast<A>(a >> 8 * i)) * static_cast<B>(b >> 8 * i);
  return static_cast<int32_t>(sum);
}

template <class T> std::vector<Row> rowsOf(const std::string &types) {
  auto named = [&](const char *head) { return head + types; };
  return {lanes<div<T>>(named("div.").c_str()),        lanes<rem<T>>(named("rem.").c_str()),
          lanes<minimum<T>>(named("min.").c_str()),    lanes<maximum<T>>(named("max.").c_str()),
          lanes<mulHigh<T>>(named("mul.hi.").c_str()), lanes<madHigh<T>>(named("mad.hi.").c_str())};
}

template <class T> std::vector<Row> signedRowsOf(const std::string &types) {
  auto named = [&](const char *head) { return head + types; };
  return {lanes<neg<T>>(named("neg.").c_str()), lanes<absolute<T>>(named("abs.").c_str())};
}

} // namespace

void moe::emulator::addIntegerRows(InstructionTable &table) {
  table.add(InstructionClass::Integer, {
                                           lanes<add<uint16_t>>("add.{u,s}16"),
                                           lanes<add<uint32_t>>("add.{u,s}32"),
                                           lanes<add<uint64_t>>("add.{u,s}64"),
                                           lanes<sub<uint16_t>>("sub.{u,s}16"),
                                           lanes<sub<uint32_t>>("sub.{u,s}32"),
                                           lanes<sub<uint64_t>>("sub.{u,s}64"),
                                           lanes<addSaturating<int32_t>>("add.sat.s32"),
                                           lanes<subSaturating<int32_t>>("sub.sat.s32"),
                                           lanes<mulLow<uint16_t>>("mul.lo.{u,s}16"),
                                           lanes<mulLow32>("mul.lo.{u,s}32"),
                                           lanes<mulLow<uint64_t>>("mul.lo.{u,s}64"),
                                           lanes<madLow<uint16_t>>("mad.lo.{u,s}16"),
                                           lanes<madLow<uint32_t>>("mad.lo.{u,s}32"),
                                           lanes<madLow<uint64_t>>("mad.lo.{u,s}64"),
                                           lanes<mulWide<uint16_t>>("mul.wide.u16"),
                                           lanes<mulWide<int16_t>>("mul.wide.s16"),
                                           lanes<mulWide<uint32_t>>("mul.wide.u32"),
                                           lanes<mulWide<int32_t>>("mul.wide.s32"),
                                           lanes<madWide<uint16_t>>("mad.wide.u16"),
                                           lanes<madWide<int16_t>>("mad.wide.s16"),
                                           lanes<madWide<uint32_t>>("mad.wide.u32"),
                                           lanes<madWide<int32_t>>("mad.wide.s32"),
                                           lanes<mul24u>("mul24.lo.u32"),
                                           lanes<mul24s>("mul24.lo.s32"),
                                           lanes<mad24u>("mad24.lo.u32"),
                                           lanes<mad24s>("mad24.lo.s32"),
                                           lanes<both<uint16_t, add>>("add.{u,s}16x2"),
                                           lanes<both<uint16_t, minimum>>("min.u16x2"),
                                           lanes<both<uint16_t, maximum>>("max.u16x2"),
                                           lanes<both<int16_t, minimum>>("min.s16x2"),
                                           lanes<both<int16_t, maximum>>("max.s16x2"),
                                           lanes<sadu>("sad.u32"),
                                           lanes<sads>("sad.s32"),
                                           lanes<dp4a<uint8_t, uint8_t>>("dp4a.u32.u32"),
                                           lanes<dp4a<uint8_t, int8_t>>("dp4a.u32.s32"),
                                           lanes<dp4a<int8_t, uint8_t>>("dp4a.s32.u32"),
                                           lanes<dp4a<int8_t, int8_t>>("dp4a.s32.s32"),
                                       });
  table.add(InstructionClass::Integer, rowsOf<uint16_t>("u16"));
  table.add(InstructionClass::Integer, rowsOf<int16_t>("s16"));
  table.add(InstructionClass::Integer, rowsOf<uint32_t>("u32"));
  table.add(InstructionClass::Integer, rowsOf<int32_t>("s32"));
  table.add(InstructionClass::Integer, rowsOf<uint64_t>("u64"));
  table.add(InstructionClass::Integer, rowsOf<int64_t>("s64"));
  table.add(InstructionClass::Integer, signedRowsOf<int16_t>("s16"));
  table.add(InstructionClass::Integer, signedRowsOf<int32_t>("s32"));
  table.add(InstructionClass::Integer, signedRowsOf<int64_t>("s64"));
}
