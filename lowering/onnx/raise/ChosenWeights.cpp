//===- ChosenWeights.cpp - Reads routing weights back to scores -----------===//
//
// One step back a round. Each step has its place in the order of the gate's rule, and a step that
// comes too late in it is no step of the rule.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/ChosenWeights.h"
#include "lowering/onnx/raise/Rounds.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Scores.h"
#include <cmath>

using namespace mlir;

namespace moe::raise {
namespace {

/// Weights go through fewer steps in any router.
constexpr int kMostSteps = 24;

class WeightReader {
public:
  WeightReader(const Choices &choices, Attempt &attempt)
      : choices(choices), attempt(attempt), ids(stripRows(choices.ids, choices.k)) {}

  FailureOr<ChosenWeights> read(Value weights) {
    for (int step = 0; step < kMostSteps; ++step) {
      weights = stripRows(weights, choices.k);
      if ((result.scores = chosenFrom(weights)))
        return result;
      onnx::NodeOp node = nodeOf(weights);
      Value before = node && node.input(0) ? stepBack(node) : Value();
      if (!before)
        return miss(node);
      weights = before;
    }
    return miss({});
  }

private:
  /// The steps of the rule that can still follow, backwards.
  enum class Place { Scaled, Normalized, Bounded, Scored };

  LogicalResult miss(onnx::NodeOp node) {
    onnx::NodeOp chooser = choices.anchor, at = node ? node : chooser;
    return attempt.miss(at, nameOf(at) + " is no known step between " + chooser.getOp() +
                                " and the routing weights");
  }

  /// The scores over all experts that `weights` are those of the chosen of, or null.
  Value chosenFrom(Value weights) {
    if (weights == choices.values)
      return choices.scores;
    if (auto joined = joinedByRounds(choices, weights))
      return chosenByRounds(*joined);
    onnx::NodeOp node = nodeOf(weights);
    if (!node || !node.input(0))
      return {};
    if (node.is("GatherElements") && node.input(1) && lastDim(node.input(0)) == choices.experts &&
        isLastAxis(node, 0, tensorType(node.input(0)).getRank()) &&
        stripRows(node.input(1), choices.k) == ids)
      return node.input(0);
    // The largest score is that of the one expert that was chosen for it.
    RankedTensorType type = tensorType(node.input(0));
    auto axes = axesOf(node);
    if (node.is("ReduceMax") && choices.k == 1 && type && axes && axes->size() == 1 &&
        type.getShape().back() == choices.experts &&
        normalizeAxis(axes->front(), type.getRank()) == type.getRank() - 1 &&
        readScores(node.input(0), choices.experts) == readScores(choices.scores, choices.experts))
      return node.input(0);
    return {};
  }

  /// The rows that each round's number was taken from by its own choice, or null.
  Value chosenByRounds(ArrayRef<Value> numbers) {
    auto isOwn = [&](auto pair) {
      return isBestOf(std::get<0>(pair), std::get<1>(pair), std::get<0>(pair).scores);
    };
    if (llvm::all_of(llvm::zip_equal(choices.rounds, numbers), isOwn))
      return choices.scores;
    onnx::NodeOp first = nodeOf(stripRows(numbers.front(), 1), "GatherElements");
    auto isOfFirst = [&](auto pair) {
      return isBestOf(std::get<0>(pair), std::get<1>(pair), first.input(0));
    };
    bool all = first && llvm::all_of(llvm::zip_equal(choices.rounds, numbers), isOfFirst);
    return all ? first.input(0) : Value();
  }

  /// What the node was computed from, where it is a step of the rule at this place.
  Value stepBack(onnx::NodeOp node) {
    if (Value before = scaled(node))
      return before;
    if (Value before = normalized(node))
      return before;
    if (Bounded bounded = boundedBelow(node); bounded.value && place < Place::Bounded) {
      place = Place::Bounded;
      result.leastWeight = bounded.number;
      return bounded.value;
    }
    return scored(node);
  }

  /// A product or quotient of the weights and one positive number.
  Value scaled(onnx::NodeOp node) {
    Value a = node.input(0), b = node.input(1);
    if (!b || !(node.is("Mul") || node.is("Div")))
      return {};
    if (node.is("Mul") && filledWith(a))
      std::swap(a, b);
    auto number = filledWith(b);
    if (!number || !(*number > 0.0) || std::isinf(*number))
      return {};
    double factor = node.is("Mul") ? *number : 1.0 / *number;
    if (place == Place::Scaled) {
      result.scale *= factor;
      return a;
    }
    // What comes after a score over the k would be another score before it.
    if (place == Place::Scored)
      return {};
    // c w / max(sum c w + epsilon, least) = w / max(sum w + epsilon / c, least / c)
    result.epsilon /= factor;
    if (result.leastSum)
      *result.leastSum /= factor;
    if (result.leastWeight)
      *result.leastWeight /= factor;
    if (!result.normalize)
      result.scale *= factor;
    return a;
  }

  Value normalized(onnx::NodeOp node) {
    Quotient quotient = quotientOf(node);
    if (!quotient.dividend || place > Place::Normalized)
      return {};
    auto sum = readSum(quotient.divisor, quotient.dividend, choices.k);
    if (!sum)
      return {};
    bool again = place == Place::Normalized;
    // A second division by the sum makes the first one's epsilon cancel, if it has none itself.
    if (again && (result.epsilon != 0.0 || result.leastSum))
      return {};
    place = Place::Normalized;
    result.normalize = true;
    result.absolute |= sum->absolute;
    if (!again) {
      result.epsilon = sum->epsilon;
      result.leastSum = sum->least;
    }
    return quotient.dividend;
  }

  /// A score over the chosen k. softmax(log(w)) is w over the sum of w.
  Value scored(onnx::NodeOp node) {
    Scores scores = readScores(node.getOutputs()[0], choices.k);
    if (scores.function == Score::Identity || place == Place::Scored)
      return {};
    onnx::NodeOp log = nodeOf(scores.logits, "Log");
    if (scores.function == Score::Softmax && log && place < Place::Normalized) {
      place = Place::Normalized;
      result.normalize = true;
      return log.input(0);
    }
    place = Place::Scored;
    result.after = scores.function;
    return scores.logits;
  }

  const Choices &choices;
  Attempt &attempt;
  Value ids;
  Place place = Place::Scaled;
  ChosenWeights result;
};

} // namespace

FailureOr<ChosenWeights> readWeights(const Choices &choices, Value weights, Attempt &attempt) {
  return WeightReader(choices, attempt).read(weights);
}

} // namespace moe::raise
