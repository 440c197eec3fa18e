//===- Sizes.h - Sizes that a graph computes --------------------*- C++ -*-===//
//
// Accumulators are made of a shape that exporters spell number by number: batch times sequence,
// read from the shapes of other tensors.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SIZES_H
#define MOE_LOWERING_ONNX_RAISE_SIZES_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// A product: `factor` times dimensions of tensors.
struct Size {
  int64_t factor = 1;
  llvm::SmallVector<std::pair<mlir::Value, int64_t>, 4> dims;
};

/// The one number that `value` holds, or nothing.
std::optional<Size> sizeOf(mlir::Value value);
/// The sizes that `shape`, as ConstantOfShape or Expand take it, spells; nothing where one is
/// unknown.
std::optional<llvm::SmallVector<Size>> sizesOf(mlir::Value shape);

/// The shape operand of what fills a shape with one number (ConstantOfShape, Expand of a constant),
/// or null.
mlir::Value filledShape(mlir::Value value);

/// The tensor whose dimensions but the last one multiply to `size` divided by `times`, or null.
mlir::Value rowsOf(const Size &size, int64_t times);

/// The tensor whose dimensions but the last one, multiplied, are those of `filled`, which fills a
/// shape, divided by `times`; or null.
mlir::Value countedTensor(mlir::Value filled, int64_t times);

/// The tensor whose whole shape `filled` fills, or null.
mlir::Value shapedLike(mlir::Value filled);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SIZES_H
