//===- Formulas.h - What ONNX's activations compute -------------*- C++ -*-===//
//
// Written once, for expert bodies (raise/) and for nodes between layers (convert/): on scalars of
// one float type, f16 and bf16 widened before.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_FORMULAS_H
#define MOE_LOWERING_ONNX_FORMULAS_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::formula {

using Builder = mlir::ImplicitLocOpBuilder;
using mlir::Value;

/// A float constant.
Value number(Builder &b, mlir::Type type, double value);

/// max(x, 0).
Value relu(Builder &b, Value x);
/// x, or alpha * x where x is negative.
Value leakyRelu(Builder &b, Value x, double alpha);
/// x, or alpha * (exp(x) - 1) where x is negative.
Value elu(Builder &b, Value x, double alpha);
/// x, or alpha * (exp(x / alpha) - 1) where x is negative.
Value celu(Builder &b, Value x, double alpha);
/// gamma * x, or gamma * alpha * (exp(x) - 1) where x is negative.
Value selu(Builder &b, Value x, double alpha, double gamma);
/// x, or slope * x where x is negative.
Value prelu(Builder &b, Value x, Value slope);
/// x, or 0 where x is not above alpha. NaN stays what it is.
Value thresholdedRelu(Builder &b, Value x, double alpha);
/// x / (1 + |x|).
Value softsign(Builder &b, Value x);
/// 1 / (1 + exp(-x)).
Value sigmoid(Builder &b, Value x);
/// x * sigmoid(alpha * x).
Value swish(Builder &b, Value x, double alpha);
/// alpha * x + beta, cut to 0 and 1.
Value hardSigmoid(Builder &b, Value x, double alpha, double beta);
/// x * hardSigmoid(x) with alpha 1/6 and beta 1/2.
Value hardSwish(Builder &b, Value x);
/// log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|)), which does not overflow.
Value softplus(Builder &b, Value x);
/// x * tanh(softplus(x)).
Value mish(Builder &b, Value x);
/// x / 2 * (1 + erf(x / sqrt(2))).
Value geluErf(Builder &b, Value x);
/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
Value geluTanh(Builder &b, Value x);
/// What `approximate` of ONNX's Gelu asks for.
Value gelu(Builder &b, Value x, llvm::StringRef approximate);

/// The defaults of Selu's alpha and gamma: the f32 numbers that the specification gives.
inline constexpr double kSeluAlpha = 1.67326319217681884765625;
inline constexpr double kSeluGamma = 1.05070102214813232421875;

} // namespace moe::formula

#endif // MOE_LOWERING_ONNX_FORMULAS_H
