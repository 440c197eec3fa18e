//===- NodeWriter.h - Writes ONNX nodes -------------------------*- C++ -*-===//
//
// Where a layer takes the graph's own routing in another layout, the nodes for it are written into
// the graph and converted like any others.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_NODEWRITER_H
#define MOE_LOWERING_ONNX_RAISE_NODEWRITER_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

class NodeWriter {
public:
  /// Writes at the builder's place, in the name of `anchor`.
  NodeWriter(mlir::OpBuilder &builder, onnx::NodeOp anchor)
      : builder(builder), loc(anchor.getLoc()) {}

  mlir::Value node(llvm::StringRef op, mlir::ValueRange inputs, mlir::RankedTensorType type,
                   llvm::ArrayRef<mlir::NamedAttribute> attributes = {});
  /// A constant list of integers, or one of them alone.
  mlir::Value ints(llvm::ArrayRef<int64_t> numbers);
  mlir::Value integer(int64_t number);
  mlir::Value number(float number);
  mlir::NamedAttribute attribute(llvm::StringRef key, int64_t value);

  /// `value` with elements of i1, i64 or f32.
  mlir::Value cast(mlir::Value value, mlir::Type element);
  /// Row-major, to `shape`, of which one size may be unknown; `value` itself where it has it.
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  /// With a dimension of size 1 in the last place.
  mlir::Value withLast(mlir::Value value);
  mlir::Value concat(mlir::ValueRange values, int64_t axis);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_NODEWRITER_H
