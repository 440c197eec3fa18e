//===- MixtureLayer.cpp - From a proven mixture to a layer ----------------===//
//
// Sums of weighted experts, whatever runs these: which kind the terms are, that they share one
// tensor of routing weights, and what of types and shapes has to agree.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/MixtureLayer.h"
#include "lowering/onnx/raise/Patterns.h"
#include "lowering/onnx/raise/Routing.h"
#include "lowering/onnx/raise/SlotNumbers.h"
#include "lowering/onnx/raise/WeightInside.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {

bool fitsTerm(const Axes &body, const Term &term) {
  auto both = broadcast(body, term.axes);
  return both == term.axes;
}

FailureOr<TermKind> kindOf(const Mixture &mixture, Attempt &attempt) {
  std::optional<TermKind> kind;
  for (const Share &share : mixture.shares) {
    const Term &term = mixture.terms[share.term];
    if (term.factor.kind == Routed::Chosen)
      return attempt.miss(term.node, nameOf(term.node) +
                                         " masks outputs of experts that have no routing weight");
    TermKind own = term.factor.kind == Routed::Numbers ? TermKind::ByIds
                   : term.factor.expert                ? TermKind::OneExpert
                                                       : TermKind::AllExperts;
    if (kind && *kind != own)
      return attempt.miss(term.node, nameOf(term.node) +
                                         " is added to experts that are chosen in another way");
    kind = own;
  }
  return *kind;
}

/// The one tensor that all terms take their weights from, or each slot's joined.
static FailureOr<Value> rootOf(const Mixture &mixture, int64_t slots, Attempt &attempt) {
  SmallVector<Value> roots(slots);
  for (const Share &share : mixture.shares) {
    const Term &term = mixture.terms[share.term];
    auto slot = share.slot ? share.slot : term.factor.slot;
    for (auto [one, root] : llvm::enumerate(roots)) {
      if (slot && *slot != static_cast<int64_t>(one))
        continue;
      if (root && !sameComputation(root, term.factor.root))
        return attempt.miss(term.node,
                            nameOf(term.node) +
                                " takes its routing weights from another tensor than other terms");
      root = root ? root : term.factor.root;
    }
  }
  RankedTensorType type = tensorType(roots.front());
  auto fits = [&](Value root) {
    RankedTensorType own = tensorType(root);
    return own && type && own.getElementType() == type.getElementType() &&
           own.getRank() == type.getRank();
  };
  if (!llvm::all_of(roots, fits))
    return attempt.miss(mixture.terms.front().node,
                        nameOf(mixture.terms.front().node) +
                            " takes some slots' routing weights from tensors of another type");
  return joinSlots(roots);
}

/// What of the sum is replaced: the first value of the tokens' type.
static FailureOr<Value> resultOf(const Mixture &mixture, const MixtureExperts &experts,
                                 Attempt &attempt) {
  RankedTensorType tokens = tensorType(experts.tokens);
  const Body &body = experts.bodies.front();
  onnx::NodeOp node = mixture.terms[mixture.shares.front().term].node;
  for (const Body &one : experts.bodies)
    if (!one.weightsFit(tokens.getElementType()))
      return attempt.miss(node, nameOf(node) +
                                    " weights experts whose weights are of another type than "
                                    "their rows");
  for (Value result : mixture.results) {
    RankedTensorType type = tensorType(result);
    if (type.getElementType() == tokens.getElementType() &&
        body.columns() == type.getShape().back())
      return result;
  }
  return attempt.miss(node, nameOf(node) + " is added up in another type than the experts' rows");
}

void setWeights(LayerSpec &spec, const std::vector<Body> &bodies, int64_t experts) {
  for (auto [index, weight] : llvm::enumerate(bodies.front().weights)) {
    LayerSpec::Stack &stack = spec.weights.emplace_back();
    stack.stacked = weight.stacked;
    if (weight.stacked)
      stack.views.push_back(weight.view);
    else if (bodies.size() == 1)
      stack.views.assign(experts, weight.view);
    else
      for (const Body &body : bodies)
        stack.views.push_back(body.weights[index].view);
  }
}

