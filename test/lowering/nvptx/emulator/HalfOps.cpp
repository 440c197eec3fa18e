//===- HalfOps.cpp - f16, bf16 and pairs of them --------------------------===//

#include "Half.h"
#include "Lanes.h"

using namespace moe::emulator;

namespace {

template <class H> H add(H a, H b) { return fromFloat<H>(toFloat(a) + toFloat(b)); }
template <class H> H sub(H a, H b) { return fromFloat<H>(toFloat(a) - toFloat(b)); }
template <class H> H mul(H a, H b) { return fromFloat<H>(toFloat(a) * toFloat(b)); }
template <class H> H neg(H a) { return {static_cast<uint16_t>(a.bits ^ 0x8000)}; }
template <class H> H absolute(H a) { return {static_cast<uint16_t>(a.bits & 0x7FFF)}; }
bool isNan(F16 a) { return moe::emulator::isNan(toFloat(a)); }
bool isNan(BF16 a) { return moe::emulator::isNan(toFloat(a)); }

template <class H> H fmaRelu(H a, H b, H c) {
  H sum = fmaHalf(a, b, c);
  return isNan(sum) ? H{kNan16} : sum.bits & 0x8000 ? H{0} : sum;
}
template <class H> H saturate(H a) {
  float value = toFloat(a);
  return fromFloat<H>(value > 0 ? (value < 1 ? value : 1.0f) : 0.0f);
}
template <class H> H addSat(H a, H b) { return saturate(add(a, b)); }
template <class H> H subSat(H a, H b) { return saturate(sub(a, b)); }
template <class H> H mulSat(H a, H b) { return saturate(mul(a, b)); }
template <class H> H fmaSat(H a, H b, H c) { return saturate(fmaHalf(a, b, c)); }

/// NaN gives way to a number, and -0 is less than +0.
template <class H, bool Largest> H extreme(H a, H b) {
  if (isNan(a))
    return isNan(b) ? H{kNan16} : b;
  if (isNan(b))
    return a;
  float x = toFloat(a), y = toFloat(b);
  if (x == y)
    return (a.bits & 0x8000) == (Largest ? 0 : 0x8000) ? a : b;
  return (x > y) == Largest ? a : b;
}
template <class H, bool Largest> H extremeNan(H a, H b) {
  return isNan(a) || isNan(b) ? H{kNan16} : extreme<H, Largest>(a, b);
}
F16 exp2F16(F16 a) { return toF16(std::exp2(toFloat(a))); }
BF16 exp2BF16(BF16 a) { return toBF16(std::exp2(toFloat(a))); }
F16 tanhF16(F16 a) { return toF16(std::tanh(toFloat(a))); }
BF16 tanhBF16(BF16 a) { return toBF16(std::tanh(toFloat(a))); }

/// The same on both halves of a register.
template <class H> H low(uint32_t a) { return {static_cast<uint16_t>(a)}; }
template <class H> H high(uint32_t a) { return {static_cast<uint16_t>(a >> 16)}; }
template <class H> uint32_t pair(H a, H b) { return uint32_t(b.bits) << 16 | a.bits; }
template <class H, auto F> uint32_t both1(uint32_t a) { return pair(F(low<H>(a)), F(high<H>(a))); }
template <class H, auto F> uint32_t both2(uint32_t a, uint32_t b) {
  return pair(F(low<H>(a), low<H>(b)), F(high<H>(a), high<H>(b)));
}
template <class H, auto F> uint32_t both3(uint32_t a, uint32_t b, uint32_t c) {
  return pair(F(low<H>(a), low<H>(b), low<H>(c)), F(high<H>(a), high<H>(b), high<H>(c)));
}

/// `type` is "f16" or "bf16"; each row is once for one half and once for two.
template <class H> class HalfRows {
public:
  explicit HalfRows(std::string type) : type(std::move(type)) {
    unary<neg<H>>("neg");
    unary<absolute<H>>("abs");
    binary<add<H>>("add{,.rn}");
    binary<sub<H>>("sub{,.rn}");
    binary<mul<H>>("mul{,.rn}");
    binary<addSat<H>>("add{,.rn}.sat");
    binary<subSat<H>>("sub{,.rn}.sat");
    binary<mulSat<H>>("mul{,.rn}.sat");
    binary<extreme<H, false>>("min");
    binary<extreme<H, true>>("max");
    binary<extremeNan<H, false>>("min.NaN");
    binary<extremeNan<H, true>>("max.NaN");
    ternary<fmaHalf<H>>("fma.rn");
    ternary<fmaRelu<H>>("fma.rn.relu");
    ternary<fmaSat<H>>("fma.rn.sat");
  }
  std::vector<Row> rows;

private:
  std::string one(const char *name) { return name + ("." + type); }
  std::string two(const char *name) { return one(name) + "x2"; }
  template <auto F> void unary(const char *name) {
    rows.push_back(lanes<F>(one(name).c_str()));
    rows.push_back(lanes<both1<H, F>>(two(name).c_str()));
  }
  template <auto F> void binary(const char *name) {
    rows.push_back(lanes<F>(one(name).c_str()));
    rows.push_back(lanes<both2<H, F>>(two(name).c_str()));
  }
  template <auto F> void ternary(const char *name) {
    rows.push_back(multiplyAdd<F>(one(name).c_str()));
    rows.push_back(multiplyAdd<both3<H, F>>(two(name).c_str(), 2));
  }
  std::string type;
};

} // namespace

void moe::emulator::addHalfRows(InstructionTable &table) {
  table.add(InstructionClass::Float, std::move(HalfRows<F16>("f16").rows));
  table.add(InstructionClass::Float, std::move(HalfRows<BF16>("bf16").rows));
  table.add(InstructionClass::Float, {
                                         lanes<exp2F16>("ex2.approx.f16"),
                                         lanes<both1<F16, exp2F16>>("ex2.approx.f16x2"),
                                         lanes<exp2BF16>("ex2.approx.ftz.bf16"),
                                         lanes<both1<BF16, exp2BF16>>("ex2.approx.ftz.bf16x2"),
                                         lanes<tanhF16>("tanh.approx.f16"),
                                         lanes<both1<F16, tanhF16>>("tanh.approx.f16x2"),
                                         lanes<tanhBF16>("tanh.approx.bf16"),
                                         lanes<both1<BF16, tanhBF16>>("tanh.approx.bf16x2"),
                                     });
}
