//===- Router.cpp - Recognises a gate -------------------------------------===//
//
// Weights lead back to scores, the choice leads back to candidates; both have to be of the same
// logits. The parts are read each in a file of its own, and put together here.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/ChosenWeights.h"
#include "lowering/onnx/raise/GroupLimit.h"
#include "lowering/onnx/raise/Rounds.h"
#include "lowering/onnx/raise/Scores.h"
#include <cmath>

using namespace mlir;

namespace moe::raise {
namespace {

/// What a choice is made by: a function of the logits, plus a bias for each expert, in groups.
struct Candidates {
  Scores scores;
  std::optional<WeightView> bias;
  GroupLimit limit;
};

class GateReader {
public:
  GateReader(const Choices &choices, Attempt &attempt) : choices(choices), attempt(attempt) {}
  FailureOr<Router> read(Value weights);

private:
  std::optional<Router> readMixer(Value weights);
  FailureOr<Candidates> readCandidates();
  std::optional<Candidates> readBias(Value value);
  LogicalResult settleScores(const Candidates &candidates);
  LogicalResult settleOutside(Candidates &candidates);
  LogicalResult settleWeights();
  GateAttr makeGate(const GroupLimit &limit);
  bool isPositive() const { return rule.function != Score::Identity; }
  LogicalResult miss(const Twine &why) {
    return attempt.miss(choices.anchor, nameOf(choices.anchor) + " " + why.str());
  }

