//===- FusedLayout.h - Which way the weights of MoE lie ---------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_FUSEDLAYOUT_H
#define MOE_LOWERING_ONNX_RAISE_FUSEDLAYOUT_H

#include "lowering/onnx/raise/Weights.h"

namespace moe::raise {

/// What the operator's other operands say: H, E, and how many parts fc1 holds.
struct FusedShapes {
  int64_t hidden, experts, parts;
};

/// Settles whether fc1, fc2 and fc3 (null where there is none) lie as the operator's text has it,
/// [E, out, in] ("modern"), or as files for ONNX Runtime up to 1.22 have it, [E, in, out]
/// ("legacy"), and turns them into [E, in, out] views. Checks the biases. Errors name the weights
/// and their shapes. Says whether the layout is the legacy one.
///
/// Nothing in a file says which revision wrote it. Square weights that fit both ways are modern; a
/// legacy reading has to be told by every weight, or by `option` ("modern", "legacy" or "").
mlir::FailureOr<bool> settleLayout(onnx::NodeOp node, const FusedShapes &shapes,
                                   llvm::StringRef option,
                                   llvm::MutableArrayRef<std::optional<WeightView>> weights,
                                   llvm::ArrayRef<std::optional<WeightView>> biases);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_FUSEDLAYOUT_H
