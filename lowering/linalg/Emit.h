//===- Emit.h - Short words for the IR that routing becomes -----*- C++ -*-===//
//
// Routing is loops over small tensors. These few words keep the lowerings readable as the loops
// that they are.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_LINALG_EMIT_H
#define MOE_LOWERING_LINALG_EMIT_H

#include "dialect/Moe.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// Builds at one place; all values are tensors and scalars.
class Emit : public mlir::ImplicitLocOpBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using Sizes = llvm::ArrayRef<mlir::OpFoldResult>;
  using ImplicitLocOpBuilder::ImplicitLocOpBuilder;

  Value index(int64_t value);
  /// An integer constant of the type of `like`.
  Value integer(mlir::Type type, int64_t value);
  Value real(mlir::Type type, double value);

  mlir::OpFoldResult size(Value tensor, unsigned dim);
  /// A size as a value.
  Value asValue(mlir::OpFoldResult size);
  /// `a * b`, folded where both are known.
  mlir::OpFoldResult product(mlir::OpFoldResult a, mlir::OpFoldResult b);
  Value empty(Sizes sizes, mlir::Type element);
  Value filled(Sizes sizes, Value scalar);

  Value at(Value tensor, mlir::ValueRange indices);
  Value put(Value scalar, Value tensor, mlir::ValueRange indices);
  /// Row `row` of a matrix, without its leading dimension.
  Value row(Value matrix, Value row);
  /// A float scalar in another float type.
  Value toFloat(Value scalar, mlir::Type type);
  /// A tensor whose type says more or less about its sizes.
  Value cast(Value tensor, mlir::Type type);

  /// for i in 0 .. count - 1: carried = body(i, carried); the last ones.
  Values loop(Value count, mlir::ValueRange carried,
              llvm::function_ref<Values(Value i, mlir::ValueRange carried)> body);
  /// condition ? then() : otherwise()
  Values when(Value condition, llvm::function_ref<Values()> then,
              llvm::function_ref<Values()> otherwise);
  /// Rows of matrices, written in parallel: body(i, outs) gives row i of each, made from row i of
  /// `outs`.
  Values parallelRows(mlir::OpFoldResult count, mlir::ValueRange outs,
                      llvm::function_ref<Values(Value i, mlir::ValueRange rows)> body);
  /// out[...] = body(ins[...]), all of one shape.
  Value map(mlir::ValueRange ins, Value out,
            llvm::function_ref<Value(mlir::ValueRange scalars)> body);
};

} // namespace moe

#endif // MOE_LOWERING_LINALG_EMIT_H
