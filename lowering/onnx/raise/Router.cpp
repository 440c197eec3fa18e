//===- Router.cpp - Recognises a gate -------------------------------------===//

#include "lowering/onnx/raise/Router.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Softmax and TopK before opset 13 counted their axis from the front.
bool isOverLast(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  bool old = node.is("Softmax") && node.getVersion() < 13;
  return type && isLastAxis(node, old ? 1 : -1, type.getRank());
}

/// Follows the weights back to TopK, filling in the rule.
class GateReader {
public:
  GateReader(onnx::NodeOp topk, Attempt &attempt) : topk(topk), attempt(attempt) {}
  FailureOr<Router> read(Value weights);

private:
  LogicalResult readWeights(Value weights);
  LogicalResult readScale(onnx::NodeOp node, Value &weights);
  LogicalResult readScoreAfter(Score after, onnx::NodeOp node);
  bool readSum(Value sum, Value of);
  Value readScores(Value scores);
  LogicalResult readChoice();
  LogicalResult miss(onnx::NodeOp node, StringRef why) {
    return attempt.miss(node ? node.getOperation() : topk.getOperation(),
                        nameOf(node ? node : topk) + " " + why.str());
  }

  onnx::NodeOp topk;
  Attempt &attempt;
  Score score = Score::Identity;
  bool scoreAfter = false, normalize = false, absolute = false;
  double epsilon = 0.0, scale = 1.0;
  /// What the weights are taken from, [..., E].
  Value mixed;
  Value logits;
  std::optional<WeightView> bias;
};

/// Whether `sum` is the sum of `of` over its last dimension, kept as 1, plus an epsilon.
bool GateReader::readSum(Value sum, Value of) {
  for (int step = 0; step < 8; ++step) {
    onnx::NodeOp node = nodeOf(sum);
    if (!node || !node.input(0))
      return false;
    if (node.is("Add")) {
      unsigned constant = constantNumber(node.input(1)) ? 1 : 0;
      auto number = constantNumber(node.input(constant));
      if (!number || *number < 0.0)
        return false;
      epsilon += *number;
      sum = node.input(1 - constant);
      continue;
    }
    if (node.is("ReduceSum") || node.is("ReduceL1")) {
      auto axes = axesOf(node);
      int64_t rank = tensorType(of) ? tensorType(of).getRank() : 0;
      absolute |= node.is("ReduceL1");
      return stripCast(node.input(0)) == of && node.intAttribute("keepdims", 1) == 1 && axes &&
             axes->size() == 1 && normalizeAxis(axes->front(), rank) == rank - 1;
    }
    Value before = stripCast(sum);
    if (node.is("Expand"))
      before = node.input(0);
    if (before == sum)
      return false;
    sum = before;
  }
  return false;
}

/// A product or quotient of the weights and one number.
LogicalResult GateReader::readScale(onnx::NodeOp node, Value &weights) {
  Value a = node.input(0), b = node.input(1);
  if (node.is("Mul") && constantNumber(a))
    std::swap(a, b);
  auto number = constantNumber(b);
  if (!number || !a || (node.is("Div") && *number == 0.0) || normalize || scoreAfter)
    return failure();
  scale = node.is("Mul") ? scale * *number : scale / *number;
  weights = a;
  return success();
}

LogicalResult GateReader::readScoreAfter(Score after, onnx::NodeOp node) {
  if (scoreAfter || (after == Score::Softmax && !isOverLast(node)))
    return miss(node, "is no score over the chosen experts");
  scoreAfter = true;
  score = after;
  return success();
}

LogicalResult GateReader::readWeights(Value weights) {
  for (int step = 0; step < 16; ++step) {
    weights = stripCast(weights);
    if (weights == topk.getOutputs()[0]) {
      mixed = stripCast(topk.input(0));
      return success();
    }
    onnx::NodeOp node = nodeOf(weights);
    if (!node || !node.input(0))
      return miss(node, "is not where the routing weights should come from");
    if ((node.is("Mul") || node.is("Div")) && succeeded(readScale(node, weights)))
      continue;
    if (node.is("Div") && !normalize && !scoreAfter &&
        readSum(node.input(1), stripCast(node.input(0)))) {
      normalize = true;
      weights = node.input(0);
      continue;
    }
    if (node.is("Softmax") || node.is("Sigmoid")) {
      if (failed(readScoreAfter(node.is("Softmax") ? Score::Softmax : Score::Sigmoid, node)))
        return failure();
      weights = node.input(0);
      continue;
    }
    if (node.is("GatherElements") && isLastAxis(node, 0, tensorType(weights).getRank()) &&
        stripCast(node.input(1)) == topk.getOutputs()[1]) {
      mixed = stripCast(node.input(0));
      return success();
    }
    return miss(node, "is no known step between TopK and the routing weights");
  }
  return miss({}, "is too far from the routing weights");
}

