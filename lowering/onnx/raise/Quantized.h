//===- Quantized.h - Quantised weights as views of codes --------*- C++ -*-===//
//
// Exporters pack codes into bytes, or declare them as int4; scales lie beside them in several
// shapes. Whatever the file says becomes three strided views and a rule, and no number is read.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_QUANTIZED_H
#define MOE_LOWERING_ONNX_RAISE_QUANTIZED_H

#include "lowering/onnx/raise/Weights.h"

namespace moe::raise {

/// A quantised weight. Scales and zero points have the dimensions of the codes but along `axis`,
/// where they have one number a block.
struct QuantView {
  WeightView codes, scales;
  std::optional<WeightView> zeroPoints;
  QuantAttr quant;
  int64_t axis = 0;

  int64_t rank() const { return codes.rank(); }
  /// The same numbers with dimensions in the order `order`.
  QuantView permuted(llvm::ArrayRef<int64_t> order) const;
  /// Elements `start, start + step, ...`, `count` of them, along `dim`, which is not `axis`.
  QuantView sliced(int64_t dim, int64_t start, int64_t count, int64_t step = 1) const;
  /// Without dimension `dim`, which is not `axis`, at `index`.
  QuantView selected(int64_t dim, int64_t index) const;
  /// The same numbers with blocks along `axis`, or nothing where they are of other ones.
  std::optional<QuantView> blockedAlong(int64_t axis) const;
};

/// Codes of `bits` that bytes hold along their last dimension, low bits first, and `size` of them
/// there; or nothing where the view holds no such bytes. Elements that are codes already stay.
std::optional<WeightView> codesOf(const WeightView &view, unsigned bits, int64_t size);

/// What `value` is where it is a quantised constant: a DequantizeLinear of stored codes, scales and
/// zero points, seen through Identity, casts of floats, Transpose, and Gather, Slice or Split at
/// constant places of dimensions without blocks.
std::optional<QuantView> quantView(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_QUANTIZED_H
