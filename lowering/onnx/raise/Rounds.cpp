//===- Rounds.cpp - Choices by rounds of the best one ---------------------===//

#include "lowering/onnx/raise/Rounds.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Scores.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace moe::raise {

/// Below every score that is computed.
static constexpr double kLowest = -1e9;

/// Of the narrowest type the lowest number.
static double lowestOf(Value value) {
  RankedTensorType type = tensorType(value);
  return type && type.getElementType().isF16() ? -6.0e4 : kLowest;
}

static bool isLowest(Value value) {
  auto number = filledWith(value);
  return number && *number <= lowestOf(value);
}

/// What follows from one round alone.
static RoutedValues routedOfRound(const Choices &round) {
  Axes axes;
  for (int64_t size : tensorType(round.ids).getShape().drop_back(round.lastIsSlot() ? 1 : 0))
    axes.push_back(dimOf(Atom::Token, size));
  if (round.lastIsSlot())
    axes.push_back(dimOf(Atom::Slot, 1));
  return RoutedValues(round.ids, axes, {1, round.experts}, {});
}

/// Whether `value` is the mask of the chosen expert (`kind`) over all experts.
static bool isMaskOver(const RoutedValues &routed, Value value, Routed::Kind kind) {
  const Routed *mask = routed.find(value);
  return mask && mask->kind == kind && !mask->expert &&
         placeOf(mask->axes, Atom::Expert) == mask->axes.size() - 1;
}

/// Whether `value` is a number as low as that where the round's expert is, and 0 elsewhere; for
/// `sign` -1 its opposite.
static bool isLowAtChosen(const RoutedValues &routed, Value value, double sign) {
  onnx::NodeOp node = nodeOf(value);
  if (!node || !node.input(1))
    return false;
  auto isLow = [&](Value number) {
    auto filled = filledWith(number);
    return filled && sign * *filled <= lowestOf(number);
  };
  for (unsigned side : {0u, 1u})
    if (node.is("Mul") && isLow(node.input(1 - side)) &&
        isMaskOver(routed, node.input(side), Routed::Chosen))
      return !std::isinf(*filledWith(node.input(1 - side))); // of which 0 makes no number
  return node.is("Where") && isLow(node.input(1)) && filledWith(node.input(2)) == 0.0 &&
         isMaskOver(routed, node.input(0), Routed::Chosen);
}

bool leavesOut(Value scores, Value before, const Choices &round) {
  int64_t experts = round.experts;
  onnx::NodeOp node = nodeOf(stripRows(scores, experts));
  auto isBefore = [&](Value value) {
    return value && stripRows(value, experts) == stripRows(before, experts);
  };
  if (!node || !node.input(1))
    return false;
  if (node.is("ScatterElements"))
    return isLastAxis(node, 0, tensorType(node.input(0)).getRank()) && isBefore(node.input(0)) &&
           stripRows(node.input(1), 1) == stripRows(round.ids, 1) && isLowest(node.input(2)) &&
           node.stringAttribute("reduction", "none") == "none";
  if (node.is("Where")) {
    bool lowWhereTrue = isLowest(node.input(1));
    return isBefore(node.input(lowWhereTrue ? 2 : 1)) &&
           isLowest(node.input(lowWhereTrue ? 1 : 2)) &&
           isMaskOver(routedOfRound(round), node.input(0),
                      lowWhereTrue ? Routed::Chosen : Routed::Unchosen);
  }
  unsigned side = isBefore(node.input(0)) ? 0 : 1;
  bool adds = node.is("Add"), subtracts = node.is("Sub") && side == 0;
  return (adds || subtracts) && isBefore(node.input(side)) &&
         isLowAtChosen(routedOfRound(round), node.input(1 - side), adds ? 1.0 : -1.0);
}

