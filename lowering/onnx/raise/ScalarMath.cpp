//===- ScalarMath.cpp - Elementwise operators of expert bodies ------------===//

#include "lowering/onnx/raise/ScalarMath.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {
namespace {

using Builder = ImplicitLocOpBuilder;
using Args = ArrayRef<Value>;

double number(DictionaryAttr attributes, StringRef key, double otherwise) {
  auto value = attributes ? attributes.getAs<FloatAttr>(key) : FloatAttr();
  return value ? value.getValueAsDouble() : otherwise;
}

Value add(Builder &b, Value x, Value y) { return arith::AddFOp::create(b, x, y); }
Value mul(Builder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value constant(Builder &b, Value like, double value) {
  return scalarConstant(b, like.getType(), value);
}

template <typename Op> Value unary(Builder &b, Args args, DictionaryAttr) {
  return Op::create(b, args[0]);
}
template <typename Op> Value binary(Builder &b, Args args, DictionaryAttr) {
  return Op::create(b, args[0], args[1]);
}

Value relu(Builder &b, Args args, DictionaryAttr) {
  return arith::MaximumFOp::create(b, args[0], constant(b, args[0], 0.0));
}

Value sigmoidFormula(Builder &b, Args args, DictionaryAttr) { return sigmoid(b, args[0]); }

Value gelu(Builder &b, Args args, DictionaryAttr attributes) {
  auto form = attributes.getAs<StringAttr>("approximate");
  return form && form.getValue() == "tanh" ? geluTanh(b, args[0]) : geluErf(b, args[0]);
}

/// Swish (opset 24) and com.microsoft.QuickGelu: x * sigmoid(alpha * x).
template <int defaultThousandths> Value swish(Builder &b, Args args, DictionaryAttr attributes) {
  double alpha = number(attributes, "alpha", defaultThousandths / 1000.0);
  Value inner = alpha == 1.0 ? args[0] : mul(b, args[0], constant(b, args[0], alpha));
  return mul(b, args[0], sigmoid(b, inner));
}

/// log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)), which does not overflow.
Value softplus(Builder &b, Args args, DictionaryAttr) {
  Value away = arith::NegFOp::create(b, math::AbsFOp::create(b, args[0]));
  Value tail = math::Log1pOp::create(b, math::ExpOp::create(b, away));
  return add(b, relu(b, args, {}), tail);
}

Value mish(Builder &b, Args args, DictionaryAttr) {
  return mul(b, args[0], math::TanhOp::create(b, softplus(b, args, {})));
}

Value reciprocal(Builder &b, Args args, DictionaryAttr) {
  return arith::DivFOp::create(b, constant(b, args[0], 1.0), args[0]);
}

Value leakyRelu(Builder &b, Args args, DictionaryAttr attributes) {
  Value slope = constant(b, args[0], number(attributes, "alpha", 0.01));
  Value negative =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, args[0], constant(b, args[0], 0.0));
  return arith::SelectOp::create(b, negative, mul(b, args[0], slope), args[0]);
}

Value elu(Builder &b, Args args, DictionaryAttr attributes) {
  Value alpha = constant(b, args[0], number(attributes, "alpha", 1.0));
  Value negative =
      arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, args[0], constant(b, args[0], 0.0));
  return arith::SelectOp::create(b, negative, mul(b, alpha, math::ExpM1Op::create(b, args[0])),
                                 args[0]);
}

Value ifNegative(Builder &b, Value x, Value then) {
  Value negative = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, constant(b, x, 0.0));
  return arith::SelectOp::create(b, negative, then, x);
}

Value selu(Builder &b, Args args, DictionaryAttr attributes) {
  Value x = args[0];
  Value alpha = constant(b, x, number(attributes, "alpha", 1.67326319217681884765625));
  Value gamma = constant(b, x, number(attributes, "gamma", 1.05070102214813232421875));
  return mul(b, gamma, ifNegative(b, x, mul(b, alpha, math::ExpM1Op::create(b, x))));
}

Value celu(Builder &b, Args args, DictionaryAttr attributes) {
  Value x = args[0], alpha = constant(b, x, number(attributes, "alpha", 1.0));
  Value curve = math::ExpM1Op::create(b, arith::DivFOp::create(b, x, alpha));
  return ifNegative(b, x, mul(b, alpha, curve));
}

Value prelu(Builder &b, Args args, DictionaryAttr) {
  return ifNegative(b, args[0], mul(b, args[1], args[0]));
}

Value softsign(Builder &b, Args args, DictionaryAttr) {
  Value x = args[0];
  return arith::DivFOp::create(b, x, add(b, constant(b, x, 1.0), math::AbsFOp::create(b, x)));
}

Value hardSigmoid(Builder &b, Args args, DictionaryAttr attributes) {
  Value x = args[0];
  Value line = add(b, mul(b, x, constant(b, x, number(attributes, "alpha", 0.2))),
                   constant(b, x, number(attributes, "beta", 0.5)));
  Value low = arith::MaximumFOp::create(b, line, constant(b, x, 0.0));
  return arith::MinimumFOp::create(b, low, constant(b, x, 1.0));
}

