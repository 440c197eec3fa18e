//===- UnrolledLoop.cpp - Raises a loop over experts that was unrolled ----===//
//
// for each expert (and slot, in any order): the list of who chose it; rows of the listed tokens go
// through the expert, are weighted, and written to the accumulator at the list's places. What has
// to be true for this to be a layer is `Proof`, one function a condition.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Accumulation.h"
#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/Coverage.h"
#include "lowering/onnx/raise/KeptChoices.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/LoopEnd.h"
#include "lowering/onnx/raise/NodeWriter.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/Sizes.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "lowering/onnx/raise/WeightInside.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace moe::raise {
namespace {

class Proof {
public:
  Proof(Lists &lists, Accumulation &chain, Attempt &attempt)
      : choices(lists.choices), lists(lists), chain(chain), attempt(attempt) {}

  LogicalResult everyPlaceOnce();
  LogicalResult oneTensorOfWeights();
  LogicalResult startsAtZero();
  LogicalResult sameBodies();
  LogicalResult sameTokensEverywhere();

  const Choices &choices;
  /// The routing weights, [tokens..., k]; null where rows are not weighted.
  Value weights;
  /// One body an expert.
  std::vector<Body> bodies;
  /// What the experts read.
  Value tokens;
  /// Rows are written to (token, slot) pairs.
  bool pairs = false;
  /// That there are as many tokens as choices is left to a check at run time.
  bool checkTokens = false;

private:
  LogicalResult miss(onnx::NodeOp node, const Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }
  LogicalResult missRound(const Round &round, const Twine &why) {
    std::string slot = round.list->slot ? ", slot " + std::to_string(*round.list->slot) : "";
    return miss(round.scatter, ("expert " + Twine(round.list->expert) + slot + ": " + why).str());
  }
  LogicalResult missChoice(const Twine &why) { return miss(choices.anchor, why); }
  FailureOr<Body> bodyOf(const Round &round);
  bool isOfTokens(const Listed &rows);
  Value repeated(Value root);
  bool sameParts(const Round &round, Value value);
  bool isAccumulator(const Round &round, Value zeros);
  bool hasPlaces(Value zeros);
  LogicalResult sameTypes();

