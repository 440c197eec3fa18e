//===- Dense.cpp - Every expert on every token ----------------------------===//
//
// E times the work, masked by routing weights that are zero for all experts but a token's own: as
// products over all experts at once, or expert by expert.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/MixtureLayer.h"
#include "lowering/onnx/raise/RepeatedRows.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace moe::raise {

//===----------------------------------------------------------------------===//
// All experts at once
//===----------------------------------------------------------------------===//

FailureOr<MixtureExperts> readAllExperts(const Mixture &mixture, const RoutedValues &routed,
                                         Attempt &attempt) {
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
    bool sameRows = true;
    auto input = [&](Value value) -> std::optional<BodyInput> {
      auto rows = repeatedRows(value, routed);
      if (!rows)
        return std::nullopt;
      sameRows &= !experts.tokens || experts.tokens == rows->tokens;
      experts.tokens = rows->tokens;
      return BodyInput{BodyInput::Rows, rows->axes};
    };
    auto body = matchBody(term.output, routed.counts(), input, attempt);
    if (failed(body))
      return failure();
    if (!sameRows || !fitsTerm(body->axes, term) || !hasAtom(body->axes, Atom::Expert))
      return attempt.miss(term.node, nameOf(term.node) +
                                         " does not weight each expert's output for each token");
    if (!experts.bodies.empty() && !(body->sameUpToWeights(experts.bodies.front()) &&
                                     body->weights == experts.bodies.front().weights))
      return attempt.miss(term.node,
                          nameOf(term.node) + " weights other experts than those of another slot");
    experts.bodies.assign(1, *body);
  }
  if (llvm::is_contained(seen, false))
    return attempt.miss(mixture.terms.front().node,
                        nameOf(mixture.terms.front().node) + " is of a sum that lacks some slots");
  experts.form = "dense";
  return experts;
}

//===----------------------------------------------------------------------===//
// Expert by expert
//===----------------------------------------------------------------------===//

/// What two experts' outputs both come from: both are read back in step until they meet.
static llvm::SetVector<Value> sharedBy(Value a, Value b) {
  llvm::SetVector<Value> shared;
  llvm::DenseSet<std::pair<Value, Value>> seen;
  SmallVector<std::pair<Value, Value>> work{{a, b}};
  while (!work.empty() && seen.size() < 1024) {
    auto [left, right] = work.pop_back_val();
    if (!seen.insert({left, right}).second || weightView(left) || constantNumber(left))
      continue;
    if (left == right) {
      shared.insert(left);
      continue;
    }
    onnx::NodeOp one = nodeOf(left), two = nodeOf(right);
    if (!one || !two || one.getOp() != two.getOp() || one.getDomain() != two.getDomain() ||
        one.getInputs().size() != two.getInputs().size())
      continue;
    for (auto [x, y] : llvm::zip_equal(one.getInputs(), two.getInputs()))
      if (RankedTensorType type = tensorType(x); type && isa<FloatType>(type.getElementType()))
        work.push_back({x, y});
  }
  return shared;
}

namespace {

class OneByOne {
public:
  OneByOne(const Mixture &mixture, const RoutedValues &routed, Attempt &attempt)
      : mixture(mixture), routed(routed), attempt(attempt) {}

  LogicalResult findRows();
  LogicalResult readBodies();
  LogicalResult noPairTwice();
  LogicalResult everyPair();
  MixtureExperts experts;

private:
  const Term &termOf(const Share &share) { return mixture.terms[share.term]; }
  LogicalResult missTerm(const Term &term, const Twine &why) {
    return attempt.miss(term.node,
                        nameOf(term.node) + ", expert " + Twine(*term.factor.expert) + ": " + why);
  }
  LogicalResult missing();
  bool mayHideExperts();

