//===- Lists.cpp - Lists of who goes to an expert, and what is read at them ===//

#include "lowering/onnx/raise/Lists.h"
#include "lowering/onnx/raise/ListRules.h"
#include "lowering/onnx/raise/Quantized.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {

Lists::Lists(const Choices &choices, const RoutedValues &routed)
    : choices(choices), routed(routed) {
  for (auto &[mask, fact] : routed.all())
    if (fact.kind == Routed::Chosen && fact.expert && !hasAtom(fact.axes, Atom::Expert))
      for (OpOperand &use : mask.getUses())
        if (auto nonZero = dyn_cast<onnx::NodeOp>(use.getOwner());
            nonZero && nonZero.is("NonZero") && isHere(nonZero))
          begin(nonZero.getOutputs()[0], fact, mask);
  while (!work.empty())
    visit(work.pop_back_val());
  // In graph order, whatever the order of uses is.
  SmallVector<onnx::NodeOp> sorted = writers.takeVector();
  llvm::sort(sorted, [](onnx::NodeOp a, onnx::NodeOp b) { return a->isBeforeInBlock(b); });
  writers.insert(sorted.begin(), sorted.end());
}

/// What happens in a subgraph may not happen at all.
bool Lists::isHere(onnx::NodeOp node) const {
  onnx::NodeOp anchor = choices.anchor;
  return node->getBlock() == anchor->getBlock();
}

RoutedValues routedOf(const Choices &choices) {
  RankedTensorType type = tensorType(choices.ids);
  Axes axes;
  int64_t rank = type.getRank();
  // The ids of one expert a token may have no dimension of their own.
  bool slots = rank == tensorType(choices.scores).getRank();
  for (int64_t i = 0; i < rank; ++i)
    axes.push_back(dimOf(slots && i + 1 == rank ? Atom::Slot : Atom::Token, type.getDimSize(i)));
  return RoutedValues(choices.ids, axes, {choices.k, choices.experts}, numbersOf(choices), {},
                      choices.rounds);
}

bool Lists::feedProducts() const {
  for (auto &[value, fact] : facts)
    if (fact.kind == Listed::Rows && llvm::is_contained(fact.runs, Run::Features))
      for (Operation *user : value.getUsers())
        if (auto node = dyn_cast<onnx::NodeOp>(user))
          if (node.is("MatMulNBits", "com.microsoft") ||
              ((node.is("MatMul") || node.is("Gemm") || node.is("FusedMatMul", "com.microsoft")) &&
               (weightView(node.input(1)) || quantView(node.input(1)))))
            return true;
  return false;
}

SmallVector<Value> Lists::numbersOfEntries() const {
  SmallVector<Value> numbers;
  for (auto &[value, fact] : facts) {
    bool isNumber = fact.kind == Listed::Weights || fact.kind == Listed::Rows;
    if (isNumber && !llvm::is_contained(fact.runs, Run::Features) && lastDim(value) == 1)
      numbers.push_back(value);
  }
  return numbers;
}

const Listed *Lists::find(Value value) const {
  auto it = facts.find(value);
  return it == facts.end() ? nullptr : &it->second;
}

const Listed *Lists::rows(Value value, const List &list) const {
  const Listed *fact = find(value);
  return fact && fact->kind == Listed::Rows && fact->list->sameEntries(list) ? fact : nullptr;
}

void Lists::set(Value value, Listed fact) {
  RankedTensorType type = tensorType(value);
  if (type && type.getRank() == static_cast<int64_t>(fact.runs.size()) &&
      facts.try_emplace(value, std::move(fact)).second)
    work.push_back(value);
}

