//===- Shapes.h - Dimensions of values, known while converting --*- C++ -*-===//
//
// Two unknown dimensions that come from the same place are the same SSA value here. That decides,
// already while converting, that operands need no comparison at run time to be broadcast.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_CONVERT_SHAPES_H
#define MOE_LOWERING_ONNX_CONVERT_SHAPES_H

#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::convert {

using mlir::OpFoldResult;
using mlir::Value;
using Dims = llvm::SmallVector<OpFoldResult>;

/// The dimensions of each value of one function, as far as somebody asked or told.
class Shapes {
public:
  /// Takes what the arguments' `onnx.dims` say: dimensions of one symbol are one value.
  Shapes(mlir::ImplicitLocOpBuilder &b, mlir::func::FuncOp function);

  /// The dimensions of `value`; where nothing is known of one, a `tensor.dim`.
  Dims of(mlir::ImplicitLocOpBuilder &b, Value value);

  /// Says what the dimensions of `value` are; static ones of its type win.
  void remember(Value value, llvm::ArrayRef<OpFoldResult> dims);

  /// Takes over what `op`, which no conversion made, says of its results' dimensions.
  void visit(mlir::ImplicitLocOpBuilder &b, mlir::Operation *op);

private:
  llvm::DenseMap<Value, Dims> known;
};

/// Equal for certain: the same number or the same SSA value.
bool same(OpFoldResult a, OpFoldResult b);
bool isStatic(OpFoldResult dim, int64_t number);
/// The number, where it is known.
std::optional<int64_t> number(OpFoldResult dim);

/// Arithmetic on dimensions; folds what is known. `divide` rounds down, sizes are not negative.
OpFoldResult add(mlir::ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y);
OpFoldResult subtract(mlir::ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y);
OpFoldResult multiply(mlir::ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y);
OpFoldResult divide(mlir::ImplicitLocOpBuilder &b, OpFoldResult x, OpFoldResult y);
OpFoldResult product(mlir::ImplicitLocOpBuilder &b, llvm::ArrayRef<OpFoldResult> dims);

/// As an `index` value.
Value asValue(mlir::ImplicitLocOpBuilder &b, OpFoldResult dim);
/// As a number where `value` is constant.
OpFoldResult simplified(Value value);

} // namespace moe::convert

#endif // MOE_LOWERING_ONNX_CONVERT_SHAPES_H
