//===- ScalarMath.cpp - Elementwise operators of expert bodies ------------===//

#include "lowering/onnx/raise/ScalarMath.h"
#include "lowering/onnx/Formulas.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace moe::raise {
namespace {

using Builder = ImplicitLocOpBuilder;
using Args = ArrayRef<Value>;

double number(DictionaryAttr attributes, StringRef key, double otherwise) {
  auto value = attributes ? attributes.getAs<FloatAttr>(key) : FloatAttr();
  return value ? value.getValueAsDouble() : otherwise;
}

Value mul(Builder &b, Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value constant(Builder &b, Value like, double value) {
  return formula::number(b, like.getType(), value);
}

template <typename Op> Value unary(Builder &b, Args args, DictionaryAttr) {
  return Op::create(b, args[0]);
}
template <typename Op> Value binary(Builder &b, Args args, DictionaryAttr) {
  return Op::create(b, args[0], args[1]);
}

/// Formulas without attributes.
template <Value (*fn)(Builder &, Value)> Value plain(Builder &b, Args args, DictionaryAttr) {
  return fn(b, args[0]);
}

/// Formulas with an `alpha`, in thousandths where the node leaves it out.
template <Value (*fn)(Builder &, Value, double), int defaultThousandths>
Value withAlpha(Builder &b, Args args, DictionaryAttr attributes) {
  return fn(b, args[0], number(attributes, "alpha", defaultThousandths / 1000.0));
}

Value gelu(Builder &b, Args args, DictionaryAttr attributes) {
  auto form = attributes.getAs<StringAttr>("approximate");
  return formula::gelu(b, args[0], form ? form.getValue() : "none");
}

/// Forms of GELU that may add a bias before.
template <Value (*fn)(Builder &, Value)> Value biased(Builder &b, Args args, DictionaryAttr) {
  bool hasBias = args.size() > 1 && args[1];
  return fn(b, hasBias ? arith::AddFOp::create(b, args[0], args[1]).getResult() : args[0]);
}

Value selu(Builder &b, Args args, DictionaryAttr attributes) {
  return formula::selu(b, args[0], number(attributes, "alpha", formula::kSeluAlpha),
                       number(attributes, "gamma", formula::kSeluGamma));
}

Value prelu(Builder &b, Args args, DictionaryAttr) { return formula::prelu(b, args[0], args[1]); }

Value hardSigmoid(Builder &b, Args args, DictionaryAttr attributes) {
  return formula::hardSigmoid(b, args[0], number(attributes, "alpha", 0.2),
                              number(attributes, "beta", 0.5));
}

/// Zeros and NaN are their own.
Value sign(Builder &b, Args args, DictionaryAttr) {
  Value zero = constant(b, args[0], 0.0), one = constant(b, args[0], 1.0);
  Value ordered = arith::CmpFOp::create(b, arith::CmpFPredicate::ONE, args[0], zero);
  return arith::SelectOp::create(b, ordered, math::CopySignOp::create(b, one, args[0]), args[0]);
}

Value reciprocal(Builder &b, Args args, DictionaryAttr) {
  return arith::DivFOp::create(b, constant(b, args[0], 1.0), args[0]);
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
    {"BiasGelu", "com.microsoft", 2, 2, biased<formula::geluErf>},
    {"Ceil", "", 1, 1, unary<math::CeilOp>},
    {"Celu", "", 1, 1, withAlpha<formula::celu, 1000>},
    {"Clip", "", 1, 3, clip},
    {"Cos", "", 1, 1, unary<math::CosOp>},
    {"Div", "", 2, 2, binary<arith::DivFOp>},
    {"Elu", "", 1, 1, withAlpha<formula::elu, 1000>},
    {"Erf", "", 1, 1, unary<math::ErfOp>},
    {"Exp", "", 1, 1, unary<math::ExpOp>},
    {"FastGelu", "com.microsoft", 1, 2, biased<formula::geluTanh>},
    {"Floor", "", 1, 1, unary<math::FloorOp>},
    {"Gelu", "", 1, 1, gelu},
    {"Gelu", "com.microsoft", 1, 1, gelu},
    {"HardSigmoid", "", 1, 1, hardSigmoid},
    {"HardSwish", "", 1, 1, plain<formula::hardSwish>},
    {"LeakyRelu", "", 1, 1, withAlpha<formula::leakyRelu, 10>},
    {"Log", "", 1, 1, unary<math::LogOp>},
    {"Max", "", 2, 2, binary<arith::MaximumFOp>},
    {"Min", "", 2, 2, binary<arith::MinimumFOp>},
    {"Mish", "", 1, 1, plain<formula::mish>},
    {"Mul", "", 2, 2, binary<arith::MulFOp>},
    {"Neg", "", 1, 1, unary<arith::NegFOp>},
    {"PRelu", "", 2, 2, prelu},
    {"Pow", "", 2, 2, pow},
    {"QuickGelu", "com.microsoft", 1, 1, withAlpha<formula::swish, 1702>},
    {"Reciprocal", "", 1, 1, reciprocal},
    {"Relu", "", 1, 1, plain<formula::relu>},
    {"Selu", "", 1, 1, selu},
    {"Sigmoid", "", 1, 1, plain<formula::sigmoid>},
    {"Sign", "", 1, 1, sign},
    {"Sin", "", 1, 1, unary<math::SinOp>},
    {"Softplus", "", 1, 1, plain<formula::softplus>},
    {"Softsign", "", 1, 1, plain<formula::softsign>},
    {"Sqrt", "", 1, 1, unary<math::SqrtOp>},
    {"Sub", "", 2, 2, binary<arith::SubFOp>},
    {"Sum", "", 2, 2, binary<arith::AddFOp>},
    {"Swish", "", 1, 1, withAlpha<formula::swish, 1000>},
    {"Tanh", "", 1, 1, unary<math::TanhOp>},
    {"ThresholdedRelu", "", 1, 1, withAlpha<formula::thresholdedRelu, 1000>},
    {"ThresholdedRelu", "", 1, 1, withAlpha<formula::thresholdedRelu, 1000>},
};

} // namespace

const ElementwiseOperator *findElementwise(StringRef op, StringRef domain) {
  auto row = llvm::find_if(
      rows, [&](const ElementwiseOperator &row) { return row.op == op && row.domain == domain; });
  return row == std::end(rows) ? nullptr : row;
}

} // namespace moe::raise