/// The columns of places of `mask`'s dimensions; nothing where one runs over something else.
static std::optional<SmallVector<Place, 3>> placesOf(const Axes &axes) {
  SmallVector<Place, 3> places;
  unsigned parts = llvm::count_if(axes, [](const Dim &dim) { return dim.has(Atom::Token); });
  unsigned part = 0;
  for (auto [index, dim] : llvm::enumerate(axes)) {
    Place &place = places.emplace_back();
    place.atoms.assign(dim.atoms.begin(), dim.atoms.end());
    if (dim.free || (dim.same && index + 1 != axes.size()))
      return std::nullopt;
    place.isElement = dim.same;
    if (parts > 1 && dim.has(Atom::Token)) {
      if (!dim.isJust(Atom::Token))
        return std::nullopt;
      place.part = part++;
    }
  }
  return part || parts == 1 ? std::optional(places) : std::nullopt;
}

void Lists::begin(Value nonZero, const Routed &mask, Value value) {
  auto places = placesOf(mask.axes);
  if (!places)
    return;
  List list{*mask.expert, mask.slot, mask.anySlot, false, value, mask.axes};
  if (choices.k == 1) {
    list.slot = 0;
    list.anySlot = false;
  }
  for (const Place &place : *places)
    if (!place.atoms.empty()) {
      list.slotFirst = place.atoms.front() == Atom::Slot;
      break;
    }
  lists.push_back(list);
  order.push_back(&lists.back());
  Listed fact{Listed::Places, &lists.back(), {Run::Columns, Run::Entries}, *places, {}, false, {}};
  if (places->size() == 1)
    fact.runs[0] = Run::Unit;
  set(nonZero, std::move(fact));
}

void Lists::visit(Value value) {
  SmallVector<onnx::NodeOp> readers;
  for (OpOperand &use : value.getUses())
    if (auto node = dyn_cast<onnx::NodeOp>(use.getOwner());
        node && node.getDomain().empty() && isHere(node))
      readers.push_back(node);
  llvm::sort(readers, [](onnx::NodeOp a, onnx::NodeOp b) { return a->isBeforeInBlock(b); });
  for (onnx::NodeOp node : readers)
    if (ListRule rule = listRule(node.getOp()))
      rule(*this, node);
}

/// The value before a node that only lays its one input out in another way, or picks a constant
/// part of it; null where it does something else.
static Value beforeLayout(onnx::NodeOp node) {
  static const StringRef names[] = {"Identity", "Cast",   "Unsqueeze", "Squeeze", "Reshape",
                                    "Flatten",  "Gather", "Slice",     "Split",   "Transpose"};
  return node && node.getDomain().empty() && llvm::is_contained(names, node.getOp()) ? node.input(0)
                                                                                     : Value();
}

/// The labels behind `node` of what `in` labels before it, or nothing.
static std::optional<Routed> through(onnx::NodeOp node, Value result, const Routed &in,
                                     Counts counts) {
  Routed out = in;
  if (node.is("Cast"))
    return out;
  if (node.is("Gather") || node.is("Slice") || node.is("Split")) {
    auto pick = pickedPlace(node, result);
    if (!pick)
      return std::nullopt;
    const Dim &dim = in.axes[pick->axis];
    if (dim.isJust(Atom::Slot) && !out.slot)
      out.slot = pick->index;
    else if (dim.isJust(Atom::Expert) && !out.expert)
      out.expert = pick->index;
    else
      return std::nullopt;
    out.axes[pick->axis] = Dim();
    if (!pick->keeps)
      out.axes.erase(out.axes.begin() + pick->axis);
    return out;
  }
  auto axes = relaid(node, in.axes, counts);
  if (!axes)
    return std::nullopt;
  out.axes = *axes;
  return out;
}

/// Whether `value` is one number for each choice, in the order of the ids.
static bool isForEachChoice(Value value, const Choices &choices) {
  RankedTensorType type = tensorType(value);
  return type && type.getRank() >= 2 && isa<FloatType>(type.getElementType()) &&
         type.getShape().back() == choices.k && sameTokens(value, choices.scores);
}

/// The same numbers before nodes that lay them out, which exporters write once for each expert.
static Value bareNumbers(Value value, const Choices &choices) {
  for (int step = 0; step < 8; ++step) {
    onnx::NodeOp node = nodeOf(value);
    bool lays = node && (node.is("Flatten") || node.is("Reshape") || node.is("Identity") ||
                         node.is("Squeeze") || node.is("Unsqueeze"));
    if (!lays || !isForEachChoice(node.input(0), choices))
      break;
    value = node.input(0);
  }
  return value;
}

