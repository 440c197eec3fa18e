//===- ConvertOps.cpp - cvt: widths, roundings, saturation ----------------===//

#include "Half.h"
#include "Lanes.h"
#include <limits>

using namespace moe::emulator;

namespace {

// Integers to integers: `To` as its register holds it, extended from the type's width.
template <class To, class From> To truncate(From a) { return static_cast<To>(a); }
template <class Register, class To, class From> Register narrow(Register a) {
  return static_cast<Register>(static_cast<To>(static_cast<From>(a)));
}
template <class To, class From> To saturate(From a) {
  using Limit = std::numeric_limits<To>;
  // NOLINTNEXTLINE(bugprone-signed-char-misuse): a number, no character.
  __int128 value = a;
  if (value < __int128(Limit::min()))
    return Limit::min();
  return value > __int128(Limit::max()) ? Limit::max() : static_cast<To>(a);
}

enum Rounding { Near, Zero, Down, Up };
template <Rounding R, class T> T whole(T a) {
  switch (R) {
  case Near:
    return std::nearbyint(a);
  case Zero:
    return std::trunc(a);
  case Down:
    return std::floor(a);
  case Up:
    return std::ceil(a);
  }
  __builtin_unreachable();
}

// What a register's bits mean, and back.
float valueOf(float a) { return a; }
double valueOf(double a) { return a; }
float valueOf(F16 a) { return toFloat(a); }
float valueOf(BF16 a) { return toFloat(a); }

/// Out of range gives the nearest end, NaN gives 0.
template <class To, Rounding R, class From> To toInteger(From from) {
  auto a = whole<R>(valueOf(from));
  using T = decltype(a);
  if (isNan(a))
    return 0;
  // The limits as floats: the upper one is rounded up, and is then out of range itself.
  if (a >= static_cast<T>(std::numeric_limits<To>::max()))
    return std::numeric_limits<To>::max();
  return a <= static_cast<T>(std::numeric_limits<To>::min()) ? std::numeric_limits<To>::min()
                                                             : static_cast<To>(a);
}

/// The last bit moves towards zero, down or up when `near` is off.
template <Rounding R, class To, class Exact> To directed(To near, Exact value) {
  Exact back = static_cast<Exact>(near);
  if (R == Near || isNan(near) || back == value)
    return near;
  bool tooLarge = back > value;
  To infinity = std::numeric_limits<To>::infinity();
  bool wantDown = R == Down || (R == Zero && value > 0);
  if (wantDown)
    return tooLarge ? std::nextafter(near, -infinity) : near;
  return tooLarge ? near : std::nextafter(near, infinity);
}

float nan32() { return bitCast<float>(0x7FFFFFFFu); }
template <Rounding R> float doubleToFloat(double a) {
  return isNan(a) ? nan32() : directed<R>(static_cast<float>(a), a);
}
double floatToDouble(float a) { return a; }
template <Rounding R, class T> T roundWhole(T a) { return whole<R>(a); }
template <Rounding R, class H> H roundWholeHalf(H a) { return fromFloat<H>(whole<R>(toFloat(a))); }

float saturateFloat(float a) { return a > 0 ? (a < 1 ? a : 1.0f) : 0.0f; }
float doubleToFloatSat(double a) { return saturateFloat(static_cast<float>(a)); }

template <Rounding R, class To, class From> To integerToFloat(From a) {
  To near = static_cast<To>(a);
  if (R == Near)
    return near;
  __int128 value = a, back = static_cast<__int128>(near);
  To infinity = std::numeric_limits<To>::infinity();
  bool wantDown = R == Down || (R == Zero && value > 0);
  if (wantDown)
    return back > value ? std::nextafter(near, -infinity) : near;
  return back < value ? std::nextafter(near, infinity) : near;
}
/// Goes through double, whose last bit keeps what is lost.
template <class H, class From> H integerToHalf(From a) {
  double high = static_cast<double>(a);
  double rest = static_cast<double>(static_cast<__int128>(a) - static_cast<__int128>(high));
  return fromFloat<H>(roundToOdd(addToOdd(high, rest)));
}

template <class H> float halfToFloat(H a) { return toFloat(a); }
template <class H> double halfToDouble(H a) { return toFloat(a); }
template <class H> H floatToHalf(float a) { return fromFloat<H>(a); }
template <class H> H floatToHalfRelu(float a) { return fromFloat<H>(a > 0 || isNan(a) ? a : 0.0f); }
template <class H> H doubleToHalf(double a) { return fromFloat<H>(roundToOdd(a)); }
F16 bf16ToF16(BF16 a) { return toF16(toFloat(a)); }
BF16 f16ToBf16(F16 a) { return toBF16(toFloat(a)); }
BF16 floatToBf16Zero(float a) {
  return isNan(a) ? BF16{kNan16} : BF16{static_cast<uint16_t>(bitCast<uint32_t>(a) >> 16)};
}
F16 floatToF16Zero(float a) {
  F16 near = toF16(a);
  if (!isNan(a) && std::fabs(toFloat(near)) > std::fabs(a))
    --near.bits;
  return near;
}
/// The first operand goes to the upper half.
template <class H> uint32_t pairToHalves(float high, float low) {
  return uint32_t(fromFloat<H>(high).bits) << 16 | fromFloat<H>(low).bits;
}
template <class H> uint32_t pairToHalvesRelu(float high, float low) {
  return uint32_t(floatToHalfRelu<H>(high).bits) << 16 | floatToHalfRelu<H>(low).bits;
}
/// tf32 keeps ten bits of the mantissa; ties go away from zero.
uint32_t toTf32Away(float a) {
  uint32_t bits = bitCast<uint32_t>(a);
  return isNan(a) ? 0x7FFFFFFFu : std::isinf(a) ? bits : (bits + 0x1000) & ~0x1FFFu;
}
uint32_t toTf32Even(float a) {
  uint32_t bits = bitCast<uint32_t>(a);
  return isNan(a)        ? 0x7FFFFFFFu
         : std::isinf(a) ? bits
                         : (bits + 0xFFF + (bits >> 13 & 1)) & ~0x1FFFu;
}

class ConvertRows {
public:
  std::vector<Row> rows;

