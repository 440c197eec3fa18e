//===- Choices.h - Where a graph chooses experts ----------------*- C++ -*-===//
//
// A layer begins with k expert numbers a token. What computes them is a row of one table; patterns
// ask for the numbers and never for the operator.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_CHOICES_H
#define MOE_LOWERING_ONNX_RAISE_CHOICES_H

#include "lowering/onnx/raise/Graph.h"
#include <vector>

namespace moe::raise {

/// k experts for each token.
struct Choices {
  /// The node that chooses; layers are named after it.
  onnx::NodeOp anchor;
  /// [tokens..., k], in [0, experts) by construction; [tokens...] where the last dimension was left
  /// out with k = 1.
  mlir::Value ids;
  /// The scores of these, where the node gives them too.
  mlir::Value values;
  /// [tokens..., E]: the scores that the choice is made by.
  mlir::Value scores;
  int64_t k, experts;
  /// The name in `moe_layers` where the rule behind the choice is not known: given, argmax, ...
  llvm::StringRef name;
  /// Where the graph drops some of them: the ids with -1 for these. Null where it drops none.
  mlir::Value kept = {};
  /// Any expert may be among them: no router is known to choose k.
  bool open = false;
  /// Of choices by rounds of the best one: these, one choice each.
  std::vector<Choices> rounds = {};

  /// What holds a number for each choice by itself: the values, or numbers of all rounds joined.
  llvm::SmallVector<mlir::Value> numbers() const;
  /// Whether the ids have a dimension for the k.
  bool lastIsSlot() const { return tensorType(ids).getRank() == tensorType(scores).getRank(); }
};

/// The choices that `node` makes, or nothing where it makes none.
std::optional<Choices> choicesAt(onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_CHOICES_H
