//===- NotRaised.h - Says what was left as it was, and why ------*- C++ -*-===//
//
// What looks like routing and is no layer in the end. Said at the end: a router's inner choices
// look like routing too, until the layer that they belong to is raised.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_NOTRAISED_H
#define MOE_LOWERING_ONNX_RAISE_NOTRAISED_H

#include "lowering/onnx/raise/Attempt.h"
#include "llvm/ADT/DenseSet.h"

namespace moe::raise {

class NotRaised {
public:
  /// A choice became a layer.
  void raised(onnx::NodeOp anchor) { done.insert(anchor); }
  /// No pattern took `anchor`.
  void missed(onnx::NodeOp anchor, const Attempt &attempt);
  /// `op` is about to be erased.
  void erased(mlir::Operation *op) { done.insert(op); }
  /// A remark for each choice that still stands there.
  void tell() const;

private:
  struct Miss {
    mlir::Operation *anchor;
    mlir::Location at;
    std::string why;
  };
  llvm::SmallVector<Miss> misses;
  llvm::DenseSet<mlir::Operation *> done;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_NOTRAISED_H
