//===- Elementwise.cpp - Types of elementwise operators -------------------===//
//
// Operators that make one element of one element of each input: the result has the inputs' shapes
// broadcast together. Arithmetic that shapes are computed with has its numbers in Arithmetic.cpp.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// One input, its own type.
static void unary(Inference &n) {
  if (n.arity(1, 1))
    n.like(0, 0);
}

static void unaryFloat(Inference &n) {
  if (n.arity(1, 1) && n.floating(0))
    n.like(0, 0);
}

template <FloatFold fold> static void foldedFloat(Inference &n) {
  unaryFloat(n);
  foldFloats(n, fold);
}

static void binaryFloat(Inference &n) {
  if (n.arity(2, 2) && n.sameElem() && n.floating(0))
    n.result(0, n.elem(0), n.broadcast({0, 1}));
}

/// Base and exponent may differ in type; the result is the base's.
static void pow(Inference &n) {
  if (n.arity(2, 2) && n.numeric(0) && n.numeric(1))
    n.result(0, n.elem(0), n.broadcast({0, 1}));
}

static void isNumber(Inference &n) {
  if (n.arity(1, 1) && n.floating(0))
    n.result(0, IntegerType::get(n.node.getContext(), 1), n.in(0).shape);
}

static void bitwise(Inference &n) {
  if (n.arity(2, 2) && n.sameElem() && n.integral(0))
    n.result(0, n.elem(0), n.broadcast({0, 1}));
}

static void variadicFloat(Inference &n) {
  if (!n.arity(1, ~0u) || !n.sameElem() || !n.floating(0))
    return;
  n.result(0, n.elem(0), n.broadcast(llvm::to_vector(llvm::seq<unsigned>(0, n.numInputs()))));
}

/// The slope is broadcast to the first input, never the other way.
static void prelu(Inference &n) {
  if (!n.arity(2, 2) || !n.sameElem())
    return;
  n.broadcast({0, 1});
  n.like(0, 0);
}

/// The mask, the second result, has the first's shape. Ratio and training mode became inputs at 12.
static void dropout(Inference &n) {
  if (!n.arity(1, n.version() < 12 ? 1 : 3, 2) || !n.floating(0))
    return;
  std::optional<llvm::SmallVector<int64_t>> training = n.knownValues(2);
  if (n.has(2) && (!training || llvm::any_of(*training, [](int64_t on) { return on != 0; })))
    return n.unsupported("training mode");
  n.like(0, 0);
  n.result(1, IntegerType::get(n.node.getContext(), 1), n.in(0).shape);
}

/// BiasGelu: the bias is a vector along the last dimension.
static void biasGelu(Inference &n) {
  if (n.arity(2, 2) && n.sameElem() && n.floating(0) && n.rankAtLeast(0, 1) && n.rankIs(1, 1)) {
    n.same(n.in(0).shape.back(), n.in(1).shape[0], "the last dimension of input 0 and the bias");
    n.like(0, 0);
  }
}

/// FastGelu: the bias is optional.
static void fastGelu(Inference &n) {
  if (n.numInputs() == 2 && n.has(1))
    return biasGelu(n);
  if (n.arity(1, 2) && n.floating(0))
    n.like(0, 0);
}

llvm::ArrayRef<InferRow> moe::onnx::inferElementwiseRows() {
  static const InferRow rows[] = {
      {"", "Sqrt", 6, foldedFloat<foldSqrt>},
      {"", "Exp", 6, unaryFloat},
      {"", "Log", 6, unaryFloat},
      {"", "Erf", 9, unary},
      {"", "Tanh", 6, unaryFloat},
      {"", "Sigmoid", 6, unaryFloat},
      {"", "Relu", 6, unary},
      {"", "Gelu", 20, unaryFloat},
      {"", "Mish", 18, unaryFloat},
      {"", "LeakyRelu", 6, unaryFloat},
      {"", "ThresholdedRelu", 10, unaryFloat},
      {"", "Elu", 6, unaryFloat},
      {"", "Celu", 12, unaryFloat},
      {"", "Selu", 6, unaryFloat},
      {"", "Softplus", 1, unaryFloat},
      {"", "Softsign", 1, unaryFloat},
      {"", "HardSigmoid", 6, unaryFloat},
      {"", "HardSwish", 14, unaryFloat},
      {"", "Swish", 24, unaryFloat},
      {"", "PRelu", 9, prelu},
      {"", "Shrink", 9, unary},
      {"", "Floor", 6, unaryFloat},
      {"", "Ceil", 6, unaryFloat},
      {"", "Round", 11, unaryFloat},
      {"", "Reciprocal", 6, foldedFloat<foldReciprocal>},
      {"", "Sign", 9, unary},
      {"", "Sin", 7, unaryFloat},
      {"", "Cos", 7, unaryFloat},
      {"", "Tan", 7, unaryFloat},
      {"", "Asin", 7, unaryFloat},
      {"", "Acos", 7, unaryFloat},
      {"", "Atan", 7, unaryFloat},
      {"", "Sinh", 9, unaryFloat},
      {"", "Cosh", 9, unaryFloat},
      {"", "Asinh", 9, unaryFloat},
      {"", "Acosh", 9, unaryFloat},
      {"", "Atanh", 9, unaryFloat},
      {"", "Pow", 7, pow},
      {"", "Sum", 8, variadicFloat},
      {"", "Mean", 8, variadicFloat},
      {"", "IsNaN", 9, isNumber},
      {"", "IsInf", 10, isNumber},
      {"", "BitShift", 11, bitwise},
      {"", "BitwiseAnd", 18, bitwise},
      {"", "BitwiseOr", 18, bitwise},
      {"", "BitwiseXor", 18, bitwise},
      {"", "BitwiseNot", 18, unary},
      {"", "Dropout", 10, dropout},
      {"com.microsoft", "Gelu", 1, unaryFloat},
      {"com.microsoft", "FastGelu", 1, fastGelu},
      {"com.microsoft", "QuickGelu", 1, unaryFloat},
      {"com.microsoft", "BiasGelu", 1, biasGelu},
      {"com.microsoft", "Silu", 1, unaryFloat},
      {"com.microsoft", "BiasAdd", 1, binaryFloat},
  };
  return rows;
}
