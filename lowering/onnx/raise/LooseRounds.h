//===- LooseRounds.h - Rounds of choices that no node joins -----*- C++ -*-===//
//
// Routers that add up one-hots, or weight each round's expert by itself, never hold the ids of all
// rounds in one tensor. What a layer begins with is such a tensor; it is written here, and goes
// again where no pattern uses it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_LOOSEROUNDS_H
#define MOE_LOWERING_ONNX_RAISE_LOOSEROUNDS_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// Joins the ids of each run of rounds in `block` that is not joined yet.
void joinLooseRounds(mlir::Block &block);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LOOSEROUNDS_H
