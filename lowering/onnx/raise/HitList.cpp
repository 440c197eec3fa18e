//===- HitList.cpp - Lists that were cut for one input --------------------===//

#include "lowering/onnx/raise/HitList.h"

using namespace mlir;

namespace moe::raise {

/// The list of places that `value` is, laid out in any way, or null.
static onnx::NodeOp listOf(Value value) {
  for (int step = 0; step < 8; ++step) {
    onnx::NodeOp node = nodeOf(stripShape(value));
    if (!node || !node.input(0) || node.is("NonZero"))
      return node && node.is("NonZero") ? node : onnx::NodeOp();
    if (!node.is("Transpose"))
      return {};
    value = node.input(0);
  }
  return {};
}

/// Whether the node cuts a list along its entries, of which nobody knows how many there are.
static bool cutsEntries(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!node.is("Split") || !type || node.getOutputs().size() < 2 || !listOf(node.input(0)))
    return false;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  return axis && type.isDynamicDim(*axis);
}

std::optional<int64_t> placeOfFullList(Value index) {
  index = stripShape(index);
  onnx::NodeOp split = nodeOf(index, "Split");
  onnx::NodeOp nonZero = split && cutsEntries(split) ? listOf(split.input(0)) : onnx::NodeOp();
  RankedTensorType mask = nonZero ? tensorType(nonZero.input(0)) : RankedTensorType();
  int64_t parts = split ? split.getOutputs().size() : 0;
  if (!mask || mask.getShape() != ArrayRef<int64_t>{parts})
    return std::nullopt;
  // Given sizes have to add up to the list's; without them the last part may be empty.
  auto sizes = split.input(1) ? constantInts(split.input(1)) : std::nullopt;
  if (auto old = dyn_cast_or_null<DenseI64ArrayAttr>(split.attribute("split")))
    sizes = SmallVector<int64_t>(old.asArrayRef());
  if (!sizes || *sizes != SmallVector<int64_t>(parts, 1))
    return std::nullopt;
  return llvm::find(split.getOutputs(), index) - split.getOutputs().begin();
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
