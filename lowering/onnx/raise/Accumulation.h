//===- Accumulation.h - Recognises how expert outputs are added up -*- C++ -*-===//
//
// One round of an unrolled loop adds weighted rows to the accumulator at the places of one choice:
// gather, add, scatter back; or a scatter that adds. The rounds form a chain that starts at zero.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H
#define MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H

#include "lowering/onnx/raise/Dispatch.h"

namespace moe::raise {

/// One write to the accumulator.
struct Round {
  /// What makes the next accumulator.
  onnx::NodeOp scatter;
  /// The tokens it writes.
  Places places;
  /// The accumulator before.
  mlir::Value before;
  /// The expert's output, rows x N.
  mlir::Value output;
  /// The tensor of routing weights that the rows' weights were gathered from, one number a token.
  mlir::Value weights;
  /// Where the rows are scattered into zeros that are added whole: these zeros.
  mlir::Value zeros;
};

/// The chain of rounds, first to last.
struct Accumulation {
  llvm::SmallVector<Round> rounds;
  /// What the first round adds to.
  mlir::Value start;
  /// What the last one leaves.
  mlir::Value result() const { return rounds.back().scatter->getResult(0); }
};

/// The chain made of all scatters that use lists of `dispatch`; NoMatch (a null optional) where
/// there is none, failure with a miss where something does not fit.
mlir::FailureOr<std::optional<Accumulation>> matchAccumulation(const Dispatch &dispatch,
                                                               Attempt &attempt);

/// Whether the node is a GatherND, or a Gather by a flat list, of the rows that `tokens` lists.
bool gathersTokens(onnx::NodeOp node, const Dispatch &dispatch, const Places &tokens);

/// Whether `value` is all zeros.
bool isZero(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H
