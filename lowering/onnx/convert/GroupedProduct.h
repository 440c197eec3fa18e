//===- GroupedProduct.h - Products with constant matrices -------*- C++ -*-===//
//
// A product with a constant matrix is a grouped product of one group: the dense parts of a model
// get the kernels of the experts, whether the matrix is of floats or of codes.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_GROUPEDPRODUCT_H
#define MOE_LOWERING_ONNX_CONVERT_GROUPEDPRODUCT_H

#include "lowering/onnx/convert/Build.h"
#include "lowering/onnx/raise/Quantized.h"

namespace moe::convert {

/// What is done to a product: alpha * acc + beta * bias, as far as there are any.
struct Epilogue {
  double alpha = 1.0, beta = 1.0;
  Value bias;

  bool plain() const { return alpha == 1.0 && !bias; }
  Value apply(Node &n, Value acc, Value biasScalar) const;
};

/// A constant matrix as one group: [1, K, N], of floats or of codes.
struct Factor {
  Value weight, scales, zeroPoints;
  QuantAttr quant;

  explicit operator bool() const { return static_cast<bool>(weight); }
  int64_t depth() const { return mlir::cast<mlir::ShapedType>(weight.getType()).getDimSize(1); }
  int64_t columns() const { return mlir::cast<mlir::ShapedType>(weight.getType()).getDimSize(2); }
};

/// The matrix that `b` is where it is a stored weight of floats; null where it is none.
Factor weightFactor(Node &n, Value b);
/// The matrix that input `input` is, or that its transpose is; null where it is no constant. `b` is
/// the input after conversion.
Factor constantFactor(Node &n, unsigned input, Value b, bool isTransposed);
/// A quantised matrix [K, N] as a factor for rows of `element`; null where no kernel takes it.
Factor quantFactor(Node &n, const raise::QuantView &view, Type element);
/// A constant bias of N numbers as a column [1, N]; null where it is none.
Value columnOf(Node &n, Value bias, OpFoldResult columns);
/// rows [M, K] by a factor.
Value groupedProduct(Node &n, Value rows, const Factor &factor, const Epilogue &epilogue,
                     Type element);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_GROUPEDPRODUCT_H
