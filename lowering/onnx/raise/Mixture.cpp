//===- Mixture.cpp - Recognises sums of weighted experts ------------------===//
//
// Terms are followed forward, in the order of the block, through layout and additions.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Mixture.h"
#include "lowering/onnx/raise/Letters.h"
#include "lowering/onnx/raise/RepeatedRows.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/Support/MathExtras.h"
#include <set>

using namespace mlir;

namespace moe::raise {
namespace {

/// A sum on its way: a tree, so that a chain of E additions costs E.
struct Sum {
  /// Its terms, or two sums.
  SmallVector<Share, 1> shares;
  const Sum *left = nullptr, *right = nullptr;
  /// Or something else.
  Value other;
  /// How many pairs of slot and expert it has outputs for.
  int64_t pairs = 0;
  /// The one slot of its terms where each is zero unless that slot chose its expert, and nothing
  /// else was added: only one is not zero.
  std::optional<int64_t> exclusive = {};
  /// Whether all of its terms have a weight.
  bool weighted = true;
};

struct Partial {
  Axes axes;
  const Sum *sum;
};

struct InBlockOrder {
  bool operator()(Operation *a, Operation *b) const { return a != b && a->isBeforeInBlock(b); }
};

class Follower {
public:
  explicit Follower(const RoutedValues &routed) : routed(routed) {}
  std::optional<Mixture> run();

private:
  void start();
  void begin(onnx::NodeOp node);
  void scatter(onnx::NodeOp node);
  void follow(onnx::NodeOp node);
  void hold(onnx::NodeOp node, Axes axes, const Sum *sum, unsigned index = 0);
  void add(onnx::NodeOp node);
  void reduce(onnx::NodeOp node, const Partial &partial);
  void concat(onnx::NodeOp node);
  void pick(onnx::NodeOp node, const Partial &partial);
  void scale(onnx::NodeOp node);
  bool select(onnx::NodeOp node);
  const Sum *weightedSum(const Sum &sum, const Routed &numbers);
  void einsum(onnx::NodeOp node, const Partial &partial);
  int64_t pairsOf(const Term &term, bool oneSlot);
  const Partial *find(Value value) {
    auto it = partials.find(value);
    return it == partials.end() ? nullptr : &it->second;
  }
  const Sum *make(Sum sum) {
    sums.push_back(std::move(sum));
    return &sums.back();
  }
  const Sum *joined(const Sum *a, const Sum *b);
  const Sum *leaf(const Term &term);
  int64_t allPairs() {
    int64_t all;
    return llvm::MulOverflow(routed.counts().slots, routed.counts().experts, all) ? 0 : all;
  }

