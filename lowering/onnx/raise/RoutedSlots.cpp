//===- RoutedSlots.cpp - Slots that a graph handles one by one ------------===//
//
// Masks and weights of one slot each, which are added up, joined or scattered until they are those
// of all slots. Ids of one token are distinct, so that sums of masks are masks.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/RoutedRules.h"
#include "lowering/onnx/raise/SlotNumbers.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

/// Slots are bits.
static constexpr int64_t kMostSlots = 63;

/// Whether something of one slot has tokens and nothing else, with a last dimension of 1 or
/// without one.
static bool isOfOneSlot(RoutedRules &rules, const Routed &routed) {
  if (!routed.slot || rules.counts().slots == 1 || routed.expert)
    return false;
  Axes axes = rules.idsAxes();
  axes.pop_back();
  if (routed.axes == axes)
    return true;
  axes.push_back({});
  return routed.axes == axes;
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

namespace {

/// A sum on its way.
class SlotSum {
public:
  explicit SlotSum(Counts counts) : counts(counts), roots(counts.slots) {}
  bool add(const Routed &routed);
  std::optional<Routed> result();

private:
  Counts counts;
  std::optional<Routed> first;
  uint64_t some = 0;
  SmallVector<Value> roots;
};

} // namespace

bool SlotSum::add(const Routed &routed) {
  bool isMask = routed.kind == Routed::Chosen, isMix = routed.kind == Routed::Mixed;
  bool isOne = (isMask || isMix) && routed.slot && !routed.anySlot;
  if (!isOne && routed.kind != Routed::Partial)
    return false;
  uint64_t own = isOne ? uint64_t(1) << *routed.slot : routed.some;
  if (first && (first->axes != routed.axes || first->expert != routed.expert ||
                !first->root != !routed.root))
    return false;
  if ((own & some) || hasAtom(routed.axes, Atom::Slot))
    return false;
  if (first && first->root) {
    RankedTensorType a = tensorType(first->root), b = tensorType(routed.root);
    if (a.getElementType() != b.getElementType() || a.getRank() != b.getRank())
      return false;
  }
  first = first ? first : std::optional(routed);
  some |= own;
  for (int64_t slot = 0; slot < counts.slots; ++slot)
    if (own >> slot & 1)
      roots[slot] = routed.root;
  return true;
}

std::optional<Routed> SlotSum::result() {
  if (!first)
    return std::nullopt;
  Routed sum = *first;
  sum.slot = std::nullopt;
  if (sum.root) {
    for (Value &root : roots)
      root = root ? root : sum.root; // of a slot that is not asked for
    sum.root = joinSlots(roots);
  }
  bool isAll = some == llvm::maskTrailingOnes<uint64_t>(counts.slots);
  sum.kind = !isAll ? Routed::Partial : sum.root ? Routed::Mixed : Routed::Chosen;
  sum.anySlot = isAll;
  sum.some = isAll ? 0 : some;
  return sum;
}

bool sumOverSlots(RoutedRules &rules, onnx::NodeOp node) {
  int64_t slots = rules.counts().slots;
  if (slots < 2 || slots > kMostSlots)
    return false;
  SlotSum sum(rules.counts());
  for (Value input : node.getInputs()) {
    const Routed *routed = rules.of(input);
    if (routed ? !sum.add(*routed) : !input || filledWith(input) != 0.0)
      return false;
  }
  auto result = sum.result();
  if (result)
    rules.hold(node, *result);
  return result.has_value();
}

/// The numbers of one slot scattered by its ids, into zeros or beside what other slots left there.
bool scatterSlot(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *ids = rules.at(node, 1), *updates = rules.at(node, 2), *data = rules.at(node, 0);
  int64_t last = rules.idsAxes().size() - 1, slots = rules.counts().slots;
  StringRef reduction = node.stringAttribute("reduction", "none");
  bool isScatter = ids && ids->kind == Routed::Ids && isOfOneSlot(rules, *ids) &&
                   static_cast<int64_t>(ids->axes.size()) == last + 1 && slots <= kMostSlots &&
                   normalizeAxis(node.intAttribute("axis", 0), last + 1) == last &&
                   lastDim(node.input(0)) == rules.counts().experts &&
                   sameLeadingDims(node.input(0), rules.ids(), last) &&
                   (reduction == "none" || reduction == "add");
  if (!isScatter || (!data && filledWith(node.input(0)) != 0.0))
    return false;
  Routed put{Routed::Mixed, {}, ids->axes, ids->slot};
  put.axes.back() = dimOf(Atom::Expert, rules.counts().experts);
  if (updates && updates->kind == Routed::Numbers && updates->axes == ids->axes &&
      updates->slot == ids->slot)
    put.root = updates->root;
  else if (filledWith(node.input(2)) == 1.0)
    put.kind = Routed::Chosen;
  else
    return false;
  SlotSum sum(rules.counts());
  if (data && (!sum.add(*data) || !sum.add(put)))
    return false;
  if (auto result = data ? sum.result() : put)
    rules.hold(node, *result);
  return true;
}

//===----------------------------------------------------------------------===//
// Numbers of one slot
//===----------------------------------------------------------------------===//

bool holdSlotNumbers(RoutedRules &rules, onnx::NodeOp node) {
  Value result = node.getOutputs()[0];
  RankedTensorType type = tensorType(result);
  const Routed *of = nullptr;
  bool mixes = false;
  for (Value input : node.getInputs()) {
    const Routed *routed = rules.of(input);
    if (!routed || routed->kind != Routed::Numbers || !isOfOneSlot(rules, *routed))
      continue;
    mixes |= of && of->slot != routed->slot;
    of = of ? of : routed;
  }
  int64_t rank = rules.idsAxes().size();
  if (!of || !type || !isa<FloatType>(type.getElementType()) ||
      type.getRank() != static_cast<int64_t>(of->axes.size()) ||
      (type.getRank() == rank && type.getShape().back() != 1) ||
      !sameLeadingDims(result, rules.ids(), rank - 1))
    return false;
  Routed numbers = *of;
  Value own = withLastDim(result, rank);
  // What several slots are mixed to is a number of the token.
  numbers.kind = mixes ? Routed::Total : Routed::Numbers;
  numbers.root = mixes ? own : spread(own, rules.counts().slots);
  if (mixes)
    numbers.slot = std::nullopt;
  rules.hold(node, numbers);
  return true;
}

/// What each slot has, side by side in the order of the slots.
static void concat(RoutedRules &rules, onnx::NodeOp node) {
  int64_t last = rules.idsAxes().size() - 1;
  const Routed *first = rules.at(node, 0);
  if (!first || (first->kind != Routed::Numbers && first->kind != Routed::Ids) ||
      static_cast<int64_t>(node.getInputs().size()) != rules.counts().slots ||
      !isLastAxis(node, 0, last + 1))
    return;
  for (auto [slot, input] : llvm::enumerate(node.getInputs())) {
    const Routed *routed = rules.of(input);
    if (!routed || routed->kind != first->kind || !isOfOneSlot(rules, *routed) ||
        static_cast<int64_t>(routed->axes.size()) != last + 1 ||
        *routed->slot != static_cast<int64_t>(slot))
      return;
  }
  Routed all{first->kind, {}, rules.idsAxes()};
  if (all.kind == Routed::Numbers)
    all.root = node.getOutputs()[0];
  rules.hold(node, all);
}

static void sum(RoutedRules &rules, onnx::NodeOp node) { sumOverSlots(rules, node); }

ArrayRef<RoutedRules::Row> RoutedRules::slotRows() {
  static const Row rows[] = {{"Concat", concat}, {"Sum", sum}};
  return rows;
}

} // namespace moe::raise
