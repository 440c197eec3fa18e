//===- SmallFloats.cpp - Floats of a byte or less -------------------------===//

#include "lowering/onnx/convert/SmallFloats.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
using P = arith::CmpIPredicate;

/// A float type by its bits: sign, exponent, mantissa from the top.
struct BitLayout {
  const llvm::fltSemantics &semantics;
  unsigned width, mantissa;
  int minExponent;

  explicit BitLayout(FloatType type)
      : semantics(type.getFloatSemantics()), width(type.getWidth()),
        mantissa(APFloat::semanticsPrecision(semantics) - 1),
        minExponent(APFloat::semanticsMinExponent(semantics)) {}

  bool hasInfinity() const { return APFloat::semanticsHasInf(semantics); }
  bool hasNaN() const { return APFloat::semanticsHasNaN(semantics); }
  /// The one zero has no sign, and the bits of a negative zero are NaN.
  bool hasOneZero() const { return !APFloat::getZero(semantics, true).isNegative(); }
  int64_t code(const APFloat &number) const { return number.bitcastToAPInt().getZExtValue(); }
  int64_t largest() const { return code(APFloat::getLargest(semantics)); }
  int64_t infinity() const { return code(APFloat::getInf(semantics)); }
  int64_t nan() const { return code(APFloat::getNaN(semantics)); }
};

/// Arithmetic on one integer type.
struct Bits {
  Node &n;
  Type type;

  Value number(int64_t value) const { return integer(n, type, value); }
  Value add(Value a, Value b) const { return arith::AddIOp::create(n, a, b); }
  Value add(Value a, int64_t b) const { return b ? add(a, number(b)) : a; }
  Value both(Value a, int64_t b) const { return arith::AndIOp::create(n, a, number(b)); }
  Value either(Value a, Value b) const { return arith::OrIOp::create(n, a, b); }
  Value left(Value a, int64_t by) const { return arith::ShLIOp::create(n, a, number(by)); }
  Value right(Value a, int64_t by) const { return arith::ShRUIOp::create(n, a, number(by)); }
  Value compare(P predicate, Value a, int64_t b) const {
    return arith::CmpIOp::create(n, predicate, a, number(b));
  }
  Value select(Value condition, Value a, Value b) const {
    return arith::SelectOp::create(n, condition, a, b);
  }
  Value as(Type other, Value a) const { return arith::BitcastOp::create(n, other, a); }
};

/// float8e8m0: a power of two, without sign and zero.
Value decodePower(const Bits &b, Value code, Type f32) {
  // 2^-127 is too small for a normal f32.
  Value bits = b.select(b.compare(P::eq, code, 0), b.number(0x400000), b.left(code, 23));
  return b.as(f32, b.select(b.compare(P::eq, code, 255), b.number(0x7fc00000), bits));
}

Value encodePower(const Bits &b, Value x, StringRef mode) {
  Value bits = b.as(b.type, x), exponent = b.both(b.right(bits, 23), 255);
  Value special = b.compare(P::eq, exponent, 255), rest = b.both(bits, 0x7fffff);
  Value more;
  if (mode == "up")
    more = b.compare(P::ne, rest, 0);
  else if (mode == "nearest")
    // Halves go up, but from the least of all numbers only with something behind.
    more = b.select(b.compare(P::eq, exponent, 0), b.compare(P::ugt, rest, 0x400000),
                    b.compare(P::uge, rest, 0x400000));
  Value code = exponent;
  if (more) {
    Value fits = b.compare(P::ult, exponent, 254);
    Value steps = arith::AndIOp::create(b.n, more, fits);
    code = b.add(code, arith::ExtUIOp::create(b.n, b.type, steps));
  }
  return b.select(special, b.number(255), code);
}

