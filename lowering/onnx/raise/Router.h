//===- Router.h - Recognises a gate -----------------------------*- C++ -*-===//
//
// From the tensor of routing weights back to the logits: softmax, sigmoid or neither, before or
// after TopK, selection bias, renormalising, scale. The linear layer before the logits stays where
// it is.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROUTER_H
#define MOE_LOWERING_ONNX_RAISE_ROUTER_H

#include "lowering/onnx/raise/Attempt.h"
#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Weights.h"

namespace moe::raise {

struct Router {
  onnx::NodeOp topk;
  /// The TopK's index output, [..., k].
  mlir::Value ids;
  /// [..., E].
  mlir::Value logits;
  /// Added to the scores for the choice alone; [E].
  std::optional<WeightView> bias;
  GateAttr gate;
  int64_t experts;
};

/// The gate that `choices` and what leads from them to `weights` ([..., k], in their order) are.
mlir::FailureOr<Router> matchRouter(const Choices &choices, mlir::Value weights, Attempt &attempt);
mlir::FailureOr<Router> matchRouter(onnx::NodeOp topk, mlir::Value weights, Attempt &attempt);

/// Where a value of one number a token comes from: `root` [..., k] at `slot`, through nodes that
/// keep the tokens in row-major order. `slot` is -1 where `value` still holds all of them.
struct SlotOf {
  mlir::Value root;
  int64_t slot;
};
SlotOf slotOf(mlir::Value value);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROUTER_H
