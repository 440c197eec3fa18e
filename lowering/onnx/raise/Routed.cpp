//===- Routed.cpp - What follows from a choice of experts -----------------===//
//
// The engine, and the rules of operators that lay values out anew or pick from them.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/HitList.h"
#include "lowering/onnx/raise/RoutedRules.h"
#include "lowering/onnx/raise/SlotNumbers.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringMap.h"
#include <set>

using namespace mlir;

namespace moe::raise {

//===----------------------------------------------------------------------===//
// The engine
//===----------------------------------------------------------------------===//

RoutedValues::RoutedValues(Value ids, const Axes &axes, Counts counts, ArrayRef<Value> numbers,
                           Value flatIds, ArrayRef<Choices> rounds)
    : idsValue(ids), axes(axes), sizes(counts) {
  auto start = [&](Value value, Routed::Kind kind) {
    Routed routed{kind};
    routed.axes = axes;
    if (counts.slots == 1)
      routed.slot = 0;
    if (kind == Routed::Numbers)
      routed.root = value;
    // One slot may have no dimension.
    RankedTensorType type = tensorType(value);
    int64_t rank = type ? type.getRank() : 0, own = axes.size();
    if (counts.slots == 1 && rank + 1 == own)
      routed.axes.pop_back();
    else if (counts.slots == 1 && rank == own + 1)
      routed.axes.push_back({});
    else if (rank != own && kind == Routed::Numbers)
      return;
    if (values.insert({value, routed}).second)
      work.push_back(value);
  };
  start(ids, Routed::Ids);
  for (Value value : numbers)
    start(value, Routed::Numbers);
  if (flatIds && values.insert({flatIds, values.front().second}).second) {
    values[flatIds].axes.pop_back();
    work.push_back(flatIds);
  }
  for (auto [slot, round] : llvm::enumerate(rounds))
    startRound(round, slot);
  follow();
}

Value withSlots(const Choices &choices) {
  return withLastDim(choices.ids, tensorType(choices.scores).getRank());
}

/// The largest numbers beside an ArgMax: of the scores, of what they come from, or of what is made
/// of them in one step. Any number a token may weight the one choice.
static void findLargest(Value scores, SmallVectorImpl<Value> &numbers) {
  auto isScore = [](onnx::NodeOp node) {
    return node && (node.is("Softmax") || node.is("Sigmoid") || node.is("Cast"));
  };
  SmallVector<Value> sources{scores};
  if (onnx::NodeOp made = nodeOf(scores); isScore(made))
    sources.push_back(made.input(0));
  for (Value source : SmallVector<Value>(sources))
    for (Operation *user : source.getUsers())
      if (auto node = dyn_cast<onnx::NodeOp>(user); isScore(node))
        sources.push_back(node.getOutputs()[0]);
  int64_t rank = tensorType(scores).getRank();
  for (Value source : sources)
    for (Operation *user : source.getUsers()) {
      auto node = dyn_cast<onnx::NodeOp>(user);
      auto axes = node && node.is("ReduceMax") ? axesOf(node) : std::nullopt;
      if (axes && axes->size() == 1 && normalizeAxis(axes->front(), rank) == rank - 1 &&
          user->getBlock() == scores.getParentBlock() &&
          !llvm::is_contained(numbers, node.getOutputs()[0]))
        numbers.push_back(node.getOutputs()[0]);
    }
}

SmallVector<Value> numbersOf(const Choices &choices) {
  SmallVector<Value> numbers = choices.numbers();
  if (onnx::NodeOp anchor = choices.anchor; anchor.is("ArgMax"))
    findLargest(choices.scores, numbers);
  return numbers;
}

/// The ids and the numbers of one round are those of its slot.
void RoutedValues::startRound(const Choices &round, int64_t slot) {
  int64_t rank = axes.size();
  auto start = [&](Value value, Routed::Kind kind) {
    RankedTensorType type = tensorType(value);
    bool isFlat = type && type.getRank() == rank - 1;
    if (!type || (!isFlat && (type.getRank() != rank || type.getShape().back() != 1)) ||
        !sameLeadingDims(value, idsValue, rank - 1))
      return;
    Routed routed{kind, {}, axes, slot};
    routed.axes.pop_back();
    if (!isFlat)
      routed.axes.push_back({});
    if (kind == Routed::Numbers)
      routed.root = spread(withLastDim(value, rank), sizes.slots);
    if (values.insert({value, routed}).second)
      work.push_back(value);
  };
  start(round.ids, Routed::Ids);
  for (Value value : numbersOf(round))
    start(value, Routed::Numbers);
}

RoutedValues RoutedValues::of(const Choices &choices) {
  Counts counts{choices.k, choices.experts};
  Axes axes;
  for (int64_t size : tensorType(choices.scores).getShape().drop_back())
    axes.push_back(dimOf(Atom::Token, size));
  axes.push_back(dimOf(Atom::Slot, counts.slots));
  return RoutedValues(withSlots(choices), axes, counts, numbersOf(choices), choices.ids,
                      choices.rounds);
}

RoutedValues RoutedValues::ofMask(const Choices &choices, Value mask) {
  RoutedValues routed(choices.ids, {choices.k, choices.experts});
  for (int64_t size : tensorType(mask).getShape().drop_back())
    routed.axes.push_back(dimOf(Atom::Token, size));
  Routed chosen{Routed::Chosen, {}, routed.axes};
  routed.axes.push_back(dimOf(Atom::Slot, choices.k));
  chosen.axes.push_back(dimOf(Atom::Expert, choices.experts));
  if (choices.k == 1)
    chosen.slot = 0;
  chosen.anySlot = choices.k != 1;
  routed.values.insert({mask, chosen});
  routed.work.push_back(mask);
  routed.follow();
  return routed;
}

const Routed *RoutedValues::find(Value value) const {
  auto it = value ? values.find(value) : values.end();
  return it == values.end() ? nullptr : &it->second;
}

namespace {
struct InBlockOrder {
  bool operator()(Operation *a, Operation *b) const { return a != b && a->isBeforeInBlock(b); }
};
} // namespace

/// Nodes in the order of their block, so that all inputs of each are known when it is looked at;
/// those of subgraphs, which nothing outside of them reads, afterwards.
void RoutedValues::follow() {
  RoutedRules rules(*this);
  std::set<Operation *, InBlockOrder> pending;
  SmallVector<Operation *> inside;
  Block *block = idsValue.getParentBlock();
  auto look = [&](Operation *op) {
    auto node = dyn_cast<onnx::NodeOp>(op);
    if (RoutedRules::Rule rule = node ? RoutedRules::find(node) : nullptr)
      rule(rules, node);
  };
  auto collect = [&] {
    for (Value value : work)
      for (Operation *user : value.getUsers()) {
        if (user->getBlock() == block)
          pending.insert(user);
        else
          inside.push_back(user);
      }
    work.clear();
  };
  for (collect(); !pending.empty(); collect()) {
    Operation *next = *pending.begin();
    pending.erase(pending.begin());
    look(next);
  }
  for (size_t next = 0; next < inside.size(); ++next) {
    look(inside[next]);
    for (Value value : work)
      llvm::append_range(inside, value.getUsers());
    work.clear();
  }
}

RoutedRules::Rule RoutedRules::find(onnx::NodeOp node) {
  static const llvm::StringMap<Rule> table = [] {
    llvm::StringMap<Rule> table;
    for (ArrayRef<Row> rows : {layoutRows(), maskRows(), numberRows(), slotRows()})
      for (const Row &row : rows)
        table.insert({row.op, row.rule});
    return table;
  }();
  return node.getDomain().empty() ? table.lookup(node.getOp()) : nullptr;
}

void RoutedRules::hold(onnx::NodeOp node, const Routed &routed, unsigned index) {
  Value value = node.getOutputs()[index];
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() != static_cast<int64_t>(routed.axes.size()))
    return;
  if (values.values.insert({value, routed}).second)
    values.work.push_back(value);
}