  Lists &lists;
  Accumulation &chain;
  Attempt &attempt;
  /// The tokens before nodes that lay them out, and what is known of tensors of repeated ones.
  Value bareTokens;
  llvm::DenseMap<Value, Value> repeats;
};

/// Every expert is written for once, for all slots or for each of them.
LogicalResult Proof::everyPlaceOnce() {
  llvm::DenseSet<std::pair<int64_t, int64_t>> seen;
  size_t whole = 0;
  pairs = chain.rounds.front().pairs;
  for (const Round &round : chain.rounds) {
    int64_t slot = round.list->slot.value_or(-1), expert = round.list->expert;
    if (expert < 0 || expert >= choices.experts || slot >= choices.k)
      return missRound(round, "the router has no such expert or slot");
    if (!seen.insert({expert, slot}).second)
      return missRound(round, "occurs twice");
    if (round.pairs != pairs)
      return missRound(round, "writes to other places than the other rounds");
    whole += !round.list->slot;
  }
  for (const Round &round : chain.rounds)
    if (round.list->slot && seen.contains({round.list->expert, -1}))
      return missRound(round, "occurs twice");
  // Checked products: a hostile file may name any number of experts.
  int64_t singles = 0, rest = choices.experts - static_cast<int64_t>(whole);
  if (llvm::MulOverflow(rest, choices.k, singles) ||
      singles != static_cast<int64_t>(chain.rounds.size() - whole))
    return missChoice("has experts whose outputs are not all added up");
  return success();
}

/// All rounds take their weights from one tensor, each at its own slot; or none is weighted.
LogicalResult Proof::oneTensorOfWeights() {
  if (!chain.rounds.front().weights) {
    for (const Round &round : chain.rounds)
      if (round.weights)
        return missRound(round, "is weighted, but other rounds are not");
    return success();
  }
  for (const Round &round : chain.rounds) {
    if (!round.weights)
      return missRound(round, "adds rows that are not multiplied by a routing weight");
    if (round.weights->slot && round.weights->slot != round.list->slot)
      return missRound(round, "the routing weight is not the slot's own");
    if (weights && weights != round.weights->root)
      return missRound(round,
                       "the routing weight comes from another tensor than the other rounds'");
    weights = round.weights->root;
  }
  return success();
}

/// What is written over must not matter: places that only one round writes to. A token is written
/// to by one round where it has one expert, a pair always.
LogicalResult Proof::startsAtZero() {
  bool exclusive = choices.k == 1 || pairs;
  bool allFilled = true;
  for (const Round &round : chain.rounds) {
    allFilled &= round.fills;
    if (round.fills && !exclusive && !isZero(round.before))
      return miss(round.scatter, "overwrites tokens without adding to what they hold");
  }
  // Every place is filled, whatever was there, but those of dropped tokens, which keep it.
  bool keeps = !choices.kept || (!pairs && choices.k == 1);
  if (!chain.start || (allFilled && exclusive && keeps))
    return success();
  return miss(chain.rounds.front().scatter, "adds to an accumulator that does not start at zero");
}

/// The value before nodes that only lay its rows out in other leading dimensions.
Value stripLeading(Value value) {
  for (onnx::NodeOp node = nodeOf(value); node && node.input(0); node = nodeOf(value)) {
    bool shape =
        node.is("Reshape") || node.is("Squeeze") || node.is("Unsqueeze") || movesUnitsOnly(node);
    if (!node.is("Identity") && !(shape && lastDim(value) == lastDim(node.input(0)) &&
                                  !ShapedType::isDynamic(lastDim(value))))
      break;
    value = node.input(0);
  }
  return value;
}

/// Whether the rows are those of the tokens that all experts read; the first ones settle which.
bool Proof::isOfTokens(const Listed &rows) {
  Value root = rows.pairs ? repeated(rows.root) : rows.root;
  if (!root)
    return false;
  Value bare = stripLeading(root);
  // The accumulator's own rows are no input of an expert.
  if (bareTokens && bare != bareTokens)
    return false;
  bareTokens = bare;
  // What the graph goes on with is laid out like the result.
  int64_t rank = tensorType(chain.result).getRank();
  if (!tokens || tensorType(tokens).getRank() != rank)
    tokens = tensorType(root).getRank() == rank ? root : bare;
  return true;
}

/// The tokens that `root` repeats for each slot, or null.
Value Proof::repeated(Value root) {
  auto [it, isNew] = repeats.insert({root, Value()});
  if (isNew)
    it->second = repeatedTokens(root, lists);
  return it->second;
}

FailureOr<Body> Proof::bodyOf(const Round &round) {
  auto isRows = [&](Value value) {
    const Listed *rows = lists.rows(value, *round.list);
    if (!rows || rows->repeats || rows->runs != ArrayRef<Run>{Run::Entries, Run::Features})
      return false;
    return isOfTokens(*rows);
  };
  return matchBody(round.output, isRows, attempt);
}

/// All bodies are the same up to their weights, and an expert has the same weights in each slot.
LogicalResult Proof::sameBodies() {
  std::vector<std::optional<Body>> found(choices.experts);
  const Round &first = chain.rounds.front();
  for (const Round &round : chain.rounds) {
    auto body = bodyOf(round);
    if (failed(body))
      return failure();
    if (body->steps.empty())
      return missRound(round, "nothing happens to its rows");
    if (auto &reference = found[first.list->expert];
        reference && !body->sameUpToWeights(*reference))
      return missRound(round, "its body (" + body->describe() + ") is not that of expert " +
                                  Twine(first.list->expert) + " (" + reference->describe() + ")");
    auto &own = found[round.list->expert];
    if (own && own->weights != body->weights)
      return missRound(round, "its weights are not those of the same expert in another slot");
    own = std::move(*body);
  }
  for (auto &body : found)
    bodies.push_back(std::move(*body));
  return success();
}

bool isTokens(const Dim &dim) { return dim.has(Atom::Token); }

/// Whether the list names several parts of its tokens one by one.
bool hasParts(const Round &round) { return llvm::count_if(round.list->axes, isTokens) > 1; }

/// Whether `value` has the parts of the tokens that `round`'s list names, one by one.
bool Proof::sameParts(const Round &round, Value value) {
  const List &list = *round.list;
  int64_t parts = llvm::count_if(list.axes, isTokens);
  RankedTensorType type = tensorType(value);
  bool leading = llvm::all_of(ArrayRef<Dim>(list.axes).take_front(parts), isTokens);
  return type && type.getRank() > parts &&
         (sameLeadingDims(value, choices.ids, parts) ||
          (leading && sameLeadingDims(value, list.mask, parts)));
}

/// Whether `zeros` has as many rows as there are tokens or pairs.
bool Proof::hasPlaces(Value zeros) {
  if (!pairs)
    return sameTokens(zeros, tokens);
  Value counted = countedTensor(zeros, choices.k);
  return counted ? sameTokens(counted, tokens) : sameTokens(zeros, tokens, choices.k);
}

/// Whether `zeros` has a place for each token, or for each pair: by its own shape, or by that of
/// what it was made like.
bool Proof::isAccumulator(const Round &round, Value zeros) {
  for (int step = 0; zeros && step < 16; ++step) {
    RankedTensorType type = tensorType(zeros);
    if (chain.sums.contains(zeros))
      return true;
    bool slots = !pairs || type.getRank() == 2 || type.getDimSize(type.getRank() - 2) == choices.k;
    if (hasParts(round) ? !pairs && sameParts(round, zeros) : slots && hasPlaces(zeros))
      return true;
    zeros = shapedLike(zeros);
  }
  return false;
}

LogicalResult Proof::sameTypes() {
  RankedTensorType type = tensorType(tokens), sum = tensorType(chain.result);
  for (const Body &body : bodies)
    if (!body.weightsFit(type.getElementType()))
      return missChoice("has experts whose weights are of another type than their rows");
  if (sum.getElementType() != type.getElementType() ||
      bodies.front().columns() != sum.getShape().back())
    return missChoice("has an accumulator of another type than the experts' rows");
  return success();
}

/// Masks, routing weights, accumulator, scores and what the experts read have the same tokens.
LogicalResult Proof::sameTokensEverywhere() {
  RankedTensorType type = tensorType(tokens);
  if (!type || type.getRank() < 2 || ShapedType::isDynamic(type.getShape().back()) ||
      !isa<FloatType>(type.getElementType()))
    return missChoice("routes tokens that have no static width");
  const Round &first = chain.rounds.front();
  checkTokens = !sameTokens(tokens, choices.scores);
  if ((hasParts(first) && !sameParts(first, tokens)) ||
      (checkTokens && fromTwoInputs(tokens, choices.scores)))
    return missRound(first,
                     "the mask and what the experts read are not known to have the same tokens");
  checkTokens |= weights && !sameTokens(weights, choices.scores);
  SmallVector<Value> begins(chain.zeros);
  if (chain.start)
    begins.push_back(chain.start);
  for (Value begin : begins)
    if (!isAccumulator(first, begin))
      return missChoice("has an accumulator that is not known to have the same tokens");
  return sameTypes();
}

/// What tokens keep whose choice was dropped: what was there before the rounds wrote over it, times
/// what the whole is weighted by.
Value withDropped(OpBuilder &builder, const Choices &choices, const Accumulation &chain,
                  const LoopEnd &end, Value layer) {
  onnx::NodeOp anchor = choices.anchor;
  NodeWriter writer(builder, anchor);
  Value kept = choices.kept, before = chain.start;
  RankedTensorType type = tensorType(end.result);
  if (end.result != chain.result) {
    IRMapping mapping;
    mapping.map(chain.result, before);
    before = builder.clone(*nodeOf(end.result), mapping)->getResult(0);
  }
  if (tensorType(kept).getRank() != type.getRank())
    kept = writer.reshape(kept, {ShapedType::kDynamic, 1});
  Value stays =
      writer.node("Less", {kept, writer.integer(0)}, tensorType(kept).clone(builder.getI1Type()));
  return writer.node("Where", {stays, before, layer}, type);
}

/// `value` [tokens...] of one choice a token, with a dimension for it, as `scores` has one.
Value withSlot(OpBuilder &builder, const Choices &choices, Value value) {
  RankedTensorType type = tensorType(value);
  bool has = !type || type.getRank() >= tensorType(choices.scores).getRank();
  return has ? value : NodeWriter(builder, choices.anchor).withLast(value);
}

/// The layer's result in place of the chain's.
Value writeLayer(OpBuilder &builder, const Proof &proof, const LoopEnd &end, Attempt &attempt) {
  const Body &body = proof.bodies.front();
  LayerSpec spec;
  spec.tokens = proof.tokens;
  setRouting(spec, proof.choices, end.weights, attempt);
  if (spec.given) {
    spec.given->ids = withSlot(builder, proof.choices, spec.given->ids);
    spec.given->weights = withSlot(builder, proof.choices, spec.given->weights);
  }
  for (unsigned i = 0; i < body.weights.size(); ++i) {
    LayerSpec::Stack &stack = spec.weights.emplace_back();
    for (const Body &one : proof.bodies)
      stack.views.push_back(one.weights[i].view);
  }
  spec.intermediate = body.intermediate();
  spec.columns = body.columns();
  auto write = [&](BodyBuilder &builder) { writeBody(body, builder); };
  spec.writeBody = write;
  spec.checkTokens = proof.checkTokens;
  spec.form = "loop";
  spec.body = body.describe();
  spec.resultType = tensorType(end.result);
  return attempt.layers.write(builder, spec);
}

} // namespace

