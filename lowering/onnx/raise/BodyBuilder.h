//===- BodyBuilder.h - Writes the region of moe.expert ----------*- C++ -*-===//
//
// The one place that knows which linalg the later passes expect of a body: products of the rows
// with a weight into a wider accumulator, elementwise maths in that accumulator's type, and one
// rounding before each product and at the end.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_BODYBUILDER_H
#define MOE_LOWERING_ONNX_RAISE_BODYBUILDER_H

#include "dialect/Moe.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe::raise {

/// Computes a scalar of the accumulator's type from scalars of that type.
using Scalar =
    llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, llvm::ArrayRef<mlir::Value>)>;

class BodyBuilder {
public:
  /// Writes at the end of the body of `expert`, which must be empty; makes its arguments.
  BodyBuilder(ExpertOp expert);

  /// One expert's rows.
  mlir::Value rows() { return block->getArgument(0); }
  /// One expert's share of weight `index`.
  mlir::Value weight(unsigned index) { return block->getArgument(index + 1); }
  /// `rows x weight`, rows x K with K x N.
  mlir::Value matmul(mlir::Value rows, mlir::Value weight);
  /// The numbers of codes, scales and zero points (null: none), shares of weights, for a product.
  mlir::Value dequantize(mlir::Value codes, mlir::Value scales, mlir::Value zeroPoints,
                         QuantAttr quant);
  /// `compute` on each element; an operand is rows x N, or N (a share of a weight, for each row).
  mlir::Value elementwise(llvm::ArrayRef<mlir::Value> operands, Scalar compute);
  /// Ends the body with `value`.
  void yield(mlir::Value value);

private:
  mlir::Value empty(int64_t columns, mlir::Type element);
  mlir::Value rounded(mlir::Value value);

  mlir::Block *block;
  mlir::ImplicitLocOpBuilder builder;
  mlir::Type storage, compute;
  mlir::Value numRows;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_BODYBUILDER_H
