//===- UnrolledLoop.cpp - Raises a loop over experts that was unrolled ----===//
//
// for each slot and expert (in any order): mask = ids[..., slot] == expert; rows of the mask's
// tokens go through the expert, are weighted, and added to the accumulator at the mask's tokens.
// What has to be true for this to be a layer is `Proof`, one function a condition.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Accumulation.h"
#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/Layers.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Router.h"
#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {
namespace {

class Proof {
public:
  Proof(const Choices &choices, const Dispatch &dispatch, Accumulation &chain, Attempt &attempt)
      : choices(choices), topk(choices.anchor), dispatch(dispatch), chain(chain), attempt(attempt) {
  }

  LogicalResult oneTensorOfWeights();
  Outcome everyPairOnce();
  LogicalResult startsAtZero();
  LogicalResult sameBodies();
  LogicalResult sameTokensEverywhere();

  const Choices &choices;
  /// The routing weights of all rounds, [tokens..., k].
  Value weights;
  /// One body an expert.
  std::vector<Body> bodies;
  /// What the experts read.
  Value tokens;

private:
  LogicalResult miss(onnx::NodeOp node, const Twine &why) {
    return attempt.miss(node, nameOf(node) + " " + why.str());
  }
  LogicalResult missRound(const Round &round, const Twine &why) {
    return miss(round.scatter, ("expert " + Twine(round.places.choice.expert) + ", slot " +
                                Twine(round.places.choice.slot) + ": " + why)
                                   .str());
  }
  FailureOr<Body> bodyOf(const Round &round);
  Outcome missing(ArrayRef<SmallVector<bool>> seen);

