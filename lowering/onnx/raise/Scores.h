//===- Scores.h - Reads scores back to logits -------------------*- C++ -*-===//
//
// A router's scores are a function of each token's logits. Exporters write it as one operator or
// spell it out; what counts is the function and the logits.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SCORES_H
#define MOE_LOWERING_ONNX_RAISE_SCORES_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// `function` of `logits`, row by row; `Identity` where nothing is known of the values.
struct Scores {
  Score function = Score::Identity;
  mlir::Value logits;
  bool operator==(const Scores &o) const { return function == o.function && logits == o.logits; }
};

/// The value before nodes that keep the rows of `width` numbers as they are and in their order:
/// Identity, casts between floats or between integers, and changes of shape that keep the last
/// dimensions' product `width`.
mlir::Value stripRows(mlir::Value value, int64_t width);

/// What `rows`, of `width` scores each, are.
Scores readScores(mlir::Value rows, int64_t width);

/// `of` summed over its last dimension, of `width`, which stays as 1: `max(sum + epsilon, least)`.
struct RowSum {
  double epsilon = 0.0;
  std::optional<double> least;
  /// The sum is of absolute values.
  bool absolute = false;
};
std::optional<RowSum> readSum(mlir::Value sum, mlir::Value of, int64_t width);

/// The other factor or the dividend, and what it is divided by, of a Div or of a Mul by a
/// Reciprocal; null values where the node is neither.
struct Quotient {
  mlir::Value dividend, divisor;
};
Quotient quotientOf(onnx::NodeOp node);

/// A lower bound `number` on `value`: Clip or Max. Null where the node is neither.
struct Bounded {
  mlir::Value value;
  double number = 0.0;
};
Bounded boundedBelow(onnx::NodeOp node);

/// Whether Softmax, TopK or ArgMax works along the last dimension of its input.
bool isOverLast(onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SCORES_H
