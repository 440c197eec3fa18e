//===- HitList.cpp - Lists that were cut for one input --------------------===//

#include "lowering/onnx/raise/HitList.h"

using namespace mlir;

namespace moe::raise {

/// Whether `value` is a list of places, laid out in any way.
static bool isList(Value value) {
  for (int step = 0; step < 8; ++step) {
    onnx::NodeOp node = nodeOf(stripShape(value));
    if (!node || !node.input(0))
      return false;
    if (node.is("NonZero"))
      return true;
    if (!node.is("Transpose"))
      return false;
    value = node.input(0);
  }
  return false;
}

/// Whether the node cuts a list along its entries, of which nobody knows how many there are.
static bool cutsEntries(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!node.is("Split") || !type || node.getOutputs().size() < 2 || !isList(node.input(0)))
    return false;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  return axis && type.isDynamicDim(*axis);
}

void warnOfHitLists(FunctionOpInterface function) {
  function->walk([](onnx::NodeOp node) {
    if (cutsEntries(node))
      node.emitWarning(nameOf(node))
          << ": splits a list whose length depends on the data into " << node.getOutputs().size()
          << " parts, as many as the input had that the file was traced with; for other inputs it "
             "fails or computes something else: export a loop over all experts";
  });
}

} // namespace moe::raise