/// The bits of |x| and whether it is beyond the largest number, an infinity or NaN; for these the
/// bits are those of 0.
std::pair<Value, Value> roundMagnitude(const Bits &b, Value x, const BitLayout &layout) {
  auto real = cast<FloatType>(x.getType());
  BitLayout wide(real);
  int64_t bias = 1 - wide.minExponent, fraction = wide.mantissa;
  Value limit =
      scalar(b.n, real, std::ldexp(1.0, APFloat::semanticsMaxExponent(layout.semantics) + 1));
  Value size = math::AbsFOp::create(b.n, x);
  Value inside = arith::CmpFOp::create(b.n, arith::CmpFPredicate::OLT, size, limit);
  size = arith::SelectOp::create(b.n, inside, size, scalar(b.n, real, 0));
  Value exponent = b.add(b.right(b.as(b.type, size), fraction), -bias);
  exponent = arith::MaxSIOp::create(b.n, exponent, b.number(layout.minExponent));
  // Counted in the last place of the small type: exact, for it is a power of two.
  Value inverse = arith::SubIOp::create(b.n, b.number(layout.mantissa + bias), exponent);
  Value places = arith::MulFOp::create(b.n, size, b.as(real, b.left(inverse, fraction)));
  Value whole = arith::FPToSIOp::create(b.n, b.type, math::RoundEvenOp::create(b.n, places));
  Value code = b.add(b.left(b.add(exponent, -layout.minExponent), layout.mantissa), whole);
  Value above = b.compare(P::sgt, code, layout.largest());
  Value outside = arith::XOrIOp::create(b.n, inside, integer(b.n, b.n.getI1Type(), 1));
  return {code, arith::OrIOp::create(b.n, above, outside)};
}
} // namespace

Value convert::decodeSmall(Node &n, Value code, FloatType type) {
  BitLayout layout(type);
  Type f32 = n.getF32Type();
  Bits b{n, n.getI32Type()};
  Value bits = arith::ExtUIOp::create(n, b.type, code);
  if (layout.mantissa == 0)
    return decodePower(b, bits, f32);
  int64_t signBit = int64_t(1) << (layout.width - 1);
  Value magnitude = b.both(bits, signBit - 1);
  // Shifted into place, the exponent is off by the difference of the biases; below the least normal
  // number the mantissa is a plain number.
  int64_t difference = 126 + layout.minExponent;
  Value normal = b.as(f32, b.add(b.left(magnitude, 23 - layout.mantissa), difference << 23));
  Value plain = arith::MulFOp::create(
      n, arith::SIToFPOp::create(n, f32, magnitude),
      scalar(n, f32, std::ldexp(1.0, layout.minExponent - int(layout.mantissa))));
  Value isNormal = b.compare(P::uge, magnitude, int64_t(1) << layout.mantissa);
  Value result = b.as(b.type, b.select(isNormal, normal, plain));
  if (layout.hasInfinity())
    result = b.select(b.compare(P::eq, magnitude, layout.infinity()), b.number(0x7f800000), result);
  Value sign = b.left(b.both(bits, signBit), 32 - layout.width);
  result = b.either(result, sign);
  if (layout.hasNaN()) {
    Value isNaN = layout.hasOneZero()    ? b.compare(P::eq, bits, signBit)
                  : layout.hasInfinity() ? b.compare(P::ugt, magnitude, layout.infinity())
                                         : b.compare(P::eq, magnitude, signBit - 1);
    result = b.select(isNaN, b.number(0x7fc00000), result);
  }
  return b.as(f32, result);
}

Value convert::encodeSmall(Node &n, Value x, FloatType type, SmallRounding rounding) {
  BitLayout layout(type);
  auto real = cast<FloatType>(x.getType());
  Bits b{n, n.getIntegerType(real.getWidth())};
  if (layout.mantissa == 0) {
    if (real.isF64())
      x = arith::TruncFOp::create(n, n.getF32Type(), x);
    Bits narrow{n, n.getI32Type()};
    return arith::TruncIOp::create(n, n.getI8Type(), encodePower(narrow, x, rounding.mode));
  }
  auto [code, beyond] = roundMagnitude(b, x, layout);
  bool saturates = rounding.saturate || !layout.hasNaN();
  int64_t last = layout.largest();
  if (!saturates)
    last = layout.hasInfinity() ? layout.infinity() : layout.nan();
  code = b.select(beyond, b.number(last), code);
  int64_t signBit = int64_t(1) << (layout.width - 1);
  Value sign = b.both(b.right(b.as(b.type, x), real.getWidth() - layout.width), signBit);
  Value result = b.either(code, sign);
  if (layout.hasOneZero())
    result = b.select(b.compare(P::eq, code, 0), code, result);
  // Without a NaN of its own, a type gets its negative zero, as ONNX's reference has it.
  Value isNaN = arith::CmpFOp::create(n, arith::CmpFPredicate::UNO, x, x);
  result = b.select(isNaN, b.number(layout.hasNaN() ? layout.nan() : signBit), result);
  return arith::TruncIOp::create(n, n.getI8Type(), result);
}
