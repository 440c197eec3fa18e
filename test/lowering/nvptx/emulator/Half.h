//===- Half.h - 16-bit floats as the host computes them ---------*- C++ -*-===//
//
// Sums, products, quotients and roots of halves are right when they are computed in float and
// rounded once more (a float has more than twice their bits); an fma is not, and goes through
// double.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_HALF_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_HALF_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace moe::emulator {

/// False for whole numbers, which comparisons are written for too.
template <class T> bool isNan(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return std::isnan(value);
  return false;
}

/// Bits of IEEE half and of bfloat16.
struct F16 {
  uint16_t bits;
};
struct BF16 {
  uint16_t bits;
};

template <class To, class From> To bitCast(From from) {
  static_assert(sizeof(To) == sizeof(From), "the bits of one are those of the other");
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

inline float toFloat(F16 value) { return static_cast<float>(bitCast<_Float16>(value.bits)); }
inline float toFloat(BF16 value) { return bitCast<float>(uint32_t(value.bits) << 16); }

/// The canonical NaN of 16-bit types.
constexpr uint16_t kNan16 = 0x7FFF;

/// To nearest, ties to even.
inline F16 toF16(float value) {
  uint16_t bits = bitCast<uint16_t>(static_cast<_Float16>(value));
  return {isNan(value) ? kNan16 : bits};
}
inline BF16 toBF16(float value) {
  uint32_t bits = bitCast<uint32_t>(value);
  uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  return {static_cast<uint16_t>(isNan(value) ? kNan16 : rounded)};
}

template <class H> H fromFloat(float value);
template <> inline F16 fromFloat<F16>(float value) { return toF16(value); }
template <> inline BF16 fromFloat<BF16>(float value) { return toBF16(value); }

/// A double as a float that, rounded once more to 16 bits, is as if it was rounded once: what is
/// lost goes into the last bit.
inline float roundToOdd(double value) {
  float near = static_cast<float>(value);
  if (near == value || isNan(near) || std::isinf(near))
    return near;
  uint32_t bits = bitCast<uint32_t>(near);
  if (bits & 1)
    return near;
  bool away = std::fabs(double(near)) > std::fabs(value);
  return bitCast<float>(away ? bits - 1 : bits | 1);
}

/// a + b in double, where what is lost goes into the last bit.
inline double addToOdd(double a, double b) {
  double sum = a + b;
  double part = sum - a;
  double lost = (a - (sum - part)) + (b - part);
  uint64_t bits = bitCast<uint64_t>(sum);
  if (!(lost != 0) || std::isinf(sum) || (bits & 1))
    return sum;
  bool away = (lost < 0) == (sum > 0);
  return bitCast<double>(away ? bits - 1 : bits | 1);
}

/// a * b + c, rounded once.
template <class H> H fmaHalf(H a, H b, H c) {
  double product = double(toFloat(a)) * double(toFloat(b)); // exact
  return fromFloat<H>(roundToOdd(addToOdd(product, toFloat(c))));
}

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_HALF_H