  /// Every integer type to every other.
  template <class To> void toIntegerType(const std::string &to) {
    fromInteger<To, uint16_t>(to, "u16");
    fromInteger<To, int16_t>(to, "s16");
    fromInteger<To, uint32_t>(to, "u32");
    fromInteger<To, int32_t>(to, "s32");
    fromInteger<To, uint64_t>(to, "u64");
    fromInteger<To, int64_t>(to, "s64");
    fromByte<To, uint8_t>(to, "u8");
    fromByte<To, int8_t>(to, "s8");
    fromFloat<To, float>(to, "f32");
    fromFloat<To, double>(to, "f64");
    fromFloat<To, F16>(to, "f16");
    fromFloat<To, BF16>(to, "bf16");
  }
  /// To 8 bits, which live in wider registers.
  template <class To, class From> void toByte(const std::string &to, const std::string &from) {
    put<narrow<Container<From>, To, From>>("cvt." + to + "." + from);
    put<byteSaturated<To, From>>("cvt.sat." + to + "." + from);
  }
  template <class From> void fromIntegerToFloats(const std::string &from) {
    directions<float, From>("f32", from);
    directions<double, From>("f64", from);
    put<integerToHalf<F16, From>>("cvt.rn.f16." + from);
    put<integerToHalf<BF16, From>>("cvt.rn.bf16." + from);
  }

private:
  template <class T> using Container = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;
  template <class To, class From> static int32_t byteSaturated(From a) {
    return saturate<To, From>(a);
  }
  template <class To, class From> static To widen(uint16_t a) {
    return static_cast<To>(static_cast<From>(a));
  }
  template <class To, class From> static To widenSaturated(uint16_t a) {
    return saturate<To, From>(static_cast<From>(a));
  }

