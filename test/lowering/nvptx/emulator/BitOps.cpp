//===- BitOps.cpp - Bits: logic, shifts, fields, counts, permutations -----===//

#include "Lanes.h"

using namespace moe::emulator;

namespace {

template <class T> T bitAnd(T a, T b) { return a & b; }
template <class T> T bitOr(T a, T b) { return a | b; }
template <class T> T bitXor(T a, T b) { return a ^ b; }
template <class T> T bitNot(T a) { return static_cast<T>(~a); }
template <class T> T cnot(T a) { return a == 0; }
bool andPred(bool a, bool b) { return a && b; }
bool orPred(bool a, bool b) { return a || b; }
bool xorPred(bool a, bool b) { return a != b; }
bool notPred(bool a) { return !a; }

/// Shifts by the width or more leave nothing, or the sign.
template <class T> T shiftLeft(T a, uint32_t n) {
  return n < 8 * sizeof(T) ? static_cast<T>(a << n) : T(0);
}
template <class T> T shiftRight(T a, uint32_t n) {
  uint32_t most = 8 * sizeof(T) - 1;
  if (std::is_signed_v<T>)
    return static_cast<T>(a >> (n < most ? n : most));
  return n <= most ? static_cast<T>(a >> n) : T(0);
}

uint64_t joined(uint32_t low, uint32_t high) { return uint64_t(high) << 32 | low; }
uint32_t clampShift(uint32_t n) { return n < 32 ? n : 32; }
uint32_t funnelLeftWrap(uint32_t a, uint32_t b, uint32_t n) {
  return joined(a, b) << (n & 31) >> 32;
}
uint32_t funnelRightWrap(uint32_t a, uint32_t b, uint32_t n) {
  return static_cast<uint32_t>(joined(a, b) >> (n & 31));
}
uint32_t funnelLeftClamp(uint32_t a, uint32_t b, uint32_t n) {
  return joined(a, b) << clampShift(n) >> 32;
}
uint32_t funnelRightClamp(uint32_t a, uint32_t b, uint32_t n) {
  return static_cast<uint32_t>(joined(a, b) >> clampShift(n));
}

/// `length` bits from `start`; what lies behind the value is zero, or its sign.
template <class T> T extract(T value, uint32_t start, uint32_t length) {
  using U = std::make_unsigned_t<T>;
  constexpr uint32_t width = 8 * sizeof(T);
  start &= 0xFF;
  length &= 0xFF;
  if (!length)
    return 0;
  U bits = start < width ? static_cast<U>(value) >> start : 0;
  if (length < width)
    bits &= (U(1) << length) - 1;
  if (!std::is_signed_v<T>)
    return static_cast<T>(bits);
  uint32_t last = std::min(start + length - 1, width - 1);
  if (!(static_cast<U>(value) >> last & 1))
    return static_cast<T>(bits);
  uint32_t taken = last >= start ? last - start + 1 : 0;
  return static_cast<T>(taken < width ? bits | ~U(0) << taken : bits);
}

template <class T> T insert(T field, T into, uint32_t start, uint32_t length) {
  constexpr uint32_t width = 8 * sizeof(T);
  start &= 0xFF;
  length &= 0xFF;
  if (start >= width || !length)
    return into;
  T mask = length < width ? (T(1) << length) - 1 : ~T(0);
  return (into & ~(mask << start)) | ((field & mask) << start);
}

template <class T> uint32_t population(T a) { return __builtin_popcountll(a); }
uint32_t leadingZeros32(uint32_t a) { return a ? __builtin_clz(a) : 32; }
uint32_t leadingZeros64(uint64_t a) { return a ? __builtin_clzll(a) : 64; }

/// The place of the highest bit that differs from the sign; all bits set where there is none.
template <class T, bool ShiftAmount> uint32_t findBit(T a) {
  uint64_t bits = static_cast<uint64_t>(a < 0 ? ~a : a);
  if (!bits)
    return ~0u;
  uint32_t place = 63 - __builtin_clzll(bits);
  return ShiftAmount ? 8 * sizeof(T) - 1 - place : place;
}

template <class T> T reverse(T a) {
  T result = 0;
  for (uint32_t i = 0; i < 8 * sizeof(T); ++i)
    result |= (a >> i & 1) << (8 * sizeof(T) - 1 - i);
  return result;
}

/// Four bytes chosen out of eight; the top bit of a choice spreads the byte's sign.
uint32_t permute(uint32_t a, uint32_t b, uint32_t choices) {
  uint64_t bytes = joined(a, b);
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) {
    uint32_t choice = choices >> 4 * i & 15;
    uint32_t byte = bytes >> 8 * (choice & 7) & 0xFF;
    if (choice & 8)
      byte = byte & 0x80 ? 0xFF : 0;
    result |= byte << 8 * i;
  }
  return result;
}

/// The modes of prmt as choices, by the two lowest bits of the selector.
template <int Mode> uint32_t permuteMode(uint32_t a, uint32_t b, uint32_t selector) {
  static const uint32_t choices[6][4] = {
      {0x3210, 0x4321, 0x5432, 0x6543}, // f4e
      {0x5670, 0x6701, 0x7012, 0x0123}, // b4e
      {0x0000, 0x1111, 0x2222, 0x3333}, // rc8
      {0x3210, 0x3211, 0x3222, 0x3333}, // ecl
      {0x0000, 0x1110, 0x2210, 0x3210}, // ecr
      {0x1010, 0x3232, 0x1010, 0x3232}, // rc16
  };
  return permute(a, b, choices[Mode][selector & 3]);
}

