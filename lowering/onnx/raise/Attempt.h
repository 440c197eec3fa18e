//===- Attempt.h - What a pattern made of a place ---------------*- C++ -*-===//
//
// A pattern that does not fit says why, with the node and the condition, so that the pass can tell
// the user if no other pattern fits either.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ATTEMPT_H
#define MOE_LOWERING_ONNX_RAISE_ATTEMPT_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/IR/BuiltinOps.h"

namespace moe::raise {

class Layers;

/// What became of a place in the graph.
enum class Outcome {
  /// Not this kind of graph at all.
  NoMatch,
  /// Replaced by a layer.
  Raised,
  /// Nearly this kind of graph; `Attempt::miss` has said why not.
  Missed,
  /// The user's file is at fault; an error has been emitted.
  Error,
};

/// The options of the pass, what it collects, and why the place at hand was not raised.
struct Attempt {
  Layers &layers;
  bool allowMissingExperts = false;
  llvm::StringRef layout = {};
  /// The node and the condition of the nearest miss, or null.
  mlir::Operation *missedAt = nullptr;
  std::string missedWhy = {};
  /// An error about the user's file has been emitted.
  bool isError = false;

  /// Says why the place does not fit; the first reason counts. Always failure.
  mlir::LogicalResult miss(mlir::Operation *at, const llvm::Twine &why) {
    if (missedWhy.empty()) {
      missedAt = at;
      missedWhy = why.str();
    }
    return mlir::failure();
  }
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ATTEMPT_H