  const Mixture &mixture;
  const RoutedValues &routed;
  Attempt &attempt;
  llvm::MapVector<Value, Axes> rows;
  /// By slot and expert.
  SmallVector<SmallVector<bool>> seen;
};

/// The experts' rows are what the outputs of two of them have in common.
LogicalResult OneByOne::findRows() {
  const Term &first = termOf(mixture.shares.front());
  for (const Share &share : mixture.shares) {
    if (termOf(share).factor.expert == first.factor.expert)
      continue;
    for (Value value : sharedBy(first.output, termOf(share).output)) {
      auto found = repeatedRows(value, routed);
      if (!found || (experts.tokens && experts.tokens != found->tokens))
        return missTerm(first, "what it has in common with other experts is not their tokens");
      experts.tokens = found->tokens;
      rows.insert({value, found->axes});
    }
    break;
  }
  if (rows.empty())
    return missTerm(first, "it has no tokens in common with another expert");
  return success();
}

/// All bodies are the same up to their weights, and an expert has the same weights in each slot.
LogicalResult OneByOne::readBodies() {
  std::vector<std::optional<Body>> found(routed.counts().experts);
  std::optional<Body> first;
  auto input = [&](Value value) -> std::optional<BodyInput> {
    auto it = rows.find(value);
    return it == rows.end() ? std::nullopt : std::optional(BodyInput{BodyInput::Rows, it->second});
  };
  for (const Share &share : mixture.shares) {
    const Term &term = termOf(share);
    auto body = matchBody(term.output, routed.counts(), input, attempt);
    if (failed(body))
      return failure();
    bool isStacked = llvm::any_of(body->weights, [](const auto &one) { return one.stacked; });
    if (isStacked || !fitsTerm(body->axes, term))
      return missTerm(term, "it is not one output for each token");
    if (first && !body->sameUpToWeights(*first))
      return missTerm(term, "its body (" + body->describe() + ") is not that of another expert (" +
                                first->describe() + ")");
    if (!first)
      first = static_cast<const Body &>(*body);
    auto &own = found[*term.factor.expert];
    if (own && own->weights != body->weights)
      return missTerm(term, "its weights are not those of the same expert in another slot");
    own = std::move(*body);
  }
  for (auto &body : found)
    if (body)
      experts.bodies.push_back(std::move(*body));
  return success();
}

/// Experts that tokens may be sent to and that the graph lacks: what it computes for them is wrong.
LogicalResult OneByOne::missing() {
  auto node = routed.ids().getDefiningOp<onnx::NodeOp>();
  std::string text;
  for (int64_t expert = 0; expert < routed.counts().experts; ++expert) {
    if (llvm::all_of(seen, [&](const auto &slot) { return slot[expert]; }))
      continue;
    text += (text.empty() ? "" : "; ") +
            ("expert " + Twine(expert) + " of " + Twine(routed.counts().experts) + " never appears")
                .str();
  }
  if (attempt.allowMissingExperts)
    return attempt.miss(node, nameOf(node) + " has experts missing: " + text);
  node.emitError(nameOf(node))
      << ": " << text << ", but the router can choose it; the file computes wrong results for such "
      << "tokens: export with an input that reaches every expert, or take the file as it is with "
         "--allow-missing-experts";
  attempt.isError = true;
  return failure();
}

/// No pair of slot and expert occurs twice.
LogicalResult OneByOne::noPairTwice() {
  auto [slots, count] = routed.counts();
  if (static_cast<int64_t>(mixture.shares.size()) > slots * count)
    return missTerm(termOf(mixture.shares.front()), "there are more terms than pairs");
  seen.assign(slots, SmallVector<bool>(count, false));
  for (const Share &share : mixture.shares) {
    const Term &term = termOf(share);
    auto slot = share.slot ? share.slot : term.factor.slot;
    for (int64_t one = 0; one < slots; ++one) {
      if (slot && *slot != one)
        continue;
      if (seen[one][*term.factor.expert])
        return missTerm(term, "it is added twice");
      seen[one][*term.factor.expert] = true;
    }
  }
  return success();
}

/// Whether what is added besides may be an expert that could not be read: a product, as the terms.
bool OneByOne::mayHideExperts() {
  auto isProduct = [](Value value) {
    onnx::NodeOp node = nodeOf(value);
    return node && (node.is("Mul") || node.is("Where"));
  };
  if (llvm::any_of(mixture.others, isProduct))
    return true;
  Value sum = mixture.results.front();
  for (Operation *user : sum.getUsers())
    if (auto add = dyn_cast<onnx::NodeOp>(user); add && (add.is("Add") || add.is("Sum")))
      for (Value other : add.getInputs())
        if (other != sum && isProduct(other))
          return true;
  return false;
}

/// Every pair of slot and expert occurs.
LogicalResult OneByOne::everyPair() {
  bool lacks = llvm::any_of(seen, [](const auto &slot) { return llvm::is_contained(slot, false); });
  if (lacks && mayHideExperts())
    return attempt.miss(termOf(mixture.shares.front()).node,
                        "a sum of experts has a term that is no expert's output by its weight");
  return lacks ? missing() : success();
}

} // namespace

FailureOr<MixtureExperts> readOneByOne(const Mixture &mixture, const RoutedValues &routed,
                                       Attempt &attempt) {
  OneByOne reader(mixture, routed, attempt);
  if (failed(reader.noPairTwice()) || failed(reader.findRows()) || failed(reader.readBodies()) ||
      failed(reader.everyPair()))
    return failure();
  reader.experts.form = "dense";
  return std::move(reader.experts);
}

} // namespace moe::raise