Value hardSwish(Builder &b, Args args, DictionaryAttr) {
  Value gate = add(b, mul(b, args[0], constant(b, args[0], 1.0 / 6.0)), constant(b, args[0], 0.5));
  gate = arith::MinimumFOp::create(b, arith::MaximumFOp::create(b, gate, constant(b, args[0], 0.0)),
                                   constant(b, args[0], 1.0));
  return mul(b, args[0], gate);
}

/// Bounds are operands; before opset 11 attributes.
Value clip(Builder &b, Args args, DictionaryAttr attributes) {
  auto bound = [&](unsigned index, StringRef key) -> Value {
    if (args.size() > index && args[index])
      return args[index];
    auto value = attributes.getAs<FloatAttr>(key);
    return value ? constant(b, args[0], value.getValueAsDouble()) : Value();
  };
  Value result = args[0];
  if (Value low = bound(1, "min"))
    result = arith::MaximumFOp::create(b, result, low);
  if (Value high = bound(2, "max"))
    result = arith::MinimumFOp::create(b, result, high);
  return result;
}

/// Small whole powers are products: exact, and right for negative bases.
Value pow(Builder &b, Args args, DictionaryAttr) {
  FloatAttr exponent;
  if (matchPattern(args[1], m_Constant(&exponent))) {
    double value = exponent.getValueAsDouble();
    if (value == 2.0 || value == 3.0) {
      Value square = mul(b, args[0], args[0]);
      return value == 2.0 ? square : mul(b, square, args[0]);
    }
  }
  return math::PowFOp::create(b, args[0], args[1]);
}

const ElementwiseOperator rows[] = {
    {"Abs", "", 1, 1, unary<math::AbsFOp>},
    {"Add", "", 2, 2, binary<arith::AddFOp>},
    {"Celu", "", 1, 1, celu},
    {"Clip", "", 1, 3, clip},
    {"Div", "", 2, 2, binary<arith::DivFOp>},
    {"Elu", "", 1, 1, elu},
    {"Erf", "", 1, 1, unary<math::ErfOp>},
    {"Exp", "", 1, 1, unary<math::ExpOp>},
    {"Gelu", "", 1, 1, gelu},
    {"Gelu", "com.microsoft", 1, 1, gelu},
    {"HardSigmoid", "", 1, 1, hardSigmoid},
    {"HardSwish", "", 1, 1, hardSwish},
    {"LeakyRelu", "", 1, 1, leakyRelu},
    {"Log", "", 1, 1, unary<math::LogOp>},
    {"Max", "", 2, 2, binary<arith::MaximumFOp>},
    {"Min", "", 2, 2, binary<arith::MinimumFOp>},
    {"Mish", "", 1, 1, mish},
    {"Mul", "", 2, 2, binary<arith::MulFOp>},
    {"Neg", "", 1, 1, unary<arith::NegFOp>},
    {"PRelu", "", 2, 2, prelu},
    {"Pow", "", 2, 2, pow},
    {"QuickGelu", "com.microsoft", 1, 1, swish<1702>},
    {"Reciprocal", "", 1, 1, reciprocal},
    {"Relu", "", 1, 1, relu},
    {"Selu", "", 1, 1, selu},
    {"Sigmoid", "", 1, 1, sigmoidFormula},
    {"Softplus", "", 1, 1, softplus},
    {"Softsign", "", 1, 1, softsign},
    {"Sqrt", "", 1, 1, unary<math::SqrtOp>},
    {"Sub", "", 2, 2, binary<arith::SubFOp>},
    {"Swish", "", 1, 1, swish<1000>},
    {"Tanh", "", 1, 1, unary<math::TanhOp>},
};

} // namespace

const ElementwiseOperator *findElementwise(StringRef op, StringRef domain) {
  auto row = llvm::find_if(
      rows, [&](const ElementwiseOperator &row) { return row.op == op && row.domain == domain; });
  return row == std::end(rows) ? nullptr : row;
}

Value scalarConstant(Builder &builder, Type type, double value) {
  return arith::ConstantOp::create(builder, builder.getFloatAttr(type, value));
}

Value sigmoid(Builder &b, Value x) {
  Value one = constant(b, x, 1.0);
  Value power = math::ExpOp::create(b, arith::NegFOp::create(b, x));
  return arith::DivFOp::create(b, one, add(b, one, power));
}

Value geluErf(Builder &b, Value x) {
  Value erf = math::ErfOp::create(b, mul(b, x, constant(b, x, 1.0 / llvm::numbers::sqrt2)));
  return mul(b, mul(b, x, constant(b, x, 0.5)), add(b, erf, constant(b, x, 1.0)));
}

Value geluTanh(Builder &b, Value x) {
  Value cube = mul(b, mul(b, x, x), x);
  Value inner = add(b, x, mul(b, cube, constant(b, x, 0.044715)));
  Value root = constant(b, x, llvm::numbers::sqrt2 * llvm::numbers::inv_sqrtpi);
  Value tanh = math::TanhOp::create(b, mul(b, inner, root));
  return mul(b, mul(b, x, constant(b, x, 0.5)), add(b, tanh, constant(b, x, 1.0)));
}

} // namespace moe::raise