  template <auto F> void put(const std::string &name, bool sign = false) {
    rows.push_back(lanes<F>(name.c_str()));
    rows.back().signedResult = sign;
  }
  template <class To, class From> void fromInteger(const std::string &to, const std::string &from) {
    put<truncate<To, From>>("cvt." + to + "." + from, std::is_signed_v<To>);
    put<saturate<To, From>>("cvt.sat." + to + "." + from, std::is_signed_v<To>);
  }
  template <class To, class From> void fromByte(const std::string &to, const std::string &from) {
    put<widen<To, From>>("cvt." + to + "." + from, std::is_signed_v<To>);
    put<widenSaturated<To, From>>("cvt.sat." + to + "." + from, std::is_signed_v<To>);
  }
  template <class To, class From> void fromFloat(const std::string &to, const std::string &from) {
    std::string tail = "{,.ftz}{,.sat}." + to + "." + from;
    put<toInteger<To, Near, From>>("cvt.rni" + tail, std::is_signed_v<To>);
    put<toInteger<To, Zero, From>>("cvt.rzi" + tail, std::is_signed_v<To>);
    put<toInteger<To, Down, From>>("cvt.rmi" + tail, std::is_signed_v<To>);
    put<toInteger<To, Up, From>>("cvt.rpi" + tail, std::is_signed_v<To>);
  }
  template <class To, class From> void directions(const std::string &to, const std::string &from) {
    put<integerToFloat<Near, To, From>>("cvt.rn." + to + "." + from);
    put<integerToFloat<Zero, To, From>>("cvt.rz." + to + "." + from);
    put<integerToFloat<Down, To, From>>("cvt.rm." + to + "." + from);
    put<integerToFloat<Up, To, From>>("cvt.rp." + to + "." + from);
  }
};

std::vector<Row> integerRows() {
  ConvertRows convert;
  convert.toIntegerType<uint16_t>("u16");
  convert.toIntegerType<int16_t>("s16");
  convert.toIntegerType<uint32_t>("u32");
  convert.toIntegerType<int32_t>("s32");
  convert.toIntegerType<uint64_t>("u64");
  convert.toIntegerType<int64_t>("s64");
  convert.toByte<uint8_t, uint16_t>("u8", "u16");
  convert.toByte<uint8_t, int16_t>("u8", "s16");
  convert.toByte<uint8_t, uint32_t>("u8", "u32");
  convert.toByte<uint8_t, int32_t>("u8", "s32");
  convert.toByte<uint8_t, uint64_t>("u8", "u64");
  convert.toByte<uint8_t, int64_t>("u8", "s64");
  convert.toByte<int8_t, uint16_t>("s8", "u16");
  convert.toByte<int8_t, int16_t>("s8", "s16");
  convert.toByte<int8_t, uint32_t>("s8", "u32");
  convert.toByte<int8_t, int32_t>("s8", "s32");
  convert.toByte<int8_t, uint64_t>("s8", "u64");
  convert.toByte<int8_t, int64_t>("s8", "s64");
  convert.fromIntegerToFloats<uint16_t>("u16");
  convert.fromIntegerToFloats<int16_t>("s16");
  convert.fromIntegerToFloats<uint32_t>("u32");
  convert.fromIntegerToFloats<int32_t>("s32");
  convert.fromIntegerToFloats<uint64_t>("u64");
  convert.fromIntegerToFloats<int64_t>("s64");
  return std::move(convert.rows);
}

uint32_t byteBits(uint32_t a) { return a & 0xFF; }
int32_t byteSigned(uint32_t a) { return static_cast<int8_t>(a); }
template <auto Byte> float byteToFloat(uint32_t a) { return static_cast<float>(Byte(a)); }
template <auto Byte> double byteToDouble(uint32_t a) { return Byte(a); }
template <auto Byte> F16 byteToF16(uint32_t a) { return toF16(static_cast<float>(Byte(a))); }

} // namespace

