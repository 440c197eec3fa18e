//===- FusedRouting.h - What a fused operator's scores mean -----*- C++ -*-===//
//
// com.microsoft.MoE and QMoE take a row of scores and have a router of their own inside. Exporters
// squeeze other routers through it; where the rule behind the scores can be proved, the layer says
// that rule.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_FUSEDROUTING_H
#define MOE_LOWERING_ONNX_RAISE_FUSEDROUTING_H

#include "lowering/onnx/raise/Layers.h"

namespace moe::raise {

/// The router inside of a fused operator.
struct FusedRouter {
  /// Input 1, [..., E].
  mlir::Value scores;
  /// QMoE's input 14, [..., E], or null: experts are chosen by `scores` and mixed by these.
  mlir::Value mixing = {};
  int64_t k = 1;
  bool normalize = false;
  bool sparseMixer = false;
};

/// Fills in the routing of `spec`, whose anchor and tokens are set. Whoever writes the layer checks
/// the number of tokens at run time. Warns of scores that are not what the operator expects.
void setFusedRouting(LayerSpec &spec, const FusedRouter &router, mlir::OpBuilder &builder,
                     Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_FUSEDROUTING_H
