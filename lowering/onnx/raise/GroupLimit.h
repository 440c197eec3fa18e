//===- GroupLimit.h - Recognises a choice of groups of experts --*- C++ -*-===//
//
// DeepSeek's routers first keep the best groups of experts and give the scores of all other experts
// a number that loses. Step 3 of a gate.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_GROUPLIMIT_H
#define MOE_LOWERING_ONNX_RAISE_GROUPLIMIT_H

#include "lowering/onnx/raise/Attempt.h"

namespace moe::raise {

struct GroupLimit {
  int64_t groups = 1, topGroups = 1, groupBest = 1;
  /// What experts of other groups count as; nothing where they are out of the race.
  std::optional<double> outside;
  /// The scores before, [..., E].
  mlir::Value candidates;
};

/// The limit that `scores`, of `experts` a token, are under; of one group where they are under
/// none. Failure where they are masked in another way.
mlir::FailureOr<GroupLimit> readGroupLimit(mlir::Value scores, int64_t experts, Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_GROUPLIMIT_H
