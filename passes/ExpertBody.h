//===- ExpertBody.h - An expert's body as products and epilogues -*- C++ -*-===//
//
// The decision of --moe-group-experts, apart from its rewriting: which values of a body become a
// grouped product each, or what stands in the way.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_PASSES_EXPERTBODY_H
#define MOE_PASSES_EXPERTBODY_H

#include "dialect/Moe.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace moe {

/// One value of a body that is stored: the elementwise function `steps` of products of `lhs` with
/// weights, and of `columns`. Weights (or their codes, scales and zero points) and columns are
/// block arguments of the body.
struct Cluster {
  mlir::Value result;
  mlir::Value lhs;
  llvm::SmallVector<mlir::linalg::MatmulOp> products; ///< in order of the body
  llvm::SmallVector<mlir::Value> columns;             ///< block arguments of one dimension
  llvm::SmallVector<mlir::linalg::GenericOp> steps;   ///< in order of the body
};

/// What is in the way of grouping a body: the operation, and the reason.
struct Obstacle {
  mlir::Operation *op;
  std::string reason;
};

/// A body as clusters in the order in which they are computed, or the first obstacle. Changes
/// nothing.
std::variant<llvm::SmallVector<Cluster>, Obstacle> analyseBody(ExpertOp expert);

/// The scalar constant that fills `value`: a filled tensor or a splat; null where it is neither.
mlir::TypedAttr splatOf(mlir::Value value);

} // namespace moe

#endif // MOE_PASSES_EXPERTBODY_H
