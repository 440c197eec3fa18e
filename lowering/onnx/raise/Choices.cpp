//===- Choices.cpp - Where a graph chooses experts ------------------------===//

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Rounds.h"
#include "lowering/onnx/raise/Scores.h"

using namespace mlir;

namespace moe::raise {

/// The k of a TopK over its last dimension, of the largest, where it is constant.
static std::optional<int64_t> routingTopK(onnx::NodeOp node) {
  if (!node.is("TopK") || node.getOutputs().size() != 2 || !isOverLast(node) ||
      node.intAttribute("largest", 1) != 1)
    return std::nullopt;
  if (node.input(1))
    return constantInt(node.input(1));
  if (node.attribute("k"))
    return node.intAttribute("k", 0);
  return std::nullopt;
}

/// Whether the node takes the first numbers of each row of `value`, fewer than there are.
static bool takesFirst(onnx::NodeOp node, Value value) {
  RankedTensorType type = tensorType(value);
  if (!node || !node.is("Slice") || node.input(0) != value || !type)
    return false;
  auto starts = constantInts(node.input(1)), axes = constantInts(node.input(3));
  auto steps = node.input(4) ? constantInts(node.input(4)) : SmallVector<int64_t>{1};
  int64_t width = lastDim(node.getOutputs()[0]);
  return starts && axes && steps && *starts == ArrayRef<int64_t>{0} &&
         *steps == ArrayRef<int64_t>{1} && axes->size() == 1 &&
         normalizeAxis(axes->front(), type.getRank()) == type.getRank() - 1 &&
         ShapedType::isStatic(width) && width >= 1 && width < lastDim(value);
}

/// The first of each row of `value` where nothing else is read of it, or null.
static Value onlyFirst(Value value) {
  if (!value.hasOneUse())
    return {};
  auto node = dyn_cast<onnx::NodeOp>(*value.user_begin());
  return takesFirst(node, value) ? node.getOutputs()[0] : Value();
}

/// A router that takes more than it keeps (the noisy gate's k + 1) chooses what it keeps.
static std::optional<Choices> choicesOfTopK(onnx::NodeOp node) {
  std::optional<int64_t> k = routingTopK(node);
  if (!k)
    return std::nullopt;
  Choices choices{
      node,   node.getOutputs()[1], node.getOutputs()[0], node.input(0), *k, lastDim(node.input(0)),
      "given"};
  if (Value ids = onlyFirst(choices.ids); ids && node.intAttribute("sorted", 1)) {
    Value values = onlyFirst(choices.values);
    choices.values = values && lastDim(values) == lastDim(ids) ? values : Value();
    choices.ids = ids;
    choices.k = lastDim(ids);
  }
  return choices;
}

/// The largest of the last dimension, which stays or goes.
static std::optional<Choices> choicesOfArgMax(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  // Of equal scores the operator may be told to take the last one; ids are ids all the same.
  if (!node.is("ArgMax") || !type || !isLastAxis(node, 0, type.getRank()))
    return std::nullopt;
  return Choices{node, node.getOutputs()[0],   {},      node.input(0),
                 1,    type.getShape().back(), "argmax"};
}

/// The operators that choose. A new kind of choice is a function and a row.
using ChoiceRow = std::optional<Choices> (*)(onnx::NodeOp);
static const ChoiceRow rows[] = {choicesOfTopK, choicesOfArgMax, choicesOfRounds};

SmallVector<Value> Choices::numbers() const {
  if (!rounds.empty())
    return numbersOfRounds(*this);
  return values ? SmallVector<Value>{values} : SmallVector<Value>();
}

std::optional<Choices> choicesAt(onnx::NodeOp node) {
  for (ChoiceRow row : rows)
    if (auto choices = row(node)) {
      RankedTensorType scores = tensorType(choices->scores), ids = tensorType(choices->ids);
      bool good = scores && ids && scores.getRank() >= 2 &&
                  isa<FloatType>(scores.getElementType()) &&
                  ShapedType::isStatic(choices->experts) && choices->k >= 1 &&
                  choices->k <= choices->experts;
      return good ? choices : std::nullopt;
    }
  return std::nullopt;
}

} // namespace moe::raise
