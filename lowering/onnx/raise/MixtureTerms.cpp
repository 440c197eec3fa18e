//===- MixtureTerms.cpp - Where experts meet their routing numbers --------===//

#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/Mixture.h"
#include "lowering/onnx/raise/RepeatedRows.h"
#include "lowering/onnx/raise/Weights.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Whether a value may be an output of experts: neither routing nor constant.
bool mayBeOutput(Value value, const RoutedValues &routed) {
  RankedTensorType type = tensorType(value);
  return type && isa<FloatType>(type.getElementType()) && !routed.find(value) &&
         !filledWith(value) && !weightView(value);
}

bool isFactor(const Routed *routed) {
  return routed && (routed->kind == Routed::Numbers || routed->kind == Routed::Mixed ||
                    routed->kind == Routed::Chosen);
}

/// A label of the factor, or what else a dimension of this size is.
Dim labelOr(const Dim &dim, int64_t size) { return dim.isUnit() || dim.same ? freeDim(size) : dim; }

bool hasOneFeature(const Axes &axes) {
  return llvm::count_if(axes, [](const Dim &dim) { return dim.free; }) == 1;
}

/// factor * output, elementwise.
TermsAt productAt(onnx::NodeOp node, Value output, const Routed &factor) {
  RankedTensorType type = tensorType(node.getOutputs()[0]), own = tensorType(output);
  Axes axes(type.getRank());
  int64_t rank = type.getRank(), shift = rank - static_cast<int64_t>(factor.axes.size());
  if (shift < 0)
    return {};
  for (int64_t place = 0; place < rank; ++place)
    axes[place] =
        labelOr(place < shift ? Dim() : factor.axes[place - shift], type.getDimSize(place));
  if (!hasOneFeature(axes) || own.getRank() > rank)
    return {};
  Term term{node, output, factor, axes};
  term.axes.erase(term.axes.begin(), term.axes.begin() + (rank - own.getRank()));
  return {{term}, axes};
}

/// Sums of factor * output over dimensions of the factor.
TermsAt contractionAt(onnx::NodeOp node, unsigned side, const Routed &factor) {
  auto letters = lettersOf(node);
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  Value output = node.input(1 - side);
  if (!letters)
    return {};
  ArrayRef<int> own = side == 0 ? letters->a : letters->b;
  ArrayRef<int> others = side == 0 ? letters->b : letters->a;
  auto factorDim = [&](int letter) {
    auto it = llvm::find(own, letter);
    return it == own.end() ? Dim() : factor.axes[it - own.begin()];
  };
  Axes axes, expected;
  for (auto [letter, size] : llvm::zip_equal(letters->out, type.getShape()))
    axes.push_back(labelOr(factorDim(letter), size));
  for (auto [letter, size] : llvm::zip_equal(others, tensorType(output).getShape())) {
    Dim dim = factorDim(letter);
    if (dim.same)
      return {};
    // Sums over what the factor has no part in.
    if (dim.isUnit() && size != 1 && !llvm::is_contained(letters->out, letter))
      return {};
    expected.push_back(labelOr(dim, size));
  }
  for (auto [letter, dim] : llvm::zip_equal(own, factor.axes)) {
    bool summed = !llvm::is_contained(letters->out, letter);
    bool good = dim.isUnit() || (llvm::is_contained(others, letter) && !dim.has(Atom::Token));
    if (summed && !good)
      return {};
  }
  if (!hasOneFeature(axes) || !hasOneFeature(expected))
    return {};
  return {{Term{node, output, factor, expected}}, axes};
}

/// Where(mask, output, 0).
TermsAt whereAt(onnx::NodeOp node, const RoutedValues &routed) {
  Value outside;
  TermsAt found = selectionAt(node, routed, outside);
  return outside && filledWith(outside) == 0.0 ? found : TermsAt();
}

//===----------------------------------------------------------------------===//
// Stacked and picked outputs
//===----------------------------------------------------------------------===//

