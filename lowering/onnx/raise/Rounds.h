//===- Rounds.h - Choices by rounds of the best one -------------*- C++ -*-===//
//
// Phi's routers take the best expert, put it out of the race, and take the best again. The ids of
// all rounds, joined, are k choices like any other's.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROUNDS_H
#define MOE_LOWERING_ONNX_RAISE_ROUNDS_H

#include "lowering/onnx/raise/Choices.h"

namespace moe::raise {

/// No router takes more rounds.
constexpr size_t kMostRounds = 16;

/// The choices that a Concat of rounds is, or nothing. `scores` are those of the first round.
std::optional<Choices> choicesOfRounds(onnx::NodeOp concat);

/// Whether `scores` are `before` without the expert that `round` chose by these.
bool leavesOut(mlir::Value scores, mlir::Value before, const Choices &round);

/// The input of a Concat along the last dimension for each round of `choices`, where `value` is
/// one; else nothing.
std::optional<llvm::SmallVector<mlir::Value>> joinedByRounds(const Choices &choices,
                                                             mlir::Value value);

/// Joined numbers of all rounds, each picked by its own choice.
llvm::SmallVector<mlir::Value> numbersOfRounds(const Choices &choices);

/// Whether `value` is the score, of the rows `scores`, of the one expert that `round` chose by
/// these.
bool isBestOf(const Choices &round, mlir::Value value, mlir::Value scores);

/// The jitter of a sparse mixer: both rounds' weights are softmax scores of what lies close to the
/// round's best. Nothing where the weights are others.
std::optional<double> readSparseMixer(const Choices &choices, mlir::Value weights);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROUNDS_H