  const RoutedValues &routed;
  std::vector<Term> terms;
  std::deque<Sum> sums;
  llvm::DenseMap<Value, Partial> partials;
  std::set<Operation *, InBlockOrder> pending;
  SmallVector<Value> order;
};

int64_t Follower::pairsOf(const Term &term, bool oneSlot) {
  oneSlot |= term.factor.slot && routed.counts().slots > 1;
  bool oneExpert = term.factor.kind != Routed::Numbers && term.factor.expert;
  return (oneSlot ? 1 : routed.counts().slots) * (oneExpert ? 1 : routed.counts().experts);
}

const Sum *Follower::joined(const Sum *a, const Sum *b) {
  if (!a || !b)
    return a ? a : b;
  Sum sum;
  sum.left = a;
  sum.right = b;
  if (a->exclusive == b->exclusive)
    sum.exclusive = a->exclusive;
  sum.weighted = a->weighted && b->weighted;
  if (llvm::AddOverflow(a->pairs, b->pairs, sum.pairs))
    sum.pairs = std::numeric_limits<int64_t>::max();
  return make(sum);
}

/// The sum of `term` alone.
const Sum *Follower::leaf(const Term &term) {
  Sum one;
  one.shares.push_back({static_cast<unsigned>(terms.size())});
  one.pairs = pairsOf(term, false);
  one.weighted = term.factor.kind != Routed::Chosen;
  if (!one.weighted && term.factor.expert && !term.factor.anySlot)
    one.exclusive = term.factor.slot;
  terms.push_back(term);
  return make(one);
}

void Follower::hold(onnx::NodeOp node, Axes axes, const Sum *sum, unsigned index) {
  Value value = node.getOutputs()[index];
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() != static_cast<int64_t>(axes.size()) ||
      !isa<FloatType>(type.getElementType()) ||
      !partials.insert({value, {std::move(axes), sum}}).second)
    return;
  order.push_back(value);
  for (Operation *user : value.getUsers())
    if (isa<onnx::NodeOp>(user) && user->getBlock() == node->getBlock())
      pending.insert(user);
}

/// All nodes where outputs may meet routing numbers.
void Follower::start() {
  Block *block = routed.ids().getParentBlock();
  for (const auto &[value, what] : routed.all())
    for (Operation *user : value.getUsers())
      if (isa<onnx::NodeOp>(user) && user->getBlock() == block)
        pending.insert(user);
}

/// A node that begins a sum.
void Follower::begin(onnx::NodeOp node) {
  TermsAt found = termsAt(node, routed);
  const Sum *sum = nullptr;
  for (Term &term : found.terms) {
    sum = joined(sum, leaf(term));
  }
  if (sum)
    hold(node, found.axes, sum);
}

void Follower::add(onnx::NodeOp node) {
  const Sum *sum = nullptr;
  std::optional<Axes> axes;
  SmallVector<Value> others;
  for (Value input : node.getInputs()) {
    const Partial *partial = find(input);
    if (!partial) {
      if (filledWith(input) != 0.0)
        others.push_back(input);
      continue;
    }
    if (axes && *axes != partial->axes)
      return;
    axes = partial->axes;
    sum = joined(sum, partial->sum);
  }
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  // What is added after the last term is none of the sum's business.
  if (!sum || (!others.empty() && sum->pairs >= allPairs()))
    return;
  for (Value other : others) {
    if (tensorType(other) != type)
      return;
    Sum leaf;
    leaf.other = other;
    sum = joined(sum, make(leaf));
  }
  hold(node, *axes, sum);
}

void Follower::reduce(onnx::NodeOp node, const Partial &partial) {
  auto named = axesOf(node);
  if (!named || named->empty())
    return;
  bool keeps = node.intAttribute("keepdims", 1);
  SmallVector<bool> reduced(partial.axes.size(), false);
  for (int64_t axis : *named) {
    auto place = normalizeAxis(axis, partial.axes.size());
    if (!place || partial.axes[*place].free || partial.axes[*place].same ||
        partial.axes[*place].has(Atom::Token))
      return;
    reduced[*place] = true;
  }
  Axes axes;
  for (auto [place, dim] : llvm::enumerate(partial.axes)) {
    if (!reduced[place])
      axes.push_back(dim);
    else if (keeps)
      axes.push_back({});
  }
  hold(node, axes, partial.sum);
}

/// Sums over letters that the result lacks, of one input.
void Follower::einsum(onnx::NodeOp node, const Partial &partial) {
  auto [from, to] = node.stringAttribute("equation", "").split("->");
  SmallVector<char> letters, out;
  auto spell = [](StringRef text, SmallVectorImpl<char> &into) {
    for (char letter : text)
      if (letter != ' ')
        into.push_back(letter);
  };
  spell(from, letters);
  spell(to, out);
  if (node.getInputs().size() != 1 || letters.size() != partial.axes.size())
    return;
  Axes axes;
  for (char letter : out) {
    auto it = llvm::find(letters, letter);
    if (it == letters.end() || llvm::count(letters, letter) != 1)
      return;
    axes.push_back(partial.axes[it - letters.begin()]);
  }
  for (auto [letter, dim] : llvm::zip_equal(letters, partial.axes))
    if (!llvm::is_contained(out, letter) && (dim.free || dim.same || dim.has(Atom::Token)))
      return;
  // Tokens stay in order.
  SmallVector<unsigned> tokens;
  for (auto [place, dim] : llvm::enumerate(axes))
    if (dim.has(Atom::Token))
      tokens.push_back(llvm::find(letters, out[place]) - letters.begin());
  if (llvm::is_sorted(tokens))
    hold(node, axes, partial.sum);
}

/// Single sums side by side, to be reduced.
void Follower::concat(onnx::NodeOp node) {
  const Sum *sum = nullptr;
  std::optional<Axes> axes;
  for (Value input : node.getInputs()) {
    const Partial *partial = find(input);
    if (!partial || (axes && *axes != partial->axes))
      return;
    axes = partial->axes;
    sum = joined(sum, partial->sum);
  }
  auto axis = axes ? normalizeAxis(node.intAttribute("axis", 0), axes->size()) : std::nullopt;
  if (!axis || !(*axes)[*axis].isUnit())
    return;
  int64_t count = node.getInputs().size();
  bool slots = count == routed.counts().slots && !hasAtom(*axes, Atom::Slot);
  if (count == routed.counts().experts && !hasAtom(*axes, Atom::Expert))
    (*axes)[*axis] = dimOf(Atom::Expert, count);
  else if (slots)
    (*axes)[*axis] = dimOf(Atom::Slot, count);
  else
    return;
  hold(node, *axes, sum);
}

/// What a single term holds for one slot.
void Follower::pick(onnx::NodeOp node, const Partial &partial) {
  if (partial.sum->shares.size() != 1 || partial.sum->shares.front().slot)
    return;
  auto take = [&](int64_t axis, int64_t slot, bool keeps, unsigned index) {
    int64_t slots = routed.counts().slots;
    slot += slot < 0 ? slots : 0;
    if (!partial.axes[axis].isJust(Atom::Slot) || slot < 0 || slot >= slots)
      return;
    Sum one;
    one.shares.push_back({partial.sum->shares.front().term, slot});
    one.pairs = pairsOf(terms[one.shares.front().term], true);
    Axes axes = partial.axes;
    if (keeps)
      axes[axis] = {};
    else
      axes.erase(axes.begin() + axis);
    hold(node, axes, make(one), index);
  };
  if (node.is("Slice")) {
    auto axes = constantInts(node.input(3)), starts = constantInts(node.input(1));
    auto axis = axes && axes->size() == 1 ? normalizeAxis(axes->front(), partial.axes.size())
                                          : std::nullopt;
    if (axis && starts && tensorType(node.getOutputs()[0]).getDimSize(*axis) == 1)
      take(*axis, starts->front(), true, 0);
    return;
  }
  auto axis = normalizeAxis(node.intAttribute("axis", 0), partial.axes.size());
  if (!axis)
    return;
  auto place = constantInt(node.input(1));
  if (node.is("Gather") && place && tensorType(node.input(1)).getRank() <= 1)
    take(*axis, *place, tensorType(node.input(1)).getRank() == 1, 0);
  if (node.is("Split") && static_cast<int64_t>(node.getOutputs().size()) == routed.counts().slots)
    for (unsigned index = 0; index < node.getOutputs().size(); ++index)
      take(*axis, index, true, index);
}

/// Outputs of other experts where this one was not chosen: as the masks exclude each other, what is
/// taken is the sum. That no expert occurs twice is looked at where experts are counted.
bool Follower::select(onnx::NodeOp node) {
  Value otherwise;
  TermsAt found = selectionAt(node, routed, otherwise);
  const Partial *rest = otherwise ? find(otherwise) : nullptr;
  if (found.terms.size() != 1 || !rest || find(found.terms.front().output) ||
      !(found.axes == rest->axes))
    return false;
  const Term &term = found.terms.front();
  if (!term.factor.expert || term.factor.anySlot || !term.factor.slot ||
      rest->sum->exclusive != term.factor.slot)
    return false;
  hold(node, found.axes, joined(rest->sum, leaf(term)));
  return true;
}

/// The terms of `sum`, all masked, times the numbers of their slot.
const Sum *Follower::weightedSum(const Sum &sum, const Routed &numbers) {
  SmallVector<const Sum *> stack{&sum};
  const Sum *result = nullptr;
  while (!stack.empty()) {
    const Sum *at = stack.pop_back_val();
    if (at->right)
      stack.append({at->right, at->left});
    for (const Share &share : at->shares) {
      Term term = terms[share.term];
      auto factor = share.slot ? std::nullopt : weighted(term.factor, numbers);
      if (!factor)
        return nullptr;
      term.factor = *factor;
      result = joined(result, leaf(term));
    }
  }
  return result;
}

/// A single masked term, weighted afterwards, or masked ones of one slot; or one masked afterwards.
void Follower::scale(onnx::NodeOp node) {
  bool isWhere = node.is("Where");
  for (unsigned side : {0u, 1u, 2u}) {
    const Partial *partial = find(node.input(side));
    const Routed *numbers = isWhere || side > 1 ? nullptr : routed.find(node.input(1 - side));
    if (partial && numbers && partial->sum->exclusive && partial->sum->shares.empty() &&
        broadcast(partial->axes, numbers->axes) == partial->axes)
      if (const Sum *sum = weightedSum(*partial->sum, *numbers))
        return hold(node, Axes(partial->axes), sum);
    if (!partial || partial->sum->shares.size() != 1)
      continue;
    const Routed *test = isWhere ? routed.find(node.input(0)) : routed.find(node.input(1 - side));
    Term term = terms[partial->sum->shares.front().term];
    if (!test ||
        tensorType(node.getOutputs()[0]).getRank() != static_cast<int64_t>(partial->axes.size()))
      return;
    auto axes = broadcast(partial->axes, test->axes);
    if (axes != partial->axes)
      return;
    if (isWhere && (filledWith(node.input(3 - side)) != 0.0 ||
                    test->kind != (side == 1 ? Routed::Chosen : Routed::Unchosen)))
      return;
    Routed mask = *test;
    if (isWhere)
      mask.kind = Routed::Chosen;
    auto factor = term.factor.kind == Routed::Chosen ? weighted(term.factor, mask)
                                                     : weighted(mask, term.factor);
    if (!factor)
      return;
    term.factor = *factor;
    return hold(node, *axes, leaf(term));
  }
}

/// Outputs of pairs added up at the numbers of their tokens.
void Follower::scatter(onnx::NodeOp node) {
  const Partial *partial = find(node.input(2));
  bool isND = node.is("ScatterND");
  RankedTensorType data = tensorType(node.input(0));
  if (!partial || node.stringAttribute("reduction", "none") != "add" || !data ||
      data.getRank() != 2 || partial->axes.size() != 2 || !partial->axes[1].free ||
      data.getDimSize(1) != lastDim(node.input(2)) || !sameTokens(node.input(0), routed.ids()) ||
      (!isND && normalizeAxis(node.intAttribute("axis", 0), 2) != 0))
    return;
  auto numbers = tokenNumbers(node.input(1), routed);
  if (!numbers || numbers->size() != 2 || !((*numbers)[0] == partial->axes[0]) ||
      (isND ? !(*numbers)[1].isUnit()
            : !(*numbers)[1].same || lastDim(node.input(1)) != data.getDimSize(1)))
    return;
  const Sum *sum = partial->sum;
  if (filledWith(node.input(0)) != 0.0) {
    Sum leaf;
    leaf.other = node.input(0);
    sum = joined(sum, make(leaf));
  }
  hold(node, {dimOf(Atom::Token, data.getDimSize(0)), partial->axes[1]}, sum);
}

void Follower::follow(onnx::NodeOp node) {
  if ((!node.getDomain().empty() && !isPlainProduct(node)) || find(node.getOutputs()[0]))
    return;
  if (llvm::none_of(node.getInputs(), [&](Value input) { return find(input) != nullptr; }))
    return begin(node);
  if (node.is("Add") || node.is("Sum"))
    return add(node);
  if (node.is("Concat"))
    return concat(node);
  if (node.is("Mul") || node.is("Where"))
    return select(node) ? void() : scale(node);
  if (node.is("ScatterElements") || node.is("ScatterND"))
    return scatter(node);
  const Partial *found = find(node.input(0));
  if (!found)
    return;
  Partial partial = *found;
  if (node.is("ReduceSum"))
    return reduce(node, partial);
  if (node.is("Einsum"))
    return einsum(node, partial);
  if (node.is("Gather") || node.is("Split") || node.is("Slice"))
    return pick(node, partial);
  if (auto axes = relaid(node, partial.axes, routed.counts()))
    hold(node, *axes, partial.sum);
}

/// Whether a sum has nothing but tokens and features, as a matrix or laid out as the ids are.
bool isSettled(const Axes &axes, const Axes &ids) {
  ArrayRef<Dim> leading = ArrayRef<Dim>(axes).drop_back();
  if (axes.size() < 2 || !axes.back().free)
    return false;
  bool asIds = leading == ArrayRef<Dim>(ids).drop_back();
  return asIds || (leading.size() == 1 && (leading[0].isUnit() || leading[0].isJust(Atom::Token)));
}

std::optional<Mixture> Follower::run() {
  start();
  while (!pending.empty()) {
    Operation *next = *pending.begin();
    pending.erase(pending.begin());
    follow(cast<onnx::NodeOp>(next));
  }
  // Those that have most.
  Mixture mixture;
  std::pair<int64_t, bool> most{0, false};
  for (Value value : order) {
    const Partial &partial = partials.find(value)->second;
    std::pair own{partial.sum->pairs, partial.sum->weighted};
    if (!isSettled(partial.axes, routed.idsAxes()) || own < most)
      continue;
    if (own > most)
      mixture.results.clear();
    most = own;
    mixture.results.push_back(value);
  }
  if (mixture.results.empty())
    return std::nullopt;
  SmallVector<const Sum *> stack{partials.find(mixture.results.front())->second.sum};
  while (!stack.empty()) {
    const Sum *sum = stack.pop_back_val();
    mixture.shares.append(sum->shares);
    if (sum->other)
      mixture.others.push_back(sum->other);
    if (sum->right)
      stack.push_back(sum->right);
    if (sum->left)
      stack.push_back(sum->left);
  }
  mixture.terms = std::move(terms);
  return mixture;
}

} // namespace

std::optional<Mixture> matchMixture(const RoutedValues &routed) { return Follower(routed).run(); }

} // namespace moe::raise