/// The sum of what else was added, and the layer.
static Value withOthers(OpBuilder &builder, Location loc, ArrayRef<Value> others, Value result) {
  for (Value other : others)
    result = onnx::NodeOp::create(builder, loc, result.getType(), "Add", "", 14, "",
                                  builder.getDictionaryAttr({}), ArrayAttr(),
                                  ValueRange{other, result}, 0)
                 .getOutputs()[0];
  return result;
}

static LogicalResult writeMixture(const Mixture &mixture, const MixtureExperts &experts,
                                  const RoutedValues &routed, const Choices &choices,
                                  Attempt &attempt) {
  auto root = rootOf(mixture, choices.k, attempt);
  auto result = failed(root) ? FailureOr<Value>(failure()) : resultOf(mixture, experts, attempt);
  if (failed(result))
    return failure();
  const Body &body = experts.bodies.front();
  LayerSpec spec;
  spec.tokens = experts.tokens;
  spec.resultType = tensorType(*result);
  if (spec.resultType.getRank() != tensorType(experts.tokens).getRank())
    spec.like = routed.ids();
  RankedTensorType like = tensorType(spec.like ? spec.like : spec.tokens);
  SmallVector<int64_t> shape(like.getShape());
  shape.back() = body.columns();
  if (spec.resultType.getRank() != 2 &&
      !tensor::CastOp::areCastCompatible(spec.resultType.clone(shape), spec.resultType))
    return attempt.miss(result->getDefiningOp(), "a sum of experts has other dimensions than the "
                                                 "tokens");
  setRouting(spec, choices, *root, attempt);
  setWeights(spec, experts.bodies, choices.experts);
  spec.intermediate = body.intermediate();
  spec.columns = body.columns();
  auto write = [&](BodyBuilder &builder) { writeBody(body, builder); };
  spec.writeBody = write;
  spec.form = experts.form;
  spec.body = body.describe();
  OpBuilder builder(result->getDefiningOp());
  Value layer = attempt.layers.write(builder, spec);
  layer = withOthers(builder, result->getLoc(), mixture.others, layer);
  result->replaceAllUsesWith(layer);
  return success();
}

/// Outputs that are masked and not weighted have the weight one, where all of the sum are such.
static void weightByOne(Mixture &mixture, const RoutedValues &routed) {
  auto isBare = [&](const Share &share) {
    return mixture.terms[share.term].factor.kind == Routed::Chosen;
  };
  if (!llvm::all_of(mixture.shares, isBare))
    return;
  const Term &first = mixture.terms[mixture.shares.front().term];
  Value ones = weightsOfOne(routed.ids(), tensorType(first.output).getElementType(), first.node);
  for (const Share &share : mixture.shares) {
    Routed &factor = mixture.terms[share.term].factor;
    factor.kind = Routed::Mixed;
    factor.root = ones;
  }
}

/// What follows from `choices`; what weights rows inside of experts is moved behind them.
static RoutedValues routedWithWeightsBehind(const Choices &choices) {
  RoutedValues routed = RoutedValues::of(choices);
  SmallVector<Value> weights;
  for (const auto &[value, what] : routed.all())
    if (what.kind == Routed::Numbers || what.kind == Routed::Mixed)
      weights.push_back(value);
  return moveBehindProducts(weights) ? RoutedValues::of(choices) : routed;
}

Outcome raiseMixture(onnx::NodeOp anchor, Attempt &attempt) {
  std::optional<Choices> choices = choicesAt(anchor);
  if (!choices)
    return Outcome::NoMatch;
  RoutedValues routed = routedWithWeightsBehind(*choices);
  auto mixture = matchMixture(routed);
  if (!mixture)
    return Outcome::NoMatch;
  weightByOne(*mixture, routed);
  auto kind = kindOf(*mixture, attempt);
  if (failed(kind))
    return Outcome::Missed;
  FailureOr<MixtureExperts> experts = failure();
  switch (*kind) {
  case TermKind::ByIds:
    experts = readBatched(*mixture, routed, attempt);
    break;
  case TermKind::AllExperts:
    experts = readAllExperts(*mixture, routed, attempt);
    break;
  case TermKind::OneExpert:
    experts = readOneByOne(*mixture, routed, attempt);
    break;
  }
  if (failed(experts) || failed(writeMixture(*mixture, *experts, routed, *choices, attempt)))
    return attempt.isError ? Outcome::Error : Outcome::Missed;
  return Outcome::Raised;
}

} // namespace moe::raise