/// One node back over layout, with the labels before it; nothing where there is none.
std::optional<std::pair<Value, Axes>> beforeLayout(Value value, const Axes &axes) {
  onnx::NodeOp node = nodeOf(value);
  RankedTensorType from = node ? tensorType(node.input(0)) : RankedTensorType();
  if (!from || !node.getDomain().empty())
    return std::nullopt;
  if (node.is("Identity") || (node.is("Cast") && stripCast(value) != value))
    return std::pair(node.input(0), axes);
  if (node.is("Transpose")) {
    auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm"));
    Axes before(axes.size());
    for (size_t i = 0; i < axes.size(); ++i)
      before[perm ? perm[i] : static_cast<int64_t>(axes.size() - 1 - i)] = axes[i];
    return std::pair(node.input(0), before);
  }
  return std::nullopt;
}

/// Whether `concat` joins the features of all experts, in order, and `node` takes them apart.
bool takesApart(onnx::NodeOp node, onnx::NodeOp concat, unsigned expertDim, const Axes &axes) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (!concat || expertDim + 2 != axes.size() || !axes.back().free || !from || !to ||
      from.getRank() + 1 != to.getRank() || !isLastAxis(concat, 0, from.getRank()))
    return false;
  // One part of unknown size at most: the others tell it.
  int64_t unknown = 0;
  for (int64_t i = 0; i + 1 < from.getRank(); ++i) {
    unknown += from.isDynamicDim(i);
    if (from.getDimSize(i) != to.getDimSize(i))
      return false;
  }
  return unknown <= 1 && llvm::all_of(concat.getInputs(), [&](Value input) {
           return lastDim(input) == to.getShape().back();
         });
}

/// Terms of one expert each, where the output of `term` is stacked from them.
std::vector<Term> unstacked(const Term &term, Counts counts) {
  auto expertDim = placeOf(term.axes, Atom::Expert);
  if (!expertDim || counts.experts < 2)
    return {term};
  Value value = term.output;
  Axes axes = term.axes;
  for (int step = 0; step < 16; ++step) {
    auto before = beforeLayout(value, axes);
    if (!before)
      break;
    std::tie(value, axes) = *before;
  }
  expertDim = placeOf(axes, Atom::Expert);
  onnx::NodeOp concat = nodeOf(value, "Concat"), reshape = nodeOf(value, "Reshape");
  bool joined =
      reshape && takesApart(reshape, nodeOf(reshape.input(0), "Concat"), *expertDim, axes);
  if (joined)
    concat = nodeOf(reshape.input(0), "Concat");
  if (!concat || static_cast<int64_t>(concat.getInputs().size()) != counts.experts)
    return {term};
  RankedTensorType type = tensorType(concat.getOutputs()[0]);
  auto axis = normalizeAxis(concat.intAttribute("axis", 0), type.getRank());
  std::vector<Term> terms;
  for (auto [expert, input] : llvm::enumerate(concat.getInputs())) {
    RankedTensorType own = tensorType(input);
    if (!own || (!joined && (axis != *expertDim || own.getDimSize(*axis) != 1)))
      return {term};
    Term one{term.node, input, term.factor, axes};
    one.factor.expert = expert;
    if (joined)
      one.axes.erase(one.axes.begin() + *expertDim);
    else
      one.axes[*expertDim] = {};
    terms.push_back(one);
  }
  return terms;
}

/// Outputs of all experts from which each slot takes its own: weighting what was taken weights
/// them.
std::optional<Term> unpicked(const Term &term, const RoutedValues &routed) {
  onnx::NodeOp node = nodeOf(term.output, "GatherElements");
  const Routed *ids = node ? routed.find(node.input(1)) : nullptr;
  // An output that one slot picked is no other slot's.
  if (!ids || ids->kind != Routed::Ids || term.factor.kind != Routed::Numbers ||
      term.factor.slot != ids->slot)
    return std::nullopt;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), term.axes.size());
  RankedTensorType type = tensorType(node.input(0));
  if (!axis || !type || type.getDimSize(*axis) != routed.counts().experts ||
      ids->axes.size() != term.axes.size() ||
      !(term.axes[*axis].isJust(Atom::Slot) || term.axes[*axis].isUnit()))
    return std::nullopt;
  for (auto [place, dim] : llvm::enumerate(term.axes)) {
    const Dim &index = ids->axes[place];
    if (dim.free
            ? !index.same || tensorType(node.input(1)).getDimSize(place) != type.getDimSize(place)
            : !(index == dim))
      return std::nullopt;
  }
  Term all = term;
  all.output = node.input(0);
  all.factor.kind = Routed::Mixed;
  all.axes[*axis] = dimOf(Atom::Expert, routed.counts().experts);
  return all;
}

