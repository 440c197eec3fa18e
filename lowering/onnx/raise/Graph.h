//===- Graph.h - Reading ONNX graphs ----------------------------*- C++ -*-===//
//
// The small questions that every pattern asks of a graph: which node made this value, what are the
// numbers of this constant, which axis is meant.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_GRAPH_H
#define MOE_LOWERING_ONNX_RAISE_GRAPH_H

#include "dialect/Moe.h"
#include "dialect/Onnx.h"

namespace moe::raise {

/// The node that made `value`, or null.
onnx::NodeOp nodeOf(mlir::Value value);
/// The node that made `value` where it is the operator `op` of the standard domain, or null.
onnx::NodeOp nodeOf(mlir::Value value, llvm::StringRef op);

/// "node 'NAME' (OP)", or "node OP" where it has no name.
std::string nameOf(onnx::NodeOp node);

/// The integers of a small constant, or nothing.
std::optional<llvm::SmallVector<int64_t>> constantInts(mlir::Value value);
/// The numbers of a small constant of integers or floats, or nothing.
std::optional<llvm::SmallVector<double>> constantNumbers(mlir::Value value);
/// The one number of a constant of one element, or nothing.
std::optional<double> constantNumber(mlir::Value value);
/// The one integer of a constant of one element, or nothing.
std::optional<int64_t> constantInt(mlir::Value value);

/// The tensor whose whole shape `shape` lists, or null.
mlir::Value listedShape(mlir::Value shape);
/// The tensor whose shape a filled value has, or null.
mlir::Value shapeSource(mlir::Value value);

/// The value's tensor type; a null type where it has none.
mlir::RankedTensorType tensorType(mlir::Value value);
/// The static size of the last dimension, or `kDynamic`, also for scalars.
int64_t lastDim(mlir::Value value);

/// The product of static sizes, or nothing where one is dynamic or it overflows.
std::optional<int64_t> staticCount(llvm::ArrayRef<int64_t> shape);

/// `axis` counted from the front, or nothing where it lies outside of `rank`.
std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);
/// Whether the node's attribute `axis` (`otherwise` where absent) is the last one of `rank`.
bool isLastAxis(onnx::NodeOp node, int64_t otherwise, int64_t rank);
/// The axes of Squeeze, Unsqueeze and the reductions: an attribute in old files, then input 1.
/// Nothing where they are no constants; empty where there are none.
std::optional<llvm::SmallVector<int64_t>> axesOf(onnx::NodeOp node);

/// Whether a Transpose moves dimensions of size 1 only: it is a Reshape.
bool movesUnitsOnly(onnx::NodeOp transpose);

/// The value before nodes that change neither elements nor their order: Identity, Cast between
/// types of one kind, Reshape, Squeeze, Unsqueeze, Flatten, a Transpose of dimensions of size 1.
mlir::Value stripShape(mlir::Value value);
/// The value before Identity and casts from float to float or integer to integer.
mlir::Value stripCast(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_GRAPH_H
