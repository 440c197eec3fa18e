//===- Formulas.cpp - What ONNX's activations compute ---------------------===//

#include "lowering/onnx/Formulas.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace moe::formula {
namespace {

/// A constant of the type of `like`.
Value constant(Builder &b, Value like, double value) { return number(b, like.getType(), value); }
Value add(Builder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value mul(Builder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }

Value ifNegative(Builder &b, Value x, Value then, Value otherwise) {
  Value negative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, constant(b, x, 0.0));
  return arith::SelectOp::create(b, negative, then, otherwise);
}

} // namespace

Value number(Builder &b, Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value relu(Builder &b, Value x) { return arith::MaximumFOp::create(b, x, constant(b, x, 0.0)); }

Value leakyRelu(Builder &b, Value x, double alpha) {
  return ifNegative(b, x, mul(b, x, constant(b, x, alpha)), x);
}

Value elu(Builder &b, Value x, double alpha) {
  Value power = math::ExpM1Op::create(b, x);
  return ifNegative(b, x, mul(b, constant(b, x, alpha), power), x);
}

Value celu(Builder &b, Value x, double alpha) {
  Value scale = constant(b, x, alpha);
  Value power = math::ExpM1Op::create(b, arith::DivFOp::create(b, x, scale));
  return ifNegative(b, x, mul(b, scale, power), x);
}

Value selu(Builder &b, Value x, double alpha, double gamma) {
  return mul(b, constant(b, x, gamma), elu(b, x, alpha));
}

Value prelu(Builder &b, Value x, Value slope) { return ifNegative(b, x, mul(b, slope, x), x); }

Value thresholdedRelu(Builder &b, Value x, double alpha) {
  Value below = arith::CmpFOp::create(b, arith::CmpFPredicate::OLE, x, constant(b, x, alpha));
  return arith::SelectOp::create(b, below, constant(b, x, 0.0), x);
}

Value softsign(Builder &b, Value x) {
  Value size = math::AbsFOp::create(b, x);
  return arith::DivFOp::create(b, x, add(b, constant(b, x, 1.0), size));
}

Value sigmoid(Builder &b, Value x) {
  Value one = constant(b, x, 1.0);
  Value power = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, one, add(b, one, power));
}

Value swish(Builder &b, Value x, double alpha) {
  Value inner = alpha == 1.0 ? x : mul(b, x, constant(b, x, alpha));
  return mul(b, x, sigmoid(b, inner));
}

Value hardSigmoid(Builder &b, Value x, double alpha, double beta) {
  Value line = add(b, mul(b, x, constant(b, x, alpha)), constant(b, x, beta));
  Value positive = arith::MaximumFOp::create(b, line, constant(b, x, 0.0));
  return arith::MinimumFOp::create(b, positive, constant(b, x, 1.0));
}

Value hardSwish(Builder &b, Value x) { return mul(b, x, hardSigmoid(b, x, 1.0 / 6.0, 0.5)); }

Value softplus(Builder &b, Value x) {
  Value away = arith::NegFOp::create(b, math::AbsFOp::create(b, x));
  Value tail = math::Log1pOp::create(b, math::ExpOp::create(b, away));
  return add(b, relu(b, x), tail);
}

Value mish(Builder &b, Value x) { return mul(b, x, math::TanhOp::create(b, softplus(b, x))); }

Value geluErf(Builder &b, Value x) {
  Value erf = math::ErfOp::create(b, mul(b, x, constant(b, x, 0.70710678118654752440)));
  return mul(b, mul(b, x, constant(b, x, 0.5)), add(b, erf, constant(b, x, 1.0)));
}

Value geluTanh(Builder &b, Value x) {
  Value cube = mul(b, mul(b, x, x), x);
  Value inner = add(b, x, mul(b, cube, constant(b, x, 0.044715)));
  Value root = constant(b, x, 0.79788456080286535588);
  Value tanh = math::TanhOp::create(b, mul(b, inner, root));
  return mul(b, mul(b, x, constant(b, x, 0.5)), add(b, tanh, constant(b, x, 1.0)));
}

Value gelu(Builder &b, Value x, StringRef approximate) {
  return approximate == "tanh" ? geluTanh(b, x) : geluErf(b, x);
}

} // namespace moe::formula