void RoutedRules::holdRelaid(onnx::NodeOp node, Routed routed, std::optional<Axes> axes) {
  if (!axes)
    return;
  routed.axes = std::move(*axes);
  hold(node, routed);
}

void insertAfterInputs(OpBuilder &builder, onnx::NodeOp before, ArrayRef<Value> inputs) {
  Operation *last = nullptr;
  for (Value input : inputs) {
    Operation *op = input ? input.getDefiningOp() : nullptr;
    if (op && op->getBlock() == before->getBlock() && !op->isBeforeInBlock(before) &&
        (!last || last->isBeforeInBlock(op)))
      last = op;
  }
  if (last)
    builder.setInsertionPointAfter(last);
  else
    builder.setInsertionPoint(before);
}

Value RoutedRules::write(onnx::NodeOp before, StringRef op, Type type, ArrayRef<Value> inputs,
                         ArrayRef<std::pair<StringRef, int64_t>> attributes) {
  OpBuilder builder(before);
  insertAfterInputs(builder, before, inputs);
  SmallVector<NamedAttribute> named;
  for (auto [key, value] : attributes)
    named.push_back(builder.getNamedAttr(key, builder.getI64IntegerAttr(value)));
  auto node = onnx::NodeOp::create(builder, before.getLoc(), type, op, "", before.getVersion(), "",
                                   builder.getDictionaryAttr(named), ArrayAttr(), inputs, 0);
  return node.getOutputs()[0];
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// The axes that Squeeze or Unsqueeze name, counted from the front of `rank`.
static std::optional<SmallVector<int64_t>> namedAxes(onnx::NodeOp node, int64_t rank) {
  auto axes = axesOf(node);
  if (!axes)
    return std::nullopt;
  for (int64_t &axis : *axes) {
    auto normal = normalizeAxis(axis, rank);
    if (!normal)
      return std::nullopt;
    axis = *normal;
  }
  return axes;
}

static SmallVector<int64_t> orderOf(onnx::NodeOp transpose, int64_t rank) {
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(transpose.attribute("perm")))
    return SmallVector<int64_t>(perm.asArrayRef());
  return llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
}

