//===- FloatOps.cpp - float and double ------------------------------------===//
//
// Rounding to nearest is the host's; the approximate functions are the host's exact ones, so what a
// kernel may rely on is only that they are about right.
//
//===----------------------------------------------------------------------===//

#include "Half.h"
#include "Lanes.h"
#include <cmath>
#include <limits>

using namespace moe::emulator;

namespace {

template <class T> T add(T a, T b) { return a + b; }
template <class T> T sub(T a, T b) { return a - b; }
template <class T> T mul(T a, T b) { return a * b; }
template <class T> T div(T a, T b) { return a / b; }
float fma32(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
double fma64(double a, double b, double c) { return __builtin_fma(a, b, c); }
template <class T> T reciprocal(T a) { return T(1) / a; }
float root32(float a) { return __builtin_sqrtf(a); }
double root64(double a) { return __builtin_sqrt(a); }
float reciprocalRoot32(float a) { return static_cast<float>(1.0 / __builtin_sqrt(double(a))); }
double reciprocalRoot64(double a) { return 1.0 / __builtin_sqrt(a); }

/// NaN becomes 0.
float saturate(float a) { return a > 0 ? (a < 1 ? a : 1.0f) : 0.0f; }
float addSat(float a, float b) { return saturate(a + b); }
float subSat(float a, float b) { return saturate(a - b); }
float mulSat(float a, float b) { return saturate(a * b); }
float fmaSat(float a, float b, float c) { return saturate(fma32(a, b, c)); }

// Signs are bits, of NaN too.
uint32_t neg32(uint32_t a) { return a ^ 0x80000000u; }
uint64_t neg64(uint64_t a) { return a ^ 1ull << 63; }
uint32_t abs32(uint32_t a) { return a & 0x7FFFFFFFu; }
uint64_t abs64(uint64_t a) { return a & ~(1ull << 63); }
uint32_t copysign32(uint32_t sign, uint32_t value) { return abs32(value) | (sign & 0x80000000u); }
uint64_t copysign64(uint64_t sign, uint64_t value) { return abs64(value) | (sign & 1ull << 63); }

/// The canonical NaN of PTX.
template <class T> T notANumber();
template <> float notANumber() {
  uint32_t bits = 0x7FFFFFFFu;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
template <> double notANumber() { return std::numeric_limits<double>::quiet_NaN(); }

/// NaN gives way to a number; -0 is less than +0.
template <class T> T minimum(T a, T b) {
  if (isNan(a))
    return isNan(b) ? notANumber<T>() : b;
  if (isNan(b) || a < b)
    return a;
  return a == b ? (std::signbit(a) ? a : b) : b;
}
template <class T> T maximum(T a, T b) {
  if (isNan(a))
    return isNan(b) ? notANumber<T>() : b;
  if (isNan(b) || a > b)
    return a;
  return a == b ? (std::signbit(a) ? b : a) : b;
}
/// NaN wins.
template <class T> T minimumNan(T a, T b) {
  return isNan(a) || isNan(b) ? notANumber<T>() : minimum(a, b);
}
template <class T> T maximumNan(T a, T b) {
  return isNan(a) || isNan(b) ? notANumber<T>() : maximum(a, b);
}

uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
/// Is the one operand's sign the result's, as min.xorsign.abs has it?
template <float (*F)(float, float)> float xorsignAbs(float a, float b) {
  uint32_t sign = (bitsOf(a) ^ bitsOf(b)) & 0x80000000u;
  uint32_t bits = bitsOf(F(std::fabs(a), std::fabs(b))) | sign;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float exp2Approx(float a) { return std::exp2(a); }
float log2Approx(float a) { return std::log2(a); }
float sinApprox(float a) { return std::sin(a); }
float cosApprox(float a) { return std::cos(a); }
float tanhApprox(float a) { return std::tanh(a); }

constexpr uint32_t kNan = 1, kInf = 2, kFinite = 4;
template <class T, uint32_t Kinds> bool isKind(T a) {
  uint32_t kind = isNan(a) ? kNan : std::isinf(a) ? kInf : kFinite;
  return kind & Kinds;
}

} // namespace

void moe::emulator::addFloatRows(InstructionTable &table) {
  table.add(InstructionClass::Float, {
                                         lanes<add<float>>("add{,.rn}.f32"),
                                         lanes<add<double>>("add{,.rn}.f64"),
                                         lanes<sub<float>>("sub{,.rn}.f32"),
                                         lanes<sub<double>>("sub{,.rn}.f64"),
                                         lanes<mul<float>>("mul{,.rn}.f32"),
                                         lanes<mul<double>>("mul{,.rn}.f64"),
                                         lanes<addSat>("add{,.rn}.sat.f32"),
                                         lanes<subSat>("sub{,.rn}.sat.f32"),
                                         lanes<mulSat>("mul{,.rn}.sat.f32"),
                                         lanes<div<float>>("div.{rn,approx,full}.f32"),
                                         lanes<div<double>>("div.rn.f64"),
                                         multiplyAdd<fma32>("fma.rn.f32"),
                                         multiplyAdd<fma32>("mad.rn.f32"),
                                         multiplyAdd<fmaSat>("fma.rn.sat.f32"),
                                         multiplyAdd<fma64>("fma.rn.f64"),
                                         multiplyAdd<fma64>("mad.rn.f64"),
                                         lanes<reciprocal<float>>("rcp.{rn,approx}.f32"),
                                         lanes<reciprocal<double>>("rcp.rn.f64"),
                                         lanes<reciprocal<double>>("rcp.approx.ftz.f64"),
                                         lanes<root32>("sqrt.{rn,approx}.f32"),
                                         lanes<root64>("sqrt.rn.f64"),
                                         lanes<reciprocalRoot32>("rsqrt.approx.f32"),
                                         lanes<reciprocalRoot64>("rsqrt.approx.f64"),
                                         lanes<neg32>("neg.f32"),
                                         lanes<neg64>("neg.f64"),
                                         lanes<abs32>("abs.f32"),
                                         lanes<abs64>("abs.f64"),
                                         lanes<copysign32>("copysign.f32"),
                                         lanes<copysign64>("copysign.f64"),
                                     });
  table.add(InstructionClass::Float,
            {
                lanes<minimum<float>>("min.f32"),
                lanes<minimum<double>>("min.f64"),
                lanes<maximum<float>>("max.f32"),
                lanes<maximum<double>>("max.f64"),
                lanes<minimumNan<float>>("min.NaN.f32"),
                lanes<maximumNan<float>>("max.NaN.f32"),
                lanes<xorsignAbs<minimum<float>>>("min.xorsign.abs.f32"),
                lanes<xorsignAbs<maximum<float>>>("max.xorsign.abs.f32"),
                lanes<xorsignAbs<minimumNan<float>>>("min.NaN.xorsign.abs.f32"),
                lanes<xorsignAbs<maximumNan<float>>>("max.NaN.xorsign.abs.f32"),
                lanes<exp2Approx>("ex2.approx{,.ftz}.f32"),
                lanes<log2Approx>("lg2.approx{,.ftz}.f32"),
                lanes<sinApprox>("sin.approx{,.ftz}.f32"),
                lanes<cosApprox>("cos.approx{,.ftz}.f32"),
                lanes<tanhApprox>("tanh.approx.f32"),
                lanes<isKind<float, kFinite>>("testp.finite.f32"),
                lanes<isKind<double, kFinite>>("testp.finite.f64"),
                lanes<isKind<float, kInf>>("testp.infinite.f32"),
                lanes<isKind<double, kInf>>("testp.infinite.f64"),
                lanes<isKind<float, kFinite | kInf>>("testp.number.f32"),
                lanes<isKind<double, kFinite | kInf>>("testp.number.f64"),
                lanes<isKind<float, kNan>>("testp.notanumber.f32"),
                lanes<isKind<double, kNan>>("testp.notanumber.f64"),
            });
}