std::optional<Choices> choicesOfRounds(onnx::NodeOp concat) {
  RankedTensorType type = tensorType(concat.getOutputs()[0]);
  size_t count = concat.getInputs().size();
  if (!concat.is("Concat") || !type || count < 2 || count > kMostRounds ||
      type.getShape().back() != static_cast<int64_t>(count) ||
      !isLastAxis(concat, 0, type.getRank()) || !isa<IntegerType>(type.getElementType()))
    return std::nullopt;
  Choices all{concat, concat.getOutputs()[0], {}, {}, static_cast<int64_t>(count), 0, "given", {}};
  for (Value ids : concat.getInputs()) {
    onnx::NodeOp node = nodeOf(stripRows(ids, 1));
    auto round = node && !node.is("Concat") ? choicesAt(node) : std::nullopt;
    if (!round || round->k != 1 || stripRows(ids, 1) != stripRows(round->ids, 1))
      return std::nullopt;
    if (!all.rounds.empty() &&
        (round->experts != all.experts ||
         !leavesOut(round->scores, all.rounds.back().scores, all.rounds.back())))
      return std::nullopt;
    all.experts = round->experts;
    all.rounds.push_back(*round);
  }
  all.scores = all.rounds.front().scores;
  return all;
}

std::optional<SmallVector<Value>> joinedByRounds(const Choices &choices, Value value) {
  onnx::NodeOp concat = nodeOf(stripRows(value, choices.k), "Concat");
  RankedTensorType type = concat ? tensorType(concat.getOutputs()[0]) : RankedTensorType();
  if (!type || choices.rounds.empty() || concat.getInputs().size() != choices.rounds.size() ||
      type.getShape().back() != choices.k || !isLastAxis(concat, 0, type.getRank()))
    return std::nullopt;
  return SmallVector<Value>(concat.getInputs());
}

bool isBestOf(const Choices &round, Value value, Value scores) {
  value = stripRows(value, 1);
  auto isScores = [&](Value rows) {
    return stripRows(rows, round.experts) == stripRows(scores, round.experts);
  };
  bool ownScores = isScores(round.scores);
  if (round.values && value == stripRows(round.values, 1))
    return ownScores;
  onnx::NodeOp node = nodeOf(value);
  if (!node || !node.input(0) || !isScores(node.input(0)))
    return false;
  if (node.is("GatherElements"))
    return node.input(1) && isLastAxis(node, 0, tensorType(node.input(0)).getRank()) &&
           stripRows(node.input(1), 1) == stripRows(round.ids, 1);
  auto axes = axesOf(node);
  int64_t rank = tensorType(node.input(0)).getRank();
  return ownScores && node.is("ReduceMax") && axes && axes->size() == 1 &&
         normalizeAxis(axes->front(), rank) == rank - 1;
}

/// Whether `value` was picked by what `round` chose, from any scores.
static bool isPickedBy(const Choices &round, Value value) {
  onnx::NodeOp gather = nodeOf(stripRows(value, 1), "GatherElements");
  if (gather && lastDim(gather.input(0)) == round.experts)
    return isBestOf(round, value, gather.input(0));
  return isBestOf(round, value, round.scores);
}

SmallVector<Value> numbersOfRounds(const Choices &choices) {
  constexpr size_t mostValues = 64; // a round's ids have some ten uses
  llvm::SetVector<Value> work;
  work.insert(choices.rounds.front().ids);
  if (Value values = choices.rounds.front().values)
    work.insert(values);
  SmallVector<Value> found;
  for (size_t next = 0; next < work.size() && next < mostValues; ++next)
    for (Operation *user : work[next].getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      if (!node)
        continue;
      Value result = node.getOutputs()[0];
      auto joined = node.is("Concat") ? joinedByRounds(choices, result) : std::nullopt;
      bool all = joined && llvm::all_of(llvm::zip_equal(choices.rounds, *joined), [](auto pair) {
                   return isPickedBy(std::get<0>(pair), std::get<1>(pair));
                 });
      if (all && !llvm::is_contained(found, result))
        found.push_back(result);
      if (node.is("GatherElements") || stripRows(result, 1) != result)
        work.insert(result);
    }
  return found;
}

