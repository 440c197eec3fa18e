//===- Moe.cpp - Types of the fused MoE operators -------------------------===//
//
// The result is input 0's kind. Shapes of weights, layouts and attributes are raising's business:
// it has to read them anyway.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

static void moeOp(Inference &n) {
  if (!n.arity(3, 8) || !n.sameElem() || !n.floating(0) || !n.rankAtLeast(0, 2))
    return;
  n.like(0, 0);
}

/// Router and scales may be of another float type than the tokens; biases may not.
static void qmoeOp(Inference &n) {
  if (!n.arity(3, 21) || !n.floating(0) || !n.rankAtLeast(0, 2) || !n.floating(1))
    return;
  if (n.sameElem({0, 4, 7, 10}))
    n.like(0, 0);
}

llvm::ArrayRef<InferRow> moe::onnx::inferMoeRows() {
  static const InferRow rows[] = {
      {"com.microsoft", "MoE", 1, moeOp},
      {"com.microsoft", "QMoE", 1, qmoeOp},
  };
  return rows;
}
