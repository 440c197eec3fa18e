//===- Accumulation.cpp - Recognises how expert outputs are added up ------===//

#include "lowering/onnx/raise/Accumulation.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// The rows before the nodes that lay them out for the scatter. ScatterND takes exactly one update
/// for each number of the listed places, so in a graph that runs, Expand, Reshape and a Slice from
/// the start have neither added nor dropped anything.
Value stripLayout(Value updates) {
  for (int step = 0; step < 16; ++step) {
    onnx::NodeOp node = nodeOf(updates);
    if (!node || !node.input(0))
      break;
    bool fromStart = false;
    if (node.is("Slice") && tensorType(updates) && tensorType(updates).getRank() == 1) {
      auto start = constantInt(node.input(1));
      auto steps = node.input(4) ? constantInt(node.input(4)) : std::optional<int64_t>(1);
      fromStart = start == 0 && steps == 1;
    }
    if (!fromStart && !node.is("Reshape") && !node.is("Expand") && !node.is("Identity"))
      break;
    updates = node.input(0);
  }
  return updates;
}

class RoundReader {
public:
  RoundReader(const Dispatch &dispatch, Attempt &attempt) : dispatch(dispatch), attempt(attempt) {}

  FailureOr<Round> read(onnx::NodeOp scatter, const Places &places) {
    Round round{scatter, places, scatter.input(0), {}, {}, {}};
    Value added = stripLayout(scatter.input(2));
    if (failed(checkPlaces(round, places)) || failed(checkRows(round, added)))
      return failure();
    StringRef reduction = scatter.stringAttribute("reduction", "none");
    if (reduction == "none") {
      added = takeOld(added, round);
      if (!added)
        return miss(scatter, "overwrites tokens without adding to what they hold");
    } else if (reduction != "add") {
      return miss(scatter, "reduces by something else than add");
    }
    if (failed(readWeighted(added, round)))
      return failure();
    return round;
  }

  /// index_add_: `scatter` is a ScatterElements by the places as a column, expanded to rows. Either
  /// it adds to the accumulator, or it fills zeros that are added; a list holds no place twice.
  FailureOr<Round> readElements(onnx::NodeOp scatter, const Places &places) {
    Round round{scatter, places, scatter.input(0), {}, {}, {}};
    bool adds = scatter.stringAttribute("reduction", "none") == "add";
    // Copies that Expand makes of one row would be added once each.
    Value added = adds ? stripCast(scatter.input(2)) : stripLayout(scatter.input(2));
    if (!adds && failed(findSum(round)))
      return failure();
    if (failed(checkPlaces(round, places)) || failed(checkRows(round, added)))
      return failure();
    if (normalizeAxis(scatter.intAttribute("axis", 0), tensorType(round.before).getRank()) != 0 ||
        lastDim(scatter.input(1)) != lastDim(round.before))
      return miss(scatter, "does not write whole rows of the accumulator");
    if (failed(readWeighted(added, round)))
      return failure();
    return round;
  }

private:
  LogicalResult miss(onnx::NodeOp node, StringRef why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }

  /// The sum of an accumulator and the zeros that the round's scatter fills.
  LogicalResult findSum(Round &round) {
    onnx::NodeOp scatter = round.scatter;
    Value filled = scatter->getResult(0), zeros = scatter.input(0);
    onnx::NodeOp add = filled.hasOneUse() ? dyn_cast<onnx::NodeOp>(*filled.user_begin()) : nullptr;
    if (scatter.stringAttribute("reduction", "none") != "none" || !isZero(zeros) || !add ||
        !add.is("Add"))
      return miss(scatter, "overwrites tokens without adding to what they hold");
    round.scatter = add;
    round.before = add.input(add.input(0) == filled ? 1 : 0);
    round.zeros = zeros;
    return success();
  }

  LogicalResult checkRows(const Round &round, Value added) {
    RankedTensorType type = tensorType(added), whole = tensorType(round.before);
    if (!type || type.getRank() != 2 || type.getShape().back() != whole.getShape().back())
      return miss(round.scatter, "does not write rows of the accumulator's width");
    return success();
  }

  /// The list covers the accumulator's tokens, and all of their numbers.
  LogicalResult checkPlaces(Round &round, const Places &places) {
    RankedTensorType whole = tensorType(round.before), mask = tensorType(places.mask);
    if (!whole || !mask || mask.getRank() + 1 != whole.getRank() ||
        ShapedType::isDynamic(whole.getShape().back()))
      return miss(round.scatter, "writes to an accumulator that is not tokens x a static width");
    if (places.flat)
      return miss(round.scatter, "takes a flat list of places as one place");
    if (!places.elements)
      return success();
    // NonZero of the expanded mask: Transpose <- NonZero <- Expand.
    onnx::NodeOp nonZero = nodeOf(nodeOf(round.scatter.input(1)).input(0));
    if (lastDim(nonZero.input(0)) == whole.getShape().back())
      return success();
    onnx::NodeOp shape = nodeOf(nodeOf(nonZero.input(0)).input(1), "Shape");
    if (shape && shape.input(0) == round.before && !shape.attribute("start") &&
        !shape.attribute("end"))
      return success();
    return miss(round.scatter, "writes to places that may not be whole rows");
  }