/// The labels of a column of indices, which ends in a dimension of 1.
std::optional<Axes> columnAxes(std::optional<Axes> axes) {
  if (!axes || axes->empty() || !axes->back().isUnit())
    return std::nullopt;
  axes->pop_back();
  return axes;
}

/// The same where a pair of indices, the token's number and its expert, picks from matrices of all
/// tokens or experts.
std::optional<Term> unpaired(const Term &term, const RoutedValues &routed) {
  onnx::NodeOp node = nodeOf(term.output, "GatherND");
  onnx::NodeOp pair = node ? nodeOf(node.input(1), "Concat") : onnx::NodeOp();
  RankedTensorType type = pair ? tensorType(node.input(0)) : RankedTensorType();
  if (!type || type.getRank() != 3 || node.intAttribute("batch_dims", 0) != 0 ||
      pair.getInputs().size() != 2 || term.factor.kind != Routed::Numbers ||
      !isLastAxis(pair, 0, tensorType(node.input(1)).getRank()))
    return std::nullopt;
  for (unsigned side : {0u, 1u}) {
    const Routed *ids = routed.find(pair.input(side));
    if (!ids || ids->kind != Routed::Ids || term.factor.slot != ids->slot ||
        type.getDimSize(side) != routed.counts().experts)
      continue;
    auto own = columnAxes(ids->axes);
    auto tokens = columnAxes(tokenNumbers(pair.input(1 - side), routed));
    auto picked = own && tokens ? broadcast(*own, *tokens) : std::nullopt;
    if (!picked)
      continue;
    picked->push_back(freeDim(type.getDimSize(2)));
    if (*picked != term.axes)
      continue;
    Term all = term;
    all.output = node.input(0);
    all.factor.kind = Routed::Mixed;
    all.axes = {dimOf(Atom::Token, type.getDimSize(1 - side)), freeDim(type.getDimSize(2))};
    all.axes.insert(all.axes.begin() + side, dimOf(Atom::Expert, routed.counts().experts));
    return all;
  }
  return std::nullopt;
}

} // namespace

std::optional<Routed> weighted(const Routed &mask, const Routed &numbers) {
  if (mask.kind != Routed::Chosen || numbers.kind != Routed::Numbers || mask.anySlot ||
      mask.slot != numbers.slot)
    return std::nullopt;
  Routed result = mask;
  result.kind = Routed::Mixed;
  result.root = numbers.root;
  return result;
}

TermsAt selectionAt(onnx::NodeOp node, const RoutedValues &routed, Value &otherwise) {
  const Routed *mask = routed.find(node.input(0));
  if (!node.is("Where") || !mask ||
      (mask->kind != Routed::Chosen && mask->kind != Routed::Unchosen))
    return {};
  bool straight = mask->kind == Routed::Chosen;
  Value output = node.input(straight ? 1 : 2);
  otherwise = node.input(straight ? 2 : 1);
  if (!output || !mayBeOutput(output, routed))
    return {};
  Routed factor = *mask;
  factor.kind = Routed::Chosen;
  return productAt(node, output, factor);
}

TermsAt termsAt(onnx::NodeOp node, const RoutedValues &routed) {
  if (node.getOutputs().size() != 1 || !tensorType(node.getOutputs()[0]) ||
      routed.find(node.getOutputs()[0]))
    return {};
  TermsAt found;
  bool contracts = isPlainProduct(node);
  if (node.is("Where"))
    found = whereAt(node, routed);
  for (unsigned side : {0u, 1u}) {
    const Routed *factor = routed.find(node.input(side));
    if (!found.terms.empty() || node.getInputs().size() != 2 || !isFactor(factor) ||
        !mayBeOutput(node.input(1 - side), routed))
      continue;
    if (contracts)
      found = contractionAt(node, side, *factor);
    else if (node.is("Mul"))
      found = productAt(node, node.input(1 - side), *factor);
  }
  if (found.terms.empty())
    return {};
  if (auto all = unpicked(found.terms.front(), routed))
    found.terms.front() = *all;
  else if (auto all = unpaired(found.terms.front(), routed))
    found.terms.front() = *all;
  found.terms = unstacked(Term(found.terms.front()), routed.counts());
  return found;
}

} // namespace moe::raise
