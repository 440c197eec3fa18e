//===- MathCode.cpp - Formulas as C++ expressions -------------------------===//

#include "lowering/math/MathCode.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

/// `element` in the shape of `like`.
static Type shapedLike(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

static Value constantOf(ImplicitLocOpBuilder &builder, Type type, Attribute element) {
  if (auto vector = dyn_cast<VectorType>(type))
    return arith::ConstantOp::create(builder, vector, DenseElementsAttr::get(vector, element));
  return arith::ConstantOp::create(builder, type, cast<TypedAttr>(element));
}

template <typename Op, typename T> static T binary(T a, T b) {
  return {a.builder, Op::create(*a.builder, a.value, b.value)};
}

Truth moe::operator&(Truth a, Truth b) { return binary<arith::AndIOp>(a, b); }
Truth moe::operator|(Truth a, Truth b) { return binary<arith::OrIOp>(a, b); }

Bits Bits::constant(int64_t number) const {
  Type type = value.getType();
  auto element = IntegerAttr::get(getElementTypeOrSelf(type),
                                  APInt(getElementTypeOrSelf(type).getIntOrFloatBitWidth(),
                                        static_cast<uint64_t>(number),
                                        /*isSigned=*/true, /*implicitTrunc=*/true));
  return {builder, constantOf(*builder, type, element)};
}
Bits moe::operator+(Bits a, Bits b) { return binary<arith::AddIOp>(a, b); }
Bits moe::operator-(Bits a, Bits b) { return binary<arith::SubIOp>(a, b); }
Bits moe::operator&(Bits a, Bits b) { return binary<arith::AndIOp>(a, b); }
Bits moe::operator|(Bits a, Bits b) { return binary<arith::OrIOp>(a, b); }
Bits moe::shiftLeft(Bits a, int64_t count) { return binary<arith::ShLIOp>(a, a.constant(count)); }
Bits moe::shiftRight(Bits a, int64_t count) { return binary<arith::ShRSIOp>(a, a.constant(count)); }
Bits moe::shiftRightLogical(Bits a, int64_t count) {
  return binary<arith::ShRUIOp>(a, a.constant(count));
}
Truth moe::equal(Bits a, int64_t b) {
  return {a.builder, arith::CmpIOp::create(*a.builder, arith::CmpIPredicate::eq, a.value,
                                           a.constant(b).value)};
}

Number Number::constant(double number) const {
  auto element = FloatAttr::get(getElementTypeOrSelf(value.getType()), number);
  return {builder, constantOf(*builder, value.getType(), element)};
}
bool Number::isDouble() const { return getElementTypeOrSelf(value.getType()).isF64(); }

Number moe::operator+(Number a, Number b) { return binary<arith::AddFOp>(a, b); }
Number moe::operator-(Number a, Number b) { return binary<arith::SubFOp>(a, b); }
Number moe::operator*(Number a, Number b) { return binary<arith::MulFOp>(a, b); }
Number moe::operator/(Number a, Number b) { return binary<arith::DivFOp>(a, b); }
Number moe::operator-(Number a) { return {a.builder, arith::NegFOp::create(*a.builder, a.value)}; }

Number moe::fma(Number a, Number b, Number c) {
  return {a.builder, math::FmaOp::create(*a.builder, a.value, b.value, c.value)};
}
Number moe::sqrt(Number a) { return {a.builder, math::SqrtOp::create(*a.builder, a.value)}; }
Number moe::abs(Number a) { return {a.builder, math::AbsFOp::create(*a.builder, a.value)}; }
Number moe::copySign(Number magnitude, Number sign) {
  return binary<math::CopySignOp>(magnitude, sign);
}
Number moe::truncate(Number a) { return {a.builder, math::TruncOp::create(*a.builder, a.value)}; }
Number moe::select(Truth condition, Number a, Number b) {
  return {a.builder, arith::SelectOp::create(*a.builder, condition.value, a.value, b.value)};
}

static Truth compare(arith::CmpFPredicate predicate, Number a, Number b) {
  return {a.builder, arith::CmpFOp::create(*a.builder, predicate, a.value, b.value)};
}
Truth moe::less(Number a, Number b) { return compare(arith::CmpFPredicate::OLT, a, b); }
Truth moe::equal(Number a, Number b) { return compare(arith::CmpFPredicate::OEQ, a, b); }
Truth moe::isNan(Number a) { return compare(arith::CmpFPredicate::UNO, a, a); }

Number moe::clamp(Number a, double low, double high) {
  Number top = select(less(high, a), a.constant(high), a);
  return select(less(top, low), a.constant(low), top);
}

Bits moe::bitsOf(Number a) {
  Type integer = IntegerType::get(a.builder->getContext(), a.isDouble() ? 64 : 32);
  return {a.builder,
          arith::BitcastOp::create(*a.builder, shapedLike(a.value.getType(), integer), a.value)};
}
Number moe::numberOf(Bits bits, Number like) {
  return {bits.builder, arith::BitcastOp::create(*bits.builder, like.value.getType(), bits.value)};
}

Number moe::polynomial(Number x, llvm::ArrayRef<double> coefficients) {
  Number sum = x.constant(coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    sum = fma(sum, x, x.constant(coefficient));
  return sum;
}

Number moe::log1pBy(Number (*log)(Number), Number x) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Number sum = x + 1.0;
  // What rounding took from 1 + x, put back in first order.
  Number lost = select(less(1.0, x), 1.0 - (sum - x), x - (sum - 1.0));
  Number correction = select(less(abs(x), kInfinity), lost / sum, x.constant(0.0));
  Number result = log(sum) + correction;
  result = select(equal(sum, 0.0), x.constant(-kInfinity), result);
  return select(equal(sum, 1.0), x, result);
}

Number moe::powerOfTwo(Bits n, Number like) {
  int64_t bias = like.isDouble() ? 1023 : 127;
  return numberOf(shiftLeft(n + bias, like.isDouble() ? 52 : 23), like);
}

Nearest moe::nearestMultiple(Number x, double factor) {
  // Added to 1.5 * 2^(mantissa bits), a number is rounded to an integer that stands in the low
  // bits.
  double magic = x.isDouble() ? 0x1.8p52 : 0x1.8p23;
  Number sum = fma(x, x.constant(factor), x.constant(magic));
  return {sum - magic, bitsOf(sum) - bitsOf(x.constant(magic))};
}

Number moe::toDouble(Number a) {
  Type type = shapedLike(a.value.getType(), Float64Type::get(a.builder->getContext()));
  return {a.builder, arith::ExtFOp::create(*a.builder, type, a.value)};
}
Number moe::toFloat(Number a) {
  Type type = shapedLike(a.value.getType(), Float32Type::get(a.builder->getContext()));
  return {a.builder, arith::TruncFOp::create(*a.builder, type, a.value)};
}
