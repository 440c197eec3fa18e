//===- Accumulation.h - Recognises how expert outputs are added up -*- C++ -*-===//
//
// One round of an unrolled loop writes an expert's rows to the places of one list: it adds to the
// accumulator, or fills places that nobody else writes. Rounds follow each other, or are added
// whole; what all of it starts from is zero, or is written over.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H
#define MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Lists.h"
#include "llvm/ADT/SetVector.h"

namespace moe::raise {

/// One write to the accumulator.
struct Round {
  onnx::NodeOp scatter;
  const List *list;
  /// The accumulator before.
  mlir::Value before;
  /// The expert's output, rows x N.
  mlir::Value output;
  /// The rows' routing weights; null where they are not weighted here.
  const Listed *weights = nullptr;
  /// Writes at (token, slot) pairs, not at tokens.
  bool pairs = false;
  /// Writes over what is there.
  bool fills = false;
};

struct Accumulation {
  /// In the order they are found in from the result back.
  llvm::SmallVector<Round> rounds;
  mlir::Value result;
  /// Tensors of zeros that rounds start from.
  llvm::SmallVector<mlir::Value> zeros;
  /// What else the chain starts from, or null.
  mlir::Value start;
  /// All sums on the way; each has the accumulator's shape if the zeros have.
  llvm::SetVector<mlir::Value> sums;
};

/// The chain made of all writes to `lists`; NoMatch (a null optional) where there is none, failure
/// with a miss where something does not fit.
mlir::FailureOr<std::optional<Accumulation>> matchAccumulation(const Lists &lists,
                                                               Attempt &attempt);

/// Whether `value` is all zeros.
bool isZero(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ACCUMULATION_H
