//===- Undone.cpp - Nodes that undo each other ----------------------------===//

#include "lowering/onnx/raise/Undone.h"

using namespace mlir;

namespace moe::raise {

static SmallVector<int64_t> orderOf(onnx::NodeOp transpose, int64_t rank) {
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(transpose.attribute("perm")))
    return SmallVector<int64_t>(perm.asArrayRef());
  return llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
}

/// The value that `second` gives again, or null.
static Value undoneBy(onnx::NodeOp second) {
  Value between = second.input(0);
  for (onnx::NodeOp same = nodeOf(between, "Identity"); same; same = nodeOf(between, "Identity"))
    between = same.input(0);
  onnx::NodeOp first = nodeOf(between, "Transpose");
  RankedTensorType type = first ? tensorType(first.input(0)) : RankedTensorType();
  if (!type || second.getOutputs()[0].getType() != type)
    return {};
  SmallVector<int64_t> one = orderOf(first, type.getRank()), two = orderOf(second, type.getRank());
  if (one.size() != two.size())
    return {};
  for (auto [place, at] : llvm::enumerate(two))
    if (at < 0 || at >= type.getRank() || one[at] != static_cast<int64_t>(place))
      return {};
  return first.input(0);
}

void dropUndone(FunctionOpInterface function) {
  if (function.isExternal())
    return;
  for (auto node : function.getFunctionBody().front().getOps<onnx::NodeOp>())
    if (node.is("Transpose") && node.input(0))
      if (Value before = undoneBy(node))
        node.getOutputs()[0].replaceAllUsesWith(before);
}

} // namespace moe::raise
