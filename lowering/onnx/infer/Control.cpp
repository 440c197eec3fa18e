//===- Control.cpp - Types of operators with subgraphs --------------------===//
//
// The subgraphs are typed before their node: what is left is to join the branches.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/infer/Infer.h"

using namespace mlir;
using namespace moe::onnx;

/// A dimension on which the branches do not agree is unknown; their ranks must agree.
static void ifOp(Inference &n) {
  if (!n.arity(1, 1, ~0u) || !n.boolean(0))
    return;
  if (n.bodies.size() != 2)
    return n.malformed("expects two branches, but has " + llvm::Twine(n.bodies.size()));
  const auto &first = n.bodies[0], &second = n.bodies[1];
  if (first.size() != n.numResults() || second.size() != n.numResults())
    return n.malformed("the branches give " + llvm::Twine(first.size()) + " and " +
                       llvm::Twine(second.size()) + " values for " + llvm::Twine(n.numResults()) +
                       " results");
  for (unsigned result = 0; result < n.numResults() && !n.failed(); ++result) {
    const Tensor &a = first[result]->tensor, &b = second[result]->tensor;
    if (a.elem != b.elem)
      return n.malformed("the branches give result " + llvm::Twine(result) + " as " +
                         elemName(a.elem) + " and " + elemName(b.elem));
    if (a.rank() != b.rank())
      return n.unsupported("the rank of result " + llvm::Twine(result) +
                           " depends on data: the branches give " + llvm::Twine(a.rank()) +
                           " and " + llvm::Twine(b.rank()));
    Numbers shape;
    for (auto [one, other] : llvm::zip(a.shape, b.shape))
      shape.push_back(one == other ? one : n.symbols.fresh(true));
    n.result(result, a.elem, shape);
  }
}

llvm::ArrayRef<InferRow> moe::onnx::inferControlRows() {
  static const InferRow rows[] = {
      {"", "If", 1, ifOp},
  };
  return rows;
}
