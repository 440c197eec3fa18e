//===- Fold.cpp - Arithmetic on small constants of floats -----------------===//
//
// Exporters write scalars as Sqrt(64.0) or Div(1.0, 8.0). Only what IEEE 754 rounds in one way is
// computed here, in the element type's own arithmetic: a fold must not change a bit.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"
#include <cmath>

using namespace mlir;
using namespace moe::onnx;

/// More elements are a weight; see the importer.
static constexpr int64_t kMaxFolded = 16;

/// The elements of a small constant of floats; nothing for others.
static std::optional<llvm::SmallVector<APFloat>> floatsOf(ElementsAttr constant) {
  auto dense = dyn_cast_or_null<DenseElementsAttr>(constant);
  if (!dense || dense.getNumElements() > kMaxFolded || !isa<FloatType>(dense.getElementType()))
    return std::nullopt;
  return llvm::to_vector(dense.getValues<APFloat>());
}

int64_t moe::onnx::broadcastIndex(int64_t flat, llvm::ArrayRef<Number> result,
                                  llvm::ArrayRef<Number> shape) {
  int64_t index = 0, stride = 1;
  for (size_t back = 1; back <= result.size(); ++back) {
    int64_t extent = result[result.size() - back].factor;
    int64_t here = flat % extent;
    flat /= extent;
    if (back > shape.size())
      continue;
    int64_t own = shape[shape.size() - back].factor;
    index += own == 1 ? 0 : here * stride;
    stride *= own;
  }
  return index;
}

void moe::onnx::foldFloats(Inference &n, FloatFold of) {
  if (n.failed() || n.numResults() == 0)
    return;
  llvm::SmallVector<llvm::SmallVector<APFloat>> inputs;
  for (unsigned input = 0; input < n.numInputs(); ++input) {
    auto floats = floatsOf(n.constant(input));
    if (!floats)
      return;
    inputs.push_back(std::move(*floats));
  }
  // Constants have static types, and so has what is broadcast of them.
  const Tensor &tensor = n.known(0)->tensor;
  int64_t size = n.count(tensor.shape).factor;
  if (size > kMaxFolded)
    return;
  llvm::SmallVector<APFloat> result;
  for (int64_t flat = 0; flat < size; ++flat) {
    llvm::SmallVector<APFloat> elements;
    for (auto [input, floats] : llvm::enumerate(inputs))
      elements.push_back(floats[broadcastIndex(flat, tensor.shape, n.in(input).shape)]);
    result.push_back(of(elements));
  }
  n.setConstant(0, DenseElementsAttr::get(tensor.type(), result));
}

APFloat moe::onnx::foldAdd(llvm::ArrayRef<APFloat> e) { return e[0] + e[1]; }
APFloat moe::onnx::foldSub(llvm::ArrayRef<APFloat> e) { return e[0] - e[1]; }
APFloat moe::onnx::foldMul(llvm::ArrayRef<APFloat> e) { return e[0] * e[1]; }
APFloat moe::onnx::foldDiv(llvm::ArrayRef<APFloat> e) { return e[0] / e[1]; }
APFloat moe::onnx::foldNeg(llvm::ArrayRef<APFloat> e) { return neg(e[0]); }
APFloat moe::onnx::foldReciprocal(llvm::ArrayRef<APFloat> e) {
  return APFloat::getOne(e[0].getSemantics()) / e[0];
}

/// The root in double, rounded once more: a double has more than twice the digits of the narrower
/// types, so that the second rounding changes nothing.
APFloat moe::onnx::foldSqrt(llvm::ArrayRef<APFloat> e) {
  APFloat value = e[0];
  bool losesInfo;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  APFloat root(std::sqrt(value.convertToDouble()));
  root.convert(e[0].getSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return root;
}