namespace {

/// One round of a sparse mixer.
class MixerRound {
public:
  MixerRound(const Choices &round, Value logits) : round(round), logits(logits) {}

  /// Twice the jitter, where `weight` is this round's.
  std::optional<double> read(Value weight) {
    onnx::NodeOp gather = nodeOf(stripRows(weight, 1));
    Value mixed = gather && gather.is("GatherElements") ? gather.input(0) : Value();
    if (!mixed || lastDim(mixed) != round.experts)
      return std::nullopt;
    Scores scores = readScores(mixed, round.experts);
    onnx::NodeOp masked = nodeOf(scores.logits, "Where");
    if (scores.function != Score::Softmax || !masked || masked.getInputs().size() != 3 ||
        !isBestOf(round, weight, mixed))
      return std::nullopt;
    bool far = isLowest(masked.input(1));
    if (!isLowest(masked.input(far ? 1 : 2)) || !isRows(masked.input(far ? 2 : 1), round.scores))
      return std::nullopt;
    return readFar(masked.input(0), far);
  }

private:
  bool isRows(Value value, Value rows) {
    return stripRows(value, round.experts) == stripRows(rows, round.experts);
  }
  bool isBest(Value value) { return isBestOf(round, value, round.scores); }
  /// The logits; the expert that is out already is out whatever the mask says.
  bool isLogits(Value value) { return isRows(value, logits) || isRows(value, round.scores); }

  /// The comparison behind `mask`, whose casts keep it; `far` turns with each Not.
  static onnx::NodeOp comparison(Value mask, bool &far) {
    for (int step = 0; step < 8; ++step) {
      onnx::NodeOp node = nodeOf(mask);
      if (!node || !(node.is("Not") || node.is("Cast") || node.is("Identity")))
        return node;
      far ^= node.is("Not");
      mask = node.input(0);
    }
    return {};
  }

  /// (best - x) / max(|x|, best) > twice the jitter; where `far` is false, the opposite.
  std::optional<double> readFar(Value mask, bool far) {
    // A quotient that is no number is not far: other comparisons say the opposite.
    onnx::NodeOp test = comparison(mask, far);
    bool isLess = test && test.is("Less");
    if (!far || !test || !test.input(1) || !(isLess || test.is("Greater")))
      return std::nullopt;
    auto width = filledWith(test.input(isLess ? 0 : 1));
    if (!width || !(*width >= 0.0))
      return std::nullopt;
    onnx::NodeOp quotient = nodeOf(stripCast(test.input(isLess ? 1 : 0)), "Div");
    if (!quotient || !quotient.input(1))
      return std::nullopt;
    onnx::NodeOp distance = nodeOf(stripCast(quotient.input(0)), "Sub");
    onnx::NodeOp size = nodeOf(stripCast(quotient.input(1)), "Max");
    if (!distance || !size || size.getInputs().size() != 2 || !distance.input(1) ||
        !isBest(distance.input(0)) || !isLogits(distance.input(1)))
      return std::nullopt;
    for (unsigned i : {0u, 1u}) {
      onnx::NodeOp absolute = nodeOf(stripCast(size.input(i)), "Abs");
      if (absolute && isLogits(absolute.input(0)) && isBest(size.input(1 - i)))
        return width;
    }
    return std::nullopt;
  }

  const Choices &round;
  Value logits;
};

} // namespace

std::optional<double> readSparseMixer(const Choices &choices, Value weights) {
  auto joined = joinedByRounds(choices, weights);
  if (!joined || choices.k != 2)
    return std::nullopt;
  std::optional<double> width;
  for (auto [round, weight] : llvm::zip_equal(choices.rounds, *joined)) {
    auto found = MixerRound(round, choices.scores).read(weight);
    if (!found || (width && *width != *found))
      return std::nullopt;
    width = found;
  }
  return *width / 2;
}

} // namespace moe::raise