  const Choices &choices;
  Attempt &attempt;
  ChosenWeights chosen;
  /// The gate's score function, of the logits or (`scoreAfter`) of the chosen ones.
  Scores rule;
  bool scoreAfter = false;
  /// The best scores are taken as they are.
  bool isPlain = false;
};

/// `value` as scores plus a number for each expert.
std::optional<Candidates> GateReader::readBias(Value value) {
  onnx::NodeOp add = nodeOf(stripRows(value, choices.experts), "Add");
  for (unsigned i : {1u, 0u}) {
    auto view = add && add.input(1) ? weightView(add.input(i)) : std::nullopt;
    if (!view)
      continue;
    while (view->rank() > 1 && view->shape.front() == 1)
      view = view->selected(0, 0);
    if (view->rank() == 1 && view->shape[0] == choices.experts &&
        lastDim(add.getOutputs()[0]) == choices.experts)
      return Candidates{readScores(add.input(1 - i), choices.experts), view, {}};
  }
  return std::nullopt;
}

FailureOr<Candidates> GateReader::readCandidates() {
  auto limit = readGroupLimit(choices.scores, choices.experts, attempt);
  if (failed(limit))
    return failure();
  // Where all groups stay none is out.
  if (limit->topGroups >= limit->groups)
    limit->groups = limit->topGroups = limit->groupBest = 1, limit->outside.reset();
  Candidates candidates{readScores(limit->candidates, choices.experts), {}, *limit};
  // A linear layer's own bias is no selection bias: what it is added to is never mixed.
  Scores mixed = readScores(chosen.scores, choices.experts);
  if (candidates.scores.function == Score::Identity && candidates.scores.logits != mixed.logits)
    if (auto biased = readBias(limit->candidates)) {
      candidates.scores = biased->scores;
      candidates.bias = biased->bias;
    }
  return candidates;
}

/// The one score function that the choice and the weights have in common.
LogicalResult GateReader::settleScores(const Candidates &candidates) {
  Scores mixed = readScores(chosen.scores, choices.experts);
  // Weights that are the TopK's own values are the candidates themselves.
  if (stripRows(chosen.scores, choices.experts) == stripRows(choices.scores, choices.experts)) {
    if (candidates.bias)
      return miss("mixes by scores that the selection bias was added to");
    mixed = candidates.scores;
  }
  const Scores &choice = candidates.scores;
  if (mixed.logits != choice.logits)
    return miss("chooses by other scores than the weights are taken from");
  auto settle = [&](Score function, bool after) {
    rule = {function, choice.logits};
    scoreAfter = after;
    return success();
  };
  if (chosen.after) {
    // Each of the functions keeps the order, and so the choice.
    if (mixed.function == Score::Identity && (choice.function == Score::Identity || isPlain))
      return settle(*chosen.after, true);
    return miss("takes a score of scores");
  }
  if (mixed.function == choice.function)
    return settle(mixed.function, false);
  if (choice.function == Score::Identity && mixed.function != Score::Softmax)
    return settle(mixed.function, true);
  if (isPlain && mixed.function != Score::Identity)
    return settle(mixed.function, false);
  return miss("chooses by other scores than the weights are taken from");
}

/// The numbers of a bias that the compiler holds, or nothing.
static std::optional<double> leastOf(const WeightView &view) {
  auto elements = dyn_cast<DenseElementsAttr>(view.source);
  if (!elements || !isa<FloatType>(elements.getElementType()))
    return std::nullopt;
  double least = std::numeric_limits<double>::infinity();
  for (APFloat number : elements.getValues<APFloat>()) {
    bool inexact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    double value = number.convertToDouble();
    least = value < least || std::isnan(value) ? value : least;
  }
  return least;
}

/// A number that no candidate can be below takes an expert out of the race.
LogicalResult GateReader::settleOutside(Candidates &candidates) {
  std::optional<double> &outside = candidates.limit.outside;
  if (!outside)
    return success();
  // No score is negative, and none that is computed lies below such numbers.
  constexpr double lowest = -1e9;
  std::optional<double> bias = candidates.bias ? leastOf(*candidates.bias) : 0.0;
  bool positive = candidates.scores.function != Score::Identity;
  if ((positive && bias && *outside <= *bias) || *outside <= lowest) {
    outside.reset();
    return success();
  }
  if (stripRows(chosen.scores, choices.experts) == stripRows(choices.scores, choices.experts))
    return miss("may mix by the number that other groups' scores were replaced by");
  return success();
}

/// What the weights are divided by, and what they are at least.
LogicalResult GateReader::settleWeights() {
  if (chosen.absolute && !isPositive())
    return miss("has weights divided by the sum of their absolute values");
  // The largest of E softmax scores is 1 / E at least, and with it the sum.
  if (chosen.leastSum && rule.function == Score::Softmax && isPlain &&
      (scoreAfter || *chosen.leastSum <= 1.0 / static_cast<double>(choices.experts)) &&
      *chosen.leastSum <= 1.0)
    chosen.leastSum.reset();
  if (chosen.leastSum && *chosen.leastSum <= 0.0 && isPositive())
    chosen.leastSum.reset();
  if (chosen.leastWeight && *chosen.leastWeight <= 0.0 && isPositive())
    chosen.leastWeight.reset();
  return success();
}

GateAttr GateReader::makeGate(const GroupLimit &limit) {
  Builder builder(rule.logits.getContext());
  auto number = [&](std::optional<double> value, double absent) {
    return !value || *value == absent ? FloatAttr() : builder.getF64FloatAttr(*value);
  };
  auto given = [&](std::optional<double> value) {
    return value ? builder.getF64FloatAttr(*value) : FloatAttr();
  };
  return GateAttr::get(builder.getContext(), rule.function, choices.k, scoreAfter, chosen.normalize,
                       number(chosen.epsilon, 0.0), number(chosen.scale, 1.0), FloatAttr(),
                       limit.groups, limit.topGroups, limit.groupBest, given(limit.outside),
                       given(chosen.leastWeight), given(chosen.leastSum));
}

/// Two rounds of masked softmax, a score of its own.
std::optional<Router> GateReader::readMixer(Value weights) {
  auto jitter = choices.rounds.empty() ? std::nullopt : readSparseMixer(choices, weights);
  RankedTensorType type = tensorType(choices.scores);
  if (!jitter || type.getShape().back() != choices.experts)
    return std::nullopt;
  Builder builder(type.getContext());
  auto gate = GateAttr::get(builder.getContext(), Score::SparseMixer, 2, false, false, FloatAttr(),
                            FloatAttr(), builder.getF64FloatAttr(*jitter), 1, 1, 1);
  return Router{choices.anchor, choices.ids, choices.scores, {}, gate, choices.experts};
}

FailureOr<Router> GateReader::read(Value weights) {
  if (auto mixer = readMixer(weights))
    return *mixer;
  auto read = readWeights(choices, weights, attempt);
  if (failed(read))
    return failure();
  chosen = *read;
  auto candidates = readCandidates();
  if (failed(candidates))
    return failure();
  isPlain = !candidates->bias && candidates->limit.groups == 1;
  if (failed(settleScores(*candidates)) || failed(settleOutside(*candidates)) ||
      failed(settleWeights()))
    return failure();
  onnx::NodeOp anchor = choices.anchor;
  if (anchor.is("ArgMax") && anchor.intAttribute("select_last_index", 0))
    return miss("takes the last one of equal scores");
  RankedTensorType type = tensorType(rule.logits);
  if (!type || type.getRank() < 2 || type.getShape().back() != choices.experts ||
      !isa<FloatType>(type.getElementType()))
    return miss("has logits without a static number of experts");
  const GroupLimit &limit = candidates->limit;
  if (choices.k > limit.topGroups * (choices.experts / limit.groups))
    return miss("takes more experts than the best groups have");
  return Router{choices.anchor,   choices.ids,     rule.logits,
                candidates->bias, makeGate(limit), choices.experts};
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

FailureOr<Router> matchRouter(const Choices &choices, Value weights, Attempt &attempt) {
  return GateReader(choices, attempt).read(weights);
}

FailureOr<Router> matchRouter(onnx::NodeOp topk, Value weights, Attempt &attempt) {
  if (auto choices = choicesAt(topk))
    return matchRouter(*choices, weights, attempt);
  return attempt.miss(topk, nameOf(topk) + " chooses no constant number of the largest scores over "
                                           "its last dimension");
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