  /// What is added to the old rows in `sum`, or null.
  Value takeOld(Value sum, const Round &round) {
    onnx::NodeOp add = nodeOf(sum, "Add");
    if (!add)
      return {};
    for (unsigned side : {0u, 1u}) {
      onnx::NodeOp old = nodeOf(add.input(side));
      if (gathersTokens(old, dispatch, round.places) && old.input(0) == round.before)
        return add.input(1 - side);
    }
    return {};
  }

  /// Splits `product` into the expert's output and the rows' routing weights.
  LogicalResult readWeighted(Value product, Round &round) {
    onnx::NodeOp mul = nodeOf(product, "Mul");
    if (!mul)
      return attempt.miss(round.scatter,
                          nameOf(round.scatter) +
                              " adds rows that are not multiplied by a routing weight");
    for (unsigned side : {0u, 1u}) {
      Value weight = mul.input(side), output = mul.input(1 - side);
      RankedTensorType type = tensorType(weight);
      onnx::NodeOp gather = nodeOf(stripShape(weight));
      if (!type || type.getRank() != 2 || type.getShape().back() != 1 || !gather ||
          !dispatch.find(gather.input(1)))
        continue;
      if (!gathersTokens(gather, dispatch, round.places))
        return miss(gather, "takes routing weights of other tokens than the round's");
      round.weights = gather.input(0);
      round.output = output;
      return success();
    }
    return miss(mul, "does not multiply the expert's rows by gathered routing weights");
  }

  const Dispatch &dispatch;
  Attempt &attempt;
};

/// The nodes that write to the places of `list`: ScatterND, and ScatterElements by a column of
/// places that is expanded to rows.
SmallVector<onnx::NodeOp> scattersBy(Value list, const Places &places) {
  SmallVector<onnx::NodeOp> scatters;
  auto collect = [&](Value index, StringRef name) {
    for (OpOperand &use : index.getUses())
      if (auto node = dyn_cast<onnx::NodeOp>(use.getOwner()))
        if (node.is(name) && use.getOperandNumber() == 1)
          scatters.push_back(node);
  };
  collect(list, "ScatterND");
  bool isColumn = !places.flat && !places.elements && lastDim(list) == 1 &&
                  tensorType(places.mask) && tensorType(places.mask).getRank() == 1;
  if (isColumn)
    for (OpOperand &use : list.getUses())
      if (auto expand = dyn_cast<onnx::NodeOp>(use.getOwner()))
        if (expand.is("Expand") && use.getOperandNumber() == 0)
          collect(expand.getOutputs()[0], "ScatterElements");
  return scatters;
}

bool sameShape(Value a, Value b) {
  RankedTensorType type = tensorType(a);
  return type && type == tensorType(b) && type.getRank() &&
         !ShapedType::isDynamic(type.getShape().back()) &&
         sameLeadingDims(a, b, type.getRank() - 1);
}

/// Puts the rounds in order: each starts from what one other leaves.
LogicalResult orderRounds(Accumulation &chain, Attempt &attempt) {
  llvm::DenseMap<Value, unsigned> after;
  llvm::DenseSet<Value> results;
  for (auto [index, round] : llvm::enumerate(chain.rounds)) {
    if (!after.insert({round.before, index}).second)
      return attempt.miss(round.scatter,
                          nameOf(round.scatter) + " and another round add to the same accumulator");
    results.insert(round.scatter->getResult(0));
  }
  for (const Round &round : chain.rounds) {
    if (results.contains(round.before))
      continue;
    if (chain.start)
      return attempt.miss(round.scatter,
                          nameOf(round.scatter) + " adds to an accumulator of its own");
    chain.start = round.before;
  }
  SmallVector<Round> ordered;
  for (Value at = chain.start; after.contains(at); at = ordered.back().scatter->getResult(0))
    ordered.push_back(chain.rounds[after.lookup(at)]);
  chain.rounds = std::move(ordered);
  // Each accumulator before is shaped as the start if the zeros of the rounds before are.
  for (Round &round : chain.rounds)
    if (round.zeros && !sameShape(round.zeros, chain.start) &&
        !sameShape(round.zeros, round.before))
      return attempt.miss(round.scatter,
                          nameOf(round.scatter) +
                              " adds to more than what is known to have the accumulator's shape");
  return success();
}

} // namespace

FailureOr<std::optional<Accumulation>> matchAccumulation(const Dispatch &dispatch,
                                                         Attempt &attempt) {
  Accumulation chain;
  RoundReader reader(dispatch, attempt);
  for (auto &[list, places] : dispatch.lists())
    for (onnx::NodeOp scatter : scattersBy(list, places)) {
      auto round = scatter.is("ScatterND") ? reader.read(scatter, places)
                                           : reader.readElements(scatter, places);
      if (failed(round))
        return failure();
      chain.rounds.push_back(*round);
    }
  if (chain.rounds.empty())
    return std::optional<Accumulation>();
  if (failed(orderRounds(chain, attempt)))
    return failure();
  return std::optional(std::move(chain));
}

bool gathersTokens(onnx::NodeOp node, const Dispatch &dispatch, const Places &tokens) {
  const Places *places = node ? dispatch.find(node.input(1)) : nullptr;
  if (!places || places->elements || !places->sameTokensAs(tokens))
    return false;
  return places->flat ? node.is("Gather") && node.intAttribute("axis", 0) == 0
                      : node.is("GatherND") && node.intAttribute("batch_dims", 0) == 0;
}

bool isZero(Value value) {
  RankedTensorType type = tensorType(value);
  return type && isa<FloatType>(type.getElementType()) && filledWith(value) == 0.0;
}

} // namespace moe::raise