void moe::emulator::addConvertRows(InstructionTable &table) {
  table.add(InstructionClass::Convert, integerRows());
  table.add(InstructionClass::Convert, {
                                           lanes<byteToFloat<byteBits>>("cvt.rn.f32.u8"),
                                           lanes<byteToFloat<byteSigned>>("cvt.rn.f32.s8"),
                                           lanes<byteToDouble<byteBits>>("cvt.rn.f64.u8"),
                                           lanes<byteToDouble<byteSigned>>("cvt.rn.f64.s8"),
                                           lanes<byteToF16<byteBits>>("cvt.rn.f16.u8"),
                                           lanes<byteToF16<byteSigned>>("cvt.rn.f16.s8"),
                                           lanes<doubleToFloat<Near>>("cvt.rn.f32.f64"),
                                           lanes<doubleToFloat<Zero>>("cvt.rz.f32.f64"),
                                           lanes<doubleToFloat<Down>>("cvt.rm.f32.f64"),
                                           lanes<doubleToFloat<Up>>("cvt.rp.f32.f64"),
                                           lanes<doubleToFloatSat>("cvt.rn.sat.f32.f64"),
                                           lanes<floatToDouble>("cvt.f64.f32"),
                                           lanes<roundWhole<Near, float>>("cvt.rni.f32.f32"),
                                           lanes<roundWhole<Zero, float>>("cvt.rzi.f32.f32"),
                                           lanes<roundWhole<Down, float>>("cvt.rmi.f32.f32"),
                                           lanes<roundWhole<Up, float>>("cvt.rpi.f32.f32"),
                                           lanes<roundWhole<Near, double>>("cvt.rni.f64.f64"),
                                           lanes<roundWhole<Zero, double>>("cvt.rzi.f64.f64"),
                                           lanes<roundWhole<Down, double>>("cvt.rmi.f64.f64"),
                                           lanes<roundWhole<Up, double>>("cvt.rpi.f64.f64"),
                                           lanes<roundWholeHalf<Near, F16>>("cvt.rni.f16.f16"),
                                           lanes<roundWholeHalf<Near, BF16>>("cvt.rni.bf16.bf16"),
                                           lanes<roundWholeHalf<Zero, F16>>("cvt.rzi.f16.f16"),
                                           lanes<roundWholeHalf<Zero, BF16>>("cvt.rzi.bf16.bf16"),
                                           lanes<roundWholeHalf<Down, F16>>("cvt.rmi.f16.f16"),
                                           lanes<roundWholeHalf<Down, BF16>>("cvt.rmi.bf16.bf16"),
                                           lanes<roundWholeHalf<Up, F16>>("cvt.rpi.f16.f16"),
                                           lanes<roundWholeHalf<Up, BF16>>("cvt.rpi.bf16.bf16"),
                                           lanes<saturateFloat>("cvt{,.ftz}.sat.f32.f32"),
                                       });
  table.add(InstructionClass::Convert, {
                                           lanes<halfToFloat<F16>>("cvt.f32.f16"),
                                           lanes<halfToFloat<BF16>>("cvt.f32.bf16"),
                                           lanes<halfToDouble<F16>>("cvt.f64.f16"),
                                           lanes<halfToDouble<BF16>>("cvt.f64.bf16"),
                                           lanes<floatToHalf<F16>>("cvt.rn.f16.f32"),
                                           lanes<floatToHalf<BF16>>("cvt.rn.bf16.f32"),
                                           lanes<floatToF16Zero>("cvt.rz.f16.f32"),
                                           lanes<floatToBf16Zero>("cvt.rz.bf16.f32"),
                                           lanes<floatToHalfRelu<F16>>("cvt.rn.relu.f16.f32"),
                                           lanes<floatToHalfRelu<BF16>>("cvt.rn.relu.bf16.f32"),
                                           lanes<doubleToHalf<F16>>("cvt.rn.f16.f64"),
                                           lanes<doubleToHalf<BF16>>("cvt.rn.bf16.f64"),
                                           lanes<bf16ToF16>("cvt.rn.f16.bf16"),
                                           lanes<f16ToBf16>("cvt.rn.bf16.f16"),
                                           lanes<pairToHalves<F16>>("cvt.rn.f16x2.f32"),
                                           lanes<pairToHalves<BF16>>("cvt.rn.bf16x2.f32"),
                                           lanes<pairToHalvesRelu<F16>>("cvt.rn.relu.f16x2.f32"),
                                           lanes<pairToHalvesRelu<BF16>>("cvt.rn.relu.bf16x2.f32"),
                                           lanes<toTf32Away>("cvt.rna.tf32.f32"),
                                           lanes<toTf32Even>("cvt.rn.tf32.f32"),
                                       });
}