std::optional<Axes> relaid(onnx::NodeOp node, const Axes &axes, Counts counts) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (!from || !to || !node.getDomain().empty())
    return std::nullopt;
  StringRef op = node.getOp();
  if (op == "Reshape" || op == "Flatten")
    return reshaped(axes, from.getShape(), to.getShape(), counts);
  if (op == "Transpose")
    return transposed(axes, orderOf(node, from.getRank()));
  if (op == "Expand") {
    for (auto [place, dim] : llvm::enumerate(axes))
      if (!dim.isUnit() && from.isDynamicDim(place) && !staysInExpand(node, place))
        return std::nullopt;
    return expanded(axes, from.getShape(), to.getShape());
  }
  if (op == "Tile") {
    auto repeats = constantInts(node.input(1));
    return repeats ? tiled(axes, *repeats, counts) : std::nullopt;
  }
  if (op == "Unsqueeze" || op == "Squeeze") {
    bool adds = op == "Unsqueeze";
    auto places = namedAxes(node, adds ? to.getRank() : from.getRank());
    if (places && places->empty() && !adds)
      for (auto [place, size] : llvm::enumerate(from.getShape()))
        if (size == 1)
          places->push_back(place);
    return !places ? std::nullopt : adds ? unsqueezed(axes, *places) : squeezed(axes, *places);
  }
  bool keeps = op == "Identity" || op == "Cast" || op == "CastLike" || op == "Dropout";
  return keeps ? std::optional(axes) : std::nullopt;
}

static void layout(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  if (routed)
    rules.holdRelaid(node, *routed, relaid(node, routed->axes, rules.counts()));
}

/// Casts that keep what a kind is: ids stay exact, numbers stay numbers.
static void cast(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  if (!routed || !type)
    return;
  Type element = type.getElementType();
  bool keeps = true;
  switch (routed->kind) {
  case Routed::Ids:
    keeps = element.isInteger(32) || element.isInteger(64) || element.isF32() || element.isF64();
    break;
  case Routed::Numbers:
  case Routed::Mixed:
  case Routed::Masked:
  case Routed::Partial:
  case Routed::Total:
    keeps = isa<FloatType>(element);
    break;
  case Routed::Chosen:
  case Routed::Unchosen:
  case Routed::Always:
  case Routed::Never:
    break;
  }
  if (keeps)
    rules.hold(node, *routed);
}