/// Whether `value` is one number for each expert, token by token as the scores are. Numbers that
/// are made of the choice may be zero for what it left out, but an expert's rows did choose it.
static bool isForEachExpert(Value value, const Choices &choices) {
  RankedTensorType type = tensorType(value), scores = tensorType(choices.scores);
  Value ids = choices.ids;
  return type && isa<FloatType>(type.getElementType()) && type.getRank() == scores.getRank() &&
         type.getShape().back() == choices.experts && choices.experts > 1 &&
         value.getParentBlock() == ids.getParentBlock() &&
         sameLeadingDims(value, choices.scores, type.getRank() - 1);
}

const Routed *Lists::numbers(Value value, const List &list) {
  const Routed *fact = routed.find(value);
  if (fact && fact->kind == Routed::Numbers)
    return fact;
  if (fact && fact->kind == Routed::Mixed)
    return fact->expert == list.expert || hasAtom(fact->axes, Atom::Expert) ? fact : nullptr;
  return numbersBehind(value);
}

/// The number of each choice's own expert among `scores`, one for each expert.
static Value pickedScores(Value scores, const Choices &choices) {
  Value ids = withSlots(choices);
  OpBuilder builder(ids.getContext());
  Operation *of = scores.getDefiningOp();
  // Behind both.
  bool later =
      of && of->getBlock() == ids.getParentBlock() && ids.getDefiningOp()->isBeforeInBlock(of);
  builder.setInsertionPointAfterValue(later ? scores : ids);
  auto last = builder.getNamedAttr("axis", builder.getI64IntegerAttr(-1));
  Type type = tensorType(ids).clone(tensorType(scores).getElementType());
  return onnx::NodeOp::create(builder, ids.getLoc(), type, "GatherElements", "", 13, "",
                              builder.getDictionaryAttr(last), ArrayAttr(), ValueRange{scores, ids},
                              0)
      .getOutputs()[0];
}

/// What `value` holds by itself: a number for each choice, or for each expert, of which an expert's
/// rows take their own.
static std::optional<Routed> ownNumbers(Value value, const Choices &choices) {
  // Where a mask may leave any expert, numbers are by expert.
  bool byExpert = choices.kept && choices.k == choices.experts;
  bool forChoices = !byExpert && isForEachChoice(value, choices);
  if (!forChoices && !isForEachExpert(value, choices))
    return std::nullopt;
  Routed root{Routed::Numbers, value};
  RankedTensorType type = tensorType(value);
  for (int64_t size : type.getShape().drop_back())
    root.axes.push_back(dimOf(Atom::Token, size));
  root.axes.push_back(dimOf(forChoices ? Atom::Slot : Atom::Expert, type.getShape().back()));
  if (choices.k == 1)
    root.slot = 0;
  if (forChoices) {
    root.root = bareNumbers(value, choices);
    return root;
  }
  root.kind = Routed::Mixed;
  root.root = pickedScores(value, choices);
  root.anySlot = true;
  return root;
}

const Routed *Lists::numbersBehind(Value value) {
  SmallVector<Value> path;
  for (Value at = value; at && path.size() < 16 && !views.contains(at);
       at = beforeLayout(nodeOf(at))) {
    path.push_back(at);
    auto root = ownNumbers(at, choices);
    if (!root)
      continue;
    views[at] = *root;
    path.pop_back();
    break;
  }
  Counts counts{choices.k, choices.experts};
  while (!path.empty()) {
    Value at = path.pop_back_val();
    onnx::NodeOp node = nodeOf(at);
    std::optional<Routed> before;
    if (node && node.input(0))
      if (auto it = views.find(node.input(0)); it != views.end())
        before = it->second;
    views[at] = before ? through(node, at, *before, counts) : std::nullopt;
  }
  auto &view = views[value];
  return view ? &*view : nullptr;
}

} // namespace moe::raise
