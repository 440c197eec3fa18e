//===- Weights.h - Weights as views of stored numbers -----------*- C++ -*-===//
//
// Expert weights are stacked as [E, K, N] without reading a number: transposing, taking halves or
// every other row, and stacking E initialisers change offsets and strides only.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_WEIGHTS_H
#define MOE_LOWERING_ONNX_RAISE_WEIGHTS_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// A strided view of one source; strides count elements.
struct WeightView {
  /// A path, or an elements attribute.
  mlir::Attribute source;
  mlir::Type elementType;
  /// The first element from the start of the source: in bytes, or bits for elements below a byte.
  int64_t offset = 0;
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<int64_t> strides;

  int64_t rank() const { return shape.size(); }
  /// The same numbers with dimensions in the order `order`.
  WeightView permuted(llvm::ArrayRef<int64_t> order) const;
  /// Elements `start, start + step, ...`, `count` of them, along `dim`.
  WeightView sliced(int64_t dim, int64_t start, int64_t count, int64_t step = 1) const;
  /// Without dimension `dim`, at `index`.
  WeightView selected(int64_t dim, int64_t index) const;
  bool operator==(const WeightView &other) const;
};

/// Reshapes dimensions of the given sizes and strides to the sizes `to`; false, with nothing
/// changed, where the same numbers would have to be copied.
bool restrided(llvm::SmallVectorImpl<int64_t> &sizes, llvm::SmallVectorImpl<int64_t> &strides,
               llvm::ArrayRef<int64_t> to);

/// The view that `value` is: a `moe.weight` of one piece or an `onnx.constant`, seen through
/// Identity, Transpose, Squeeze, Unsqueeze, Reshape, and Gather, Slice or Split with constant
/// places. Nothing where it is something else.
std::optional<WeightView> weightView(mlir::Value value);

/// The same of any element type: codes, zero points. Those below a byte are of `i2`, `i4` or their
/// unsigned kin.
std::optional<WeightView> storedView(mlir::Value value);

/// What `node`, one of the operators that storedView sees through, makes of `view` as its result
/// `result`.
std::optional<WeightView> viewThrough(onnx::NodeOp node, mlir::Value result,
                                      const WeightView &view);

/// Stacks one view for each expert as a `moe.weight` with a new leading dimension.
mlir::Value stackWeights(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<WeightView> views, llvm::StringRef name);
/// A view whose leading dimension is the experts already, as a `moe.weight`.
mlir::Value stackedWeight(mlir::OpBuilder &builder, mlir::Location loc, const WeightView &view,
                          llvm::StringRef name);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_WEIGHTS_H
