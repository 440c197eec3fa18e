//===- Patterns.h - The kinds of graph that are raised ----------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_PATTERNS_H
#define MOE_LOWERING_ONNX_RAISE_PATTERNS_H

#include "lowering/onnx/raise/Attempt.h"

namespace moe::raise {

/// com.microsoft.MoE; refuses what cannot be read of com.microsoft.QMoE.
Outcome raiseFusedMoe(onnx::NodeOp anchor, Attempt &attempt);

/// A loop over experts that an exporter unrolled: for each slot and expert the tokens are gathered
/// by a mask, run through the expert, weighted, and added in their places.
Outcome raiseUnrolledLoop(onnx::NodeOp anchor, Attempt &attempt);

/// All choices sorted by expert: each expert takes its run of the sorted rows, and the rows go back
/// to their tokens by the inverse permutation or are added there.
Outcome raiseGrouped(onnx::NodeOp anchor, Attempt &attempt);

/// A sum of experts' outputs, weighted by numbers of the choice: experts by weights gathered for
/// each pair, all experts on all tokens, at once or one by one.
Outcome raiseMixture(onnx::NodeOp anchor, Attempt &attempt);

/// All experts on tokens that were weighted before, where there is one choice a token.
Outcome raiseScaledInput(onnx::NodeOp anchor, Attempt &attempt);

/// Experts with a fixed number of places: masks over tokens, experts and places carry rows there and
/// outputs back.
Outcome raiseCapacity(onnx::NodeOp anchor, Attempt &attempt);

/// Experts that choose their tokens: TopK over the tokens for each expert.
Outcome raiseExpertChoice(onnx::NodeOp anchor, Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_PATTERNS_H
