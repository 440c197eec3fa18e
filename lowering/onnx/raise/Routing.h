//===- Routing.h - Settles how a layer's tokens find their experts -*- C++ -*-===//
//
// A pattern proves what follows from the choices; which rule led to them is a question of its own.
// Where the rule is no gate of the language the layer takes the graph's own ids and weights.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROUTING_H
#define MOE_LOWERING_ONNX_RAISE_ROUTING_H

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Layers.h"

namespace moe::raise {

/// Fills in the routing of `spec`, whose tokens are set: by the rule that leads to `choices` and
/// `weights` ([tokens..., k] in the order of the ids), or as given.
void setRouting(LayerSpec &spec, const Choices &choices, mlir::Value weights, Attempt &attempt);

/// Weights of `type` for `ids`, all of them one, written before `at`.
mlir::Value weightsOfOne(mlir::Value ids, mlir::Type type, onnx::NodeOp at);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROUTING_H