  onnx::NodeOp topk;
  const Dispatch &dispatch;
  Accumulation &chain;
  Attempt &attempt;
};

/// All rounds take their weights from one tensor, each at its own slot.
LogicalResult Proof::oneTensorOfWeights() {
  for (const Round &round : chain.rounds) {
    SlotOf slot = slotOf(round.weights);
    if (slot.slot != round.places.choice.slot)
      return missRound(round, "the routing weight is not the slot's own");
    if (weights && weights != slot.root)
      return missRound(round,
                       "the routing weight comes from another tensor than the other rounds'");
    weights = slot.root;
  }
  if (lastDim(weights) == choices.k)
    return success();
  return miss(topk, "has routing weights that are not one for each choice");
}

/// Experts that tokens may be sent to and that the graph lacks: what it computes for them is wrong.
Outcome Proof::missing(ArrayRef<SmallVector<bool>> seen) {
  std::string text;
  for (int64_t expert = 0; expert < choices.experts; ++expert) {
    std::string slots;
    int64_t lacking = 0;
    for (int64_t slot = 0; slot < choices.k; ++slot)
      if (!seen[slot][expert]) {
        slots += (lacking++ ? ", " : "") + std::to_string(slot);
      }
    if (!lacking)
      continue;
    text += (text.empty() ? "" : "; ") +
            ("expert " + Twine(expert) + " of " + Twine(choices.experts) + " never appears").str();
    if (lacking != choices.k)
      text += " in slot " + slots;
  }
  if (attempt.allowMissingExperts)
    return (void)miss(topk, "has experts missing: " + text), Outcome::Missed;
  topk.emitError(nameOf(topk))
      << ": " << text << ", but the router can choose it; the file computes wrong results for such "
      << "tokens: export with an input that reaches every expert, or take the file as it is with "
         "--allow-missing-experts";
  return Outcome::Error;
}

/// Every pair of slot and expert occurs exactly once.
Outcome Proof::everyPairOnce() {
  int64_t k = choices.k;
  // An unrolled loop holds a node for each pair, so the table is no larger than the graph.
  if (static_cast<int64_t>(chain.rounds.size()) > k * choices.experts)
    return (void)miss(topk, "has more rounds than pairs of slot and expert"), Outcome::Missed;
  SmallVector<SmallVector<bool>> seen(k, SmallVector<bool>(choices.experts, false));
  for (const Round &round : chain.rounds) {
    if (round.places.choice.slot >= k || round.places.choice.expert < 0 ||
        round.places.choice.expert >= choices.experts)
      return (void)missRound(round, "the router has no such expert or slot"), Outcome::Missed;
    if (seen[round.places.choice.slot][round.places.choice.expert])
      return (void)missRound(round, "occurs twice"), Outcome::Missed;
    seen[round.places.choice.slot][round.places.choice.expert] = true;
  }
  if (static_cast<int64_t>(chain.rounds.size()) != k * choices.experts)
    return missing(seen);
  return Outcome::Raised;
}

LogicalResult Proof::startsAtZero() {
  if (isZero(chain.start))
    return success();
  return miss(chain.rounds.front().scatter, "adds to an accumulator that does not start at zero");
}

FailureOr<Body> Proof::bodyOf(const Round &round) {
  auto isRows = [&](Value value) {
    onnx::NodeOp gather = nodeOf(value);
    if (!gathersTokens(gather, dispatch, round.places))
      return false;
    // The accumulator's own rows are no input of an expert.
    if (tokens && gather.input(0) != tokens)
      return false;
    tokens = gather.input(0);
    return true;
  };
  return matchBody(round.output, isRows, attempt);
}

/// All bodies are the same up to their weights, and an expert has the same weights in each slot.
LogicalResult Proof::sameBodies() {
  std::vector<std::optional<Body>> found(choices.experts);
  for (const Round &round : chain.rounds) {
    auto body = bodyOf(round);
    if (failed(body))
      return failure();
    const Round &first = chain.rounds.front();
    if (auto &reference = found[first.places.choice.expert];
        reference && !body->sameUpToWeights(*reference))
      return missRound(round, "its body (" + body->describe() + ") is not that of expert " +
                                  Twine(first.places.choice.expert) + " (" + reference->describe() +
                                  ")");
    auto &own = found[round.places.choice.expert];
    if (own && own->weights != body->weights)
      return missRound(round, "its weights are not those of the same expert in another slot");
    own = std::move(*body);
  }
  for (auto &body : found)
    bodies.push_back(std::move(*body));
  return success();
}

/// Masks, routing weights, accumulator, logits and what the experts read have the same tokens.
LogicalResult Proof::sameTokensEverywhere() {
  RankedTensorType type = tensorType(tokens), sum = tensorType(chain.start);
  if (!type || type.getRank() < 2 || ShapedType::isDynamic(type.getShape().back()) ||
      !isa<FloatType>(type.getElementType()))
    return miss(topk, "routes tokens that have no static width");
  int64_t leading = type.getRank() - 1;
  auto same = [&](Value value) {
    RankedTensorType other = tensorType(value);
    return other && other.getRank() >= leading && sameLeadingDims(value, tokens, leading);
  };
  for (const Round &round : chain.rounds) {
    if (tensorType(round.places.mask).getRank() != leading || !same(round.places.mask))
      return missRound(round,
                       "the mask and what the experts read are not known to have the same tokens");
    if (!same(round.weights))
      return missRound(round, "the routing weights are not known to be of the same tokens");
  }
  if (sum.getRank() != type.getRank() || !same(chain.start))
    return miss(topk, "has an accumulator that is not known to have the same tokens");
  auto otherType = [&](const Body::Weight &weight) {
    return weight.view.elementType != type.getElementType();
  };
  for (const Body &body : bodies)
    if (llvm::any_of(body.weights, otherType))
      return miss(topk, "has experts whose weights are of another type than their rows");
  auto result = sum.clone(tensorType(chain.result()).getShape());
  if (sum.getElementType() != type.getElementType() ||
      bodies.front().columns() != sum.getShape().back() ||
      !tensor::CastOp::areCastCompatible(type.clone(result.getShape()), chain.result().getType()))
    return miss(topk, "has an accumulator of another type than the experts' rows");
  return success();
}

Value writeLayer(const Proof &proof, const Accumulation &chain, Attempt &attempt) {
  onnx::NodeOp last = chain.rounds.back().scatter;
  OpBuilder builder(last);
  const Body &body = proof.bodies.front();
  LayerSpec spec;
  spec.tokens = proof.tokens;
  setRouting(spec, proof.choices, proof.weights, attempt);
  for (unsigned i = 0; i < body.weights.size(); ++i) {
    LayerSpec::Stack &stack = spec.weights.emplace_back();
    for (const Body &one : proof.bodies)
      stack.views.push_back(one.weights[i].view);
  }
  spec.intermediate = body.intermediate();
  spec.resultType = tensorType(chain.result());
  spec.columns = spec.resultType.getShape().back();
  auto write = [&](BodyBuilder &builder) { writeBody(body, builder); };
  spec.writeBody = write;
  spec.form = "loop";
  spec.body = body.describe();
  return attempt.layers.write(builder, spec);
}

} // namespace

Outcome raiseUnrolledLoop(onnx::NodeOp topk, Attempt &attempt) {
  std::optional<Choices> choices = choicesAt(topk);
  if (!choices)
    return Outcome::NoMatch;
  Dispatch dispatch(choices->ids);
  auto matched = matchAccumulation(dispatch, attempt);
  if (failed(matched))
    return Outcome::Missed;
  if (!*matched)
    return Outcome::NoMatch;
  Accumulation chain = std::move(**matched);
  Proof proof(*choices, dispatch, chain, attempt);
  if (failed(proof.oneTensorOfWeights()))
    return Outcome::Missed;
  if (Outcome pairs = proof.everyPairOnce(); pairs != Outcome::Raised)
    return pairs;
  if (failed(proof.startsAtZero()) || failed(proof.sameBodies()) ||
      failed(proof.sameTokensEverywhere()))
    return Outcome::Missed;
  Value result = writeLayer(proof, chain, attempt);
  chain.result().replaceAllUsesWith(result);
  return Outcome::Raised;
}

} // namespace moe::raise