/// The scores as a function of the logits, which are returned.
Value GateReader::readScores(Value scores) {
  onnx::NodeOp node = nodeOf(scores);
  if (scoreAfter || !node || !node.input(0))
    return scores;
  if (node.is("Softmax") && isOverLast(node)) {
    score = Score::Softmax;
    return node.input(0);
  }
  if (node.is("Sigmoid")) {
    score = Score::Sigmoid;
    return node.input(0);
  }
  if (onnx::NodeOp inner = nodeOf(node.input(0), "Softplus"); inner && node.is("Sqrt")) {
    score = Score::SqrtSoftplus;
    return inner.input(0);
  }
  return scores;
}

/// What TopK chooses by: the mixed scores, or these plus a bias for each expert.
LogicalResult GateReader::readChoice() {
  Value choice = stripCast(topk.input(0));
  if (choice == mixed)
    return success();
  if (onnx::NodeOp add = nodeOf(choice, "Add"))
    for (unsigned i : {0u, 1u}) {
      auto view = weightView(add.input(i));
      if (!view || stripCast(add.input(1 - i)) != mixed)
        continue;
      while (view->rank() > 1 && view->shape.front() == 1)
        view = view->selected(0, 0);
      if (view->rank() == 1 && view->shape[0] == lastDim(choice)) {
        bias = view;
        return success();
      }
    }
  return miss(nodeOf(choice), "chooses by other scores than the weights are taken from");
}

FailureOr<Router> GateReader::read(Value weights) {
  auto k = routingTopK(topk);
  if (!k) // an ArgMax
    return miss(topk, "does not take a constant number of largest scores over its last dimension");
  if (failed(readWeights(weights)) || failed(readChoice()))
    return failure();
  logits = readScores(mixed);
  RankedTensorType type = tensorType(logits);
  if (!type || type.getRank() < 2 || type.isDynamicDim(type.getRank() - 1) ||
      !isa<FloatType>(type.getElementType()))
    return miss(topk, "has logits without a static number of experts");
  if (absolute && score == Score::Identity)
    return miss(topk, "has weights divided by the sum of their absolute values");
  int64_t experts = type.getShape().back();
  if (*k < 1 || *k > experts)
    return miss(topk, "takes more experts than there are");
  Builder builder(topk.getContext());
  auto number = [&](double value, double otherwise) {
    return value == otherwise ? FloatAttr() : builder.getF64FloatAttr(value);
  };
  auto gate = GateAttr::get(builder.getContext(), score, *k, scoreAfter, normalize,
                            number(epsilon, 0.0), number(scale, 1.0), FloatAttr(), 1, 1, 1);
  return Router{topk, topk.getOutputs()[1], logits, bias, gate, experts};
}

/// The one place along the last dimension that the node takes of its input, or nothing.
std::optional<int64_t> selectedSlot(onnx::NodeOp node, Value result) {
  RankedTensorType type = tensorType(node.input(0));
  if (!type || !type.getRank() || ShapedType::isDynamic(type.getShape().back()))
    return std::nullopt;
  int64_t rank = type.getRank(), k = type.getShape().back();
  std::optional<int64_t> slot;
  if (node.is("Gather") && isLastAxis(node, 0, rank)) {
    slot = constantInt(node.input(1));
  } else if (node.is("Split") && isLastAxis(node, 0, rank) &&
             static_cast<int64_t>(node.getOutputs().size()) == k) {
    slot = llvm::find(node.getOutputs(), result) - node.getOutputs().begin();
  } else if (node.is("Slice") && lastDim(result) == 1) {
    auto axis = constantInt(node.input(3));
    if (axis && normalizeAxis(*axis, rank) == rank - 1)
      slot = constantInt(node.input(1));
  }
  if (slot && *slot < 0)
    *slot += k;
  return slot && *slot >= 0 && *slot < k ? slot : std::nullopt;
}

} // namespace

std::optional<int64_t> routingTopK(onnx::NodeOp node) {
  if (!node.is("TopK") || node.getOutputs().size() != 2 || !isOverLast(node) ||
      node.intAttribute("largest", 1) != 1)
    return std::nullopt;
  if (node.input(1))
    return constantInt(node.input(1));
  if (node.attribute("k"))
    return node.intAttribute("k", 0);
  return std::nullopt;
}

FailureOr<Router> matchRouter(onnx::NodeOp topk, Value weights, Attempt &attempt) {
  return GateReader(topk, attempt).read(weights);
}

SlotOf slotOf(Value value) {
  Value one = stripShape(value);
  onnx::NodeOp node = nodeOf(one);
  if (node && node.input(0))
    if (auto slot = selectedSlot(node, one)) {
      // Before the choice a slot's place must stay the last dimension.
      Value root = node.input(0);
      for (int step = 0; step < 16; ++step) {
        Value before = stripCast(root);
        if (onnx::NodeOp shape = nodeOf(before, "Reshape");
            shape && lastDim(before) == lastDim(shape.input(0)))
          before = shape.input(0);
        if (before == root)
          break;
        root = before;
      }
      return {root, *slot};
    }
  return {one, lastDim(one) == 1 ? 0 : -1};
}

} // namespace moe::raise
