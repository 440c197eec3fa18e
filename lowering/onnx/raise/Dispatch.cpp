//===- Dispatch.cpp - Recognises which tokens go to which expert ----------===//

#include "lowering/onnx/raise/Dispatch.h"
#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {

/// Nodes that the ids may pass through before they are compared.
static bool passesIds(onnx::NodeOp node) {
  static const StringRef names[] = {"Gather",  "Slice", "Split",   "Squeeze", "Unsqueeze",
                                    "Reshape", "Cast",  "Flatten", "Identity"};
  return node.getDomain().empty() && llvm::is_contained(names, node.getOp());
}

/// Users of `value` that are nodes and read it as input `index`.
static SmallVector<onnx::NodeOp> readers(Value value, unsigned index) {
  SmallVector<onnx::NodeOp> nodes;
  for (OpOperand &use : value.getUses())
    if (auto node = dyn_cast<onnx::NodeOp>(use.getOwner()))
      if (use.getOperandNumber() == index)
        nodes.push_back(node);
  // Uses are listed last first.
  return SmallVector<onnx::NodeOp>(llvm::reverse(nodes));
}

bool Places::sameTokensAs(const Places &other) const {
  RankedTensorType type = tensorType(mask), otherType = tensorType(other.mask);
  return choice == other.choice &&
         (mask == other.mask || (type && otherType && type.getRank() == otherType.getRank() &&
                                 sameLeadingDims(mask, other.mask, type.getRank())));
}

Dispatch::Dispatch(Value ids) { visitIds(ids); }

const Places *Dispatch::find(Value value) const {
  auto it = places.find(value);
  return it == places.end() ? nullptr : &it->second;
}

void Dispatch::visitIds(Value ids) {
  SmallVector<Value> work{ids};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    for (onnx::NodeOp node : readers(value, 0))
      if (passesIds(node))
        llvm::append_range(work, node.getOutputs());
    for (unsigned side : {0u, 1u})
      for (onnx::NodeOp equal : readers(value, side)) {
        auto expert = equal.is("Equal") ? constantInt(equal.input(1 - side)) : std::nullopt;
        if (!expert)
          continue;
        ++masks;
        SlotOf slot = slotOf(value);
        if (slot.root == ids && slot.slot >= 0)
          visitMask(equal.getOutputs()[0], {slot.slot, *expert});
      }
  }
}

/// `mask` and what it is once expanded over a new last dimension.
void Dispatch::visitMask(Value mask, Choice choice) {
  for (onnx::NodeOp node : readers(mask, 0)) {
    visitNonZero(node, choice, /*elements=*/false, mask);
    if (!node.is("Unsqueeze") || !tensorType(mask) || !tensorType(node.getOutputs()[0]))
      continue;
    auto axes = axesOf(node);
    int64_t rank = tensorType(mask).getRank();
    if (!axes || axes->size() != 1 || normalizeAxis(axes->front(), rank + 1) != rank)
      continue;
    for (onnx::NodeOp expand : readers(node.getOutputs()[0], 0))
      if (expand.is("Expand") && tensorType(expand.getOutputs()[0]) &&
          tensorType(expand.getOutputs()[0]).getRank() == rank + 1)
        for (onnx::NodeOp nonZero : readers(expand.getOutputs()[0], 0))
          visitNonZero(nonZero, choice, /*elements=*/true, mask);
  }
}

void Dispatch::visitNonZero(onnx::NodeOp nonZero, Choice choice, bool elements, Value mask) {
  if (!nonZero.is("NonZero"))
    return;
  for (onnx::NodeOp node : readers(nonZero.getOutputs()[0], 0)) {
    auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm"));
    if (node.is("Transpose") && (!perm || perm.asArrayRef() == ArrayRef<int64_t>{1, 0}))
      places.insert({node.getOutputs()[0], {choice, elements, mask}});
  }
  if (!elements && tensorType(mask) && tensorType(mask).getRank() == 1)
    visitLayouts(nonZero.getOutputs()[0], {choice, elements, mask});
}

/// Whether the node leaves `list` as it is: the largest of one tensor, or Expand to the list's own
/// shape. Exporters broadcast the index tensors of an index_put, also where there is one only.
static bool isItself(onnx::NodeOp node, Value list) {
  if (node.is("Max"))
    return node.getInputs().size() == 1;
  onnx::NodeOp shape = node.is("Expand") ? nodeOf(node.input(1), "Shape") : nullptr;
  if (!shape || shape.attribute("end") || shape.intAttribute("start", 0) != 0)
    return false;
  onnx::NodeOp largest = nodeOf(shape.input(0), "Max");
  return (largest && isItself(largest, list) ? largest.input(0) : shape.input(0)) == list;
}

/// Of a mask of rank 1 all layouts of the list hold the same n places: [1, n], [n, 1] and [n].
void Dispatch::visitLayouts(Value list, const Places &found) {
  SmallVector<Value> work{list};
  llvm::DenseSet<Value> seen;
  while (!work.empty()) {
    Value value = work.pop_back_val();
    RankedTensorType type = tensorType(value);
    if (!type || !seen.insert(value).second)
      continue;
    Places layout = found;
    layout.flat = type.getRank() == 1;
    if (layout.flat || (type.getRank() == 2 && type.getShape().back() == 1))
      places.insert({value, layout});
    for (onnx::NodeOp node : readers(value, 0)) {
      bool keeps = stripShape(node.getOutputs()[0]) != node.getOutputs()[0];
      // [1, n] and [n, 1] are each other's transpose; the one row of [1, n] is all of it.
      bool first = node.is("Gather") && type.getRank() == 2 && type.getShape().front() == 1 &&
                   node.intAttribute("axis", 0) == 0 && constantInt(node.input(1)) == 0;
      // Exporters split the columns of places apart, also where there is one only.
      bool whole = node.is("Split") && node.getOutputs().size() == 1;
      if (keeps || first || whole || isItself(node, value) || node.is("Transpose"))
        work.push_back(node.getOutputs()[0]);
    }
  }
}

} // namespace moe::raise
