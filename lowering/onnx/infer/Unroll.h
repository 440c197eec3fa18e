//===- Unroll.h - Loops that read other weights in each round ---*- C++ -*-===//
//
// A loop over experts, or over decoder layers, reads its weights by the round's number. Round by
// round it becomes nodes one after the other, each with stored weights of its own, which is what
// products and layers are found by. Loops that carry sequences have no other form without them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_INFER_UNROLL_H
#define MOE_LOWERING_ONNX_INFER_UNROLL_H

#include "lowering/onnx/infer/Sequences.h"

namespace moe::onnx {

class Unrolling {
public:
  /// Writes a round of a loop before it, or its results in its place. Gives the operation to go on
  /// with, null where the loop stays one.
  mlir::Operation *step(NodeOp node, const Sequences &sequences, Sequences::Lookup known);

private:
  struct Loop {
    int64_t rounds, done = 0;
    /// What the rounds gave so far of each result that is stacked.
    llvm::SmallVector<llvm::SmallVector<mlir::Value>> stacks;
  };

  void round(NodeOp node, Loop &loop);
  void finish(NodeOp node, Loop &loop);

  llvm::DenseMap<mlir::Operation *, Loop> loops;
};

/// The number of rounds of a Loop or Scan where it is known before it runs.
std::optional<int64_t> knownRounds(NodeOp node, Sequences::Lookup known);

/// Whether the body reads stored weights, or elements of sequences, at places that follow from the
/// round's number.
bool readsByRound(NodeOp node, Sequences::Lookup known);

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_INFER_UNROLL_H
