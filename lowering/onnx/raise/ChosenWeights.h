//===- ChosenWeights.h - Reads routing weights back to scores ---*- C++ -*-===//
//
// Steps 5 to 7 of a gate: what becomes of the scores of the k chosen experts until a token's rows
// are multiplied by them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_CHOSENWEIGHTS_H
#define MOE_LOWERING_ONNX_RAISE_CHOSENWEIGHTS_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Choices.h"

namespace moe::raise {

/// From scores over all experts to the weights of the chosen.
struct ChosenWeights {
  /// [..., E]: what the weights are taken from.
  mlir::Value scores;
  /// A score over the chosen k.
  std::optional<Score> after;
  std::optional<double> leastWeight;
  bool normalize = false;
  double epsilon = 0.0;
  std::optional<double> leastSum;
  /// The weights are divided by the sum of their absolute values.
  bool absolute = false;
  double scale = 1.0;
};

/// Reads `weights` [..., k], in the order of the choices, back to scores.
mlir::FailureOr<ChosenWeights> readWeights(const Choices &choices, mlir::Value weights,
                                           Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_CHOSENWEIGHTS_H