//===----------------------------------------------------------------------===//
// Picking
//===----------------------------------------------------------------------===//

/// `routed` at place `index` of dimension `dim`, which `keeps` as 1 or goes.
static std::optional<Routed> picked(Routed routed, int64_t dim, int64_t index, bool keeps,
                                    Counts counts) {
  Dim &at = routed.axes[dim];
  if (at.isJust(Atom::Slot))
    routed.slot = index < 0 ? index + counts.slots : index;
  else if (at.isJust(Atom::Expert))
    routed.expert = index < 0 ? index + counts.experts : index;
  else if (!at.isUnit() && !at.same)
    return std::nullopt;
  if (keeps)
    at = {};
  else
    routed.axes.erase(routed.axes.begin() + dim);
  bool inside = (!routed.slot || (*routed.slot >= 0 && *routed.slot < counts.slots)) &&
                (!routed.expert || (*routed.expert >= 0 && *routed.expert < counts.experts));
  return inside ? std::optional(routed) : std::nullopt;
}

static void gather(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  RankedTensorType index = tensorType(node.input(1));
  auto number = constantInt(node.input(1));
  if (!number)
    number = placeOfFullList(node.input(1));
  if (!routed || !index || index.getRank() > 1 || !number)
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), routed->axes.size());
  if (!axis)
    return;
  if (auto result = picked(*routed, *axis, *number, index.getRank() == 1, rules.counts()))
    rules.hold(node, *result);
}

static void split(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *found = rules.at(node, 0);
  auto axis =
      found ? normalizeAxis(node.intAttribute("axis", 0), found->axes.size()) : std::nullopt;
  if (!axis)
    return;
  // What is held next moves what was found.
  Routed whole = *found;
  for (auto [index, output] : llvm::enumerate(node.getOutputs())) {
    RankedTensorType type = tensorType(output);
    if (!type || type.getDimSize(*axis) != 1)
      return;
    if (auto result = picked(whole, *axis, index, /*keeps=*/true, rules.counts()))
      rules.hold(node, *result, index);
  }
}

/// The starts, ends, axes and steps of a Slice are inputs, or attributes in old files.
static void slice(RoutedRules &rules, onnx::NodeOp node) {
  const Routed *routed = rules.at(node, 0);
  auto axes = constantInts(node.input(3)), starts = constantInts(node.input(1));
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  auto steps = node.input(4) ? constantInts(node.input(4)) : std::nullopt;
  if (!routed || !axes || !starts || starts->size() != axes->size() || !from || !to ||
      (node.input(4) && !steps))
    return;
  Routed result = *routed;
  for (size_t i = 0; i < axes->size(); ++i) {
    auto axis = normalizeAxis((*axes)[i], from.getRank());
    if (!axis || from.isDynamicDim(*axis))
      return;
    // All of it, in its order.
    bool forward = !steps || (*steps)[i] == 1;
    if (forward && to.getDimSize(*axis) == from.getDimSize(*axis))
      continue;
    int64_t size = from.getDimSize(*axis), start = (*starts)[i];
    start = std::clamp<int64_t>(start < 0 ? start + size : start, 0, size);
    if (to.getDimSize(*axis) != 1 || !forward)
      return;
    auto one = picked(result, *axis, start, /*keeps=*/true, rules.counts());
    if (!one)
      return;
    result = *one;
  }
  rules.hold(node, result);
}

ArrayRef<RoutedRules::Row> RoutedRules::layoutRows() {
  static const Row rows[] = {
      {"Cast", cast},        {"CastLike", cast},    {"Dropout", layout},  {"Expand", layout},
      {"Flatten", layout},   {"Gather", gather},    {"Identity", layout}, {"Reshape", layout},
      {"Slice", slice},      {"Split", split},      {"Squeeze", layout},  {"Tile", layout},
      {"Transpose", layout}, {"Unsqueeze", layout},
  };
  return rows;
}

} // namespace moe::raise
