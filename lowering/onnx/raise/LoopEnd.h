//===- LoopEnd.h - What stands around the rounds of a loop ------*- C++ -*-===//
//
// Some loops write one row for each pair of token and slot, of tokens that were repeated for it,
// and weight and sum them at the end; some weight the sum of a single expert at the end.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_LOOPEND_H
#define MOE_LOWERING_ONNX_RAISE_LOOPEND_H

#include "lowering/onnx/raise/Accumulation.h"

namespace moe::raise {

/// The tokens that `value` repeats: its row (token, slot) is the token's. Null where it does not.
mlir::Value repeatedTokens(mlir::Value value, const Lists &lists);

/// Where the weighted sum over all slots is done.
struct LoopEnd {
  mlir::Value result;
  /// [tokens..., k]
  mlir::Value weights;
};

/// From the chain's result on, whose rows are weighted by `weights` already where that is not null.
mlir::FailureOr<LoopEnd> matchLoopEnd(const Accumulation &chain, mlir::Value weights, Lists &lists,
                                      Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LOOPEND_H
