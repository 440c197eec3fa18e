//===- Choices.cpp - Where a graph chooses experts ------------------------===//

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Router.h"

using namespace mlir;

namespace moe::raise {

static std::optional<Choices> choicesOfTopK(onnx::NodeOp node) {
  std::optional<int64_t> k = routingTopK(node);
  if (!k)
    return std::nullopt;
  return Choices{node, node.getOutputs()[1], node.input(0), *k, lastDim(node.input(0)), "given"};
}

/// The largest of the last dimension, which stays or goes.
static std::optional<Choices> choicesOfArgMax(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  // Of equal scores the operator may be told to take the last one; ids are ids all the same.
  if (!node.is("ArgMax") || !type || !isLastAxis(node, 0, type.getRank()))
    return std::nullopt;
  return Choices{node, node.getOutputs()[0], node.input(0), 1, type.getShape().back(), "argmax"};
}

/// The operators that choose. A new kind of choice is a function and a row.
using ChoiceRow = std::optional<Choices> (*)(onnx::NodeOp);
static const ChoiceRow rows[] = {choicesOfTopK, choicesOfArgMax};

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