/// Any function of three bits, as its truth table.
uint32_t logic3(uint32_t a, uint32_t b, uint32_t c, uint32_t table) {
  uint32_t result = 0;
  for (uint32_t i = 0; i < 8; ++i)
    if (table >> i & 1)
      result |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
  return result;
}

uint32_t fieldMaskClamp(uint32_t start, uint32_t length) {
  return start < 32 ? shiftLeft<uint32_t>(length < 32 ? (1u << length) - 1 : ~0u, start) : 0;
}

} // namespace

void moe::emulator::addBitRows(InstructionTable &table) {
  table.add(InstructionClass::Integer, {
                                           lanes<bitAnd<uint16_t>>("and.b16"),
                                           lanes<bitAnd<uint32_t>>("and.b32"),
                                           lanes<bitAnd<uint64_t>>("and.b64"),
                                           lanes<bitOr<uint16_t>>("or.b16"),
                                           lanes<bitOr<uint32_t>>("or.b32"),
                                           lanes<bitOr<uint64_t>>("or.b64"),
                                           lanes<bitXor<uint16_t>>("xor.b16"),
                                           lanes<bitXor<uint32_t>>("xor.b32"),
                                           lanes<bitXor<uint64_t>>("xor.b64"),
                                           lanes<bitNot<uint16_t>>("not.b16"),
                                           lanes<bitNot<uint32_t>>("not.b32"),
                                           lanes<bitNot<uint64_t>>("not.b64"),
                                           lanes<cnot<uint16_t>>("cnot.b16"),
                                           lanes<cnot<uint32_t>>("cnot.b32"),
                                           lanes<cnot<uint64_t>>("cnot.b64"),
                                           lanes<andPred>("and.pred"),
                                           lanes<orPred>("or.pred"),
                                           lanes<xorPred>("xor.pred"),
                                           lanes<notPred>("not.pred"),
                                           lanes<shiftLeft<uint16_t>>("shl.b16"),
                                           lanes<shiftLeft<uint32_t>>("shl.b32"),
                                           lanes<shiftLeft<uint64_t>>("shl.b64"),
                                           lanes<shiftRight<uint16_t>>("shr.{b,u}16"),
                                           lanes<shiftRight<uint32_t>>("shr.{b,u}32"),
                                           lanes<shiftRight<uint64_t>>("shr.{b,u}64"),
                                           lanes<shiftRight<int16_t>>("shr.s16"),
                                           lanes<shiftRight<int32_t>>("shr.s32"),
                                           lanes<shiftRight<int64_t>>("shr.s64"),
                                           lanes<funnelLeftWrap>("shf.l.wrap.b32"),
                                           lanes<funnelRightWrap>("shf.r.wrap.b32"),
                                           lanes<funnelLeftClamp>("shf.l.clamp.b32"),
                                           lanes<funnelRightClamp>("shf.r.clamp.b32"),
                                       });
  table.add(InstructionClass::Integer, {
                                           lanes<extract<uint32_t>>("bfe.u32"),
                                           lanes<extract<int32_t>>("bfe.s32"),
                                           lanes<extract<uint64_t>>("bfe.u64"),
                                           lanes<extract<int64_t>>("bfe.s64"),
                                           lanes<insert<uint32_t>>("bfi.b32"),
                                           lanes<insert<uint64_t>>("bfi.b64"),
                                           lanes<population<uint32_t>>("popc.b32"),
                                           lanes<population<uint64_t>>("popc.b64"),
                                           lanes<leadingZeros32>("clz.b32"),
                                           lanes<leadingZeros64>("clz.b64"),
                                           lanes<findBit<uint32_t, false>>("bfind.u32"),
                                           lanes<findBit<uint64_t, false>>("bfind.u64"),
                                           lanes<findBit<int32_t, false>>("bfind.s32"),
                                           lanes<findBit<int64_t, false>>("bfind.s64"),
                                           lanes<findBit<uint32_t, true>>("bfind.shiftamt.u32"),
                                           lanes<findBit<uint64_t, true>>("bfind.shiftamt.u64"),
                                           lanes<findBit<int32_t, true>>("bfind.shiftamt.s32"),
                                           lanes<findBit<int64_t, true>>("bfind.shiftamt.s64"),
                                           lanes<reverse<uint32_t>>("brev.b32"),
                                           lanes<reverse<uint64_t>>("brev.b64"),
                                           lanes<permute>("prmt.b32"),
                                           lanes<permuteMode<0>>("prmt.b32.f4e"),
                                           lanes<permuteMode<1>>("prmt.b32.b4e"),
                                           lanes<permuteMode<2>>("prmt.b32.rc8"),
                                           lanes<permuteMode<3>>("prmt.b32.ecl"),
                                           lanes<permuteMode<4>>("prmt.b32.ecr"),
                                           lanes<permuteMode<5>>("prmt.b32.rc16"),
                                           lanes<logic3>("lop3.b32"),
                                           lanes<fieldMaskClamp>("bmsk.clamp.b32"),
                                       });
}
