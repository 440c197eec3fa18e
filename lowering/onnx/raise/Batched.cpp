//===- Batched.cpp - Experts whose weights are gathered for each pair -----===//
//
// W[ids] for each pair of token and slot, rows repeated to meet it, products one by one: no shape
// depends on data, and every weight is copied k times a token.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/EqualWeights.h"
#include "lowering/onnx/raise/MixtureLayer.h"
#include "lowering/onnx/raise/RepeatedRows.h"

using namespace mlir;

namespace moe::raise {

std::optional<BodyInput> gatheredWeight(Value value, const RoutedValues &routed,
                                        std::optional<int64_t> &slot) {
  onnx::NodeOp node = nodeOf(value);
  bool isND = node && node.is("GatherND");
  if (!node || !(isND || node.is("Gather")))
    return std::nullopt;
  const Routed *ids = routed.find(node.input(1));
  if (!ids || ids->kind != Routed::Ids || (isND && node.intAttribute("batch_dims", 0) != 0))
    return std::nullopt;
  auto view = weightView(node.input(0));
  auto axis =
      view ? normalizeAxis(isND ? 0 : node.intAttribute("axis", 0), view->rank()) : std::nullopt;
  // Experts that no router reaches may lie behind.
  if (!axis || view->shape[*axis] < routed.counts().experts)
    return std::nullopt;
  Axes places = ids->axes;
  if (isND) {
    if (places.empty() || !places.back().isUnit())
      return std::nullopt;
    places.pop_back();
  }
  BodyInput input{BodyInput::Weight};
  SmallVector<int64_t> order{*axis};
  for (int64_t dim = 0; dim < view->rank(); ++dim) {
    if (dim == *axis) {
      input.axes.append(places);
      continue;
    }
    input.axes.push_back(freeDim(view->shape[dim]));
    if (view->shape[dim] != 1)
      order.push_back(dim);
  }
  for (int64_t dim = 0; dim < view->rank(); ++dim)
    if (dim != *axis && view->shape[dim] == 1)
      order.push_back(dim);
  input.view = view->permuted(order).sliced(0, 0, routed.counts().experts);
  while (input.view.rank() > 1 && input.view.shape.back() == 1)
    input.view = input.view.selected(input.view.rank() - 1, 0);
  if (routed.counts().slots > 1)
    slot = ids->slot;
  return input;
}

namespace {

/// Reads the body of one share.
class BatchedReader {
public:
  BatchedReader(const RoutedValues &routed, Attempt &attempt)
      : routed(routed), attempt(attempt), dependence(routed.ids()) {}
  FailureOr<Body> read(const Term &term);
  Value tokens;

private:
  std::optional<BodyInput> input(Value value, const Term &term, bool &good);

  const RoutedValues &routed;
  Attempt &attempt;
  Dependence dependence;
};

std::optional<BodyInput> BatchedReader::input(Value value, const Term &term, bool &good) {
  std::optional<int64_t> slot;
  if (auto weight = gatheredWeight(value, routed, slot)) {
    // A weight by the ids of one slot belongs to outputs of that slot.
    good &= slot == (routed.counts().slots > 1 ? term.factor.slot : std::nullopt);
    return weight;
  }
  if (dependence.of(value)) {
    onnx::NodeOp where = nodeOf(value, "Where");
    const Routed *test = where ? routed.find(where.input(0)) : nullptr;
    if (!test || (test->kind != Routed::Always && test->kind != Routed::Never))
      return std::nullopt;
    Value taken = where.input(test->kind == Routed::Always ? 1 : 2);
    if (tensorType(taken) != tensorType(value))
      return std::nullopt;
    return BodyInput{BodyInput::Alias, {}, {}, taken};
  }
  auto rows = repeatedRows(value, routed);
  if (!rows)
    return std::nullopt;
  good &= !tokens || tokens == rows->tokens;
  tokens = rows->tokens;
  return BodyInput{BodyInput::Rows, rows->axes};
}

FailureOr<Body> BatchedReader::read(const Term &term) {
  bool good = true;
  auto body = matchBody(
      term.output, routed.counts(), [&](Value value) { return input(value, term, good); }, attempt);
  if (failed(body))
    return failure();
  if (!good)
    return attempt.miss(term.node, nameOf(term.node) +
                                       " weights what is computed from other tokens or another "
                                       "slot's experts");
  if (!fitsTerm(body->axes, term))
    return attempt.miss(term.node,
                        nameOf(term.node) + " weights outputs by numbers of other tokens or slots");
  return body;
}

} // namespace

FailureOr<MixtureExperts> readBatched(const Mixture &mixture, const RoutedValues &routed,
                                      Attempt &attempt) {
  BatchedReader reader(routed, attempt);
  MixtureExperts experts;
  SmallVector<bool> seen(routed.counts().slots, false);
  for (const Share &share : mixture.shares) {
    const Term &term = mixture.terms[share.term];
    auto slot = share.slot ? share.slot : term.factor.slot;
    for (int64_t one = 0; one < routed.counts().slots; ++one) {
      if (slot && *slot != one)
        continue;
      if (seen[one])
        return attempt.miss(term.node, nameOf(term.node) + " adds slot " + Twine(one) +
                                           " to a sum that has it");
      seen[one] = true;
    }
    auto body = reader.read(term);
    if (failed(body))
      return failure();
    if (!experts.bodies.empty() && !body->sameUpToWeights(experts.bodies.front()))
      return attempt.miss(term.node, nameOf(term.node) + " weights outputs of a body (" +
                                         body->describe() + ") that is not that of another slot (" +
                                         experts.bodies.front().describe() + ")");
    if (!experts.bodies.empty() && !equalWeights(body->weights, experts.bodies.front().weights))
      return attempt.miss(term.node,
                          nameOf(term.node) + " weights other experts than those of another slot");
    experts.bodies.assign(1, *body);
  }
  if (llvm::is_contained(seen, false))
    return attempt.miss(mixture.terms.front().node,
                        nameOf(mixture.terms.front().node) + " is of a sum that lacks some slots");
  experts.tokens = reader.tokens;
  experts.form = "batched";
  return experts;
}

} // namespace moe::raise