/// Of `choices` and what follows from them; what weights rows inside of experts is moved behind
/// them first.
static Outcome raiseLoop(const Choices &choices, const RoutedValues &routed, Attempt &attempt,
                         bool mayMove = true) {
  Lists lists(choices, routed);
  if (lists.writes().empty() || !lists.feedProducts())
    return Outcome::NoMatch;
  if (mayMove && moveBehindProducts(lists.numbersOfEntries()))
    return raiseLoop(choices, routed, attempt, /*mayMove=*/false);
  if (Outcome all = everyExpertIsThere(choices, lists, attempt); all != Outcome::Raised)
    return all;
  auto matched = matchAccumulation(lists, attempt);
  if (failed(matched))
    return Outcome::Missed;
  Accumulation chain = std::move(**matched);
  Proof proof(lists, chain, attempt);
  if (failed(proof.everyPlaceOnce()) || failed(proof.oneTensorOfWeights()) ||
      failed(proof.startsAtZero()) || failed(proof.sameBodies()) ||
      failed(proof.sameTokensEverywhere()))
    return Outcome::Missed;
  auto end = matchLoopEnd(chain, proof.weights, lists, attempt);
  if (failed(end))
    return Outcome::Missed;
  // Raised already, from another of its choices.
  if (end->result.use_empty())
    return Outcome::NoMatch;
  OpBuilder builder(nodeOf(end->result));
  Value result = writeLayer(builder, proof, *end, attempt);
  if (choices.kept && chain.start)
    result = withDropped(builder, choices, chain, *end, result);
  end->result.replaceAllUsesWith(result);
  return Outcome::Raised;
}

Outcome raiseUnrolledLoop(onnx::NodeOp anchor, Attempt &attempt) {
  std::optional<Choices> choices = choicesAt(anchor);
  if (!choices)
    return Outcome::NoMatch;
  if (Outcome all = raiseLoop(*choices, routedOf(*choices), attempt); all != Outcome::NoMatch)
    return all;
  for (const KeptChoices &kept : keptChoices(*choices))
    if (Outcome some = raiseLoop(kept.choices, kept.routed, attempt); some != Outcome::NoMatch)
      return some;
  return Outcome::NoMatch;
}

} // namespace moe::raise
