//===- ListReads.cpp - What is read at lists, and places made of places ---===//

#include "lowering/onnx/raise/ListRules.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace moe::raise {

/// The one column that `value` is, or null.
static const Listed *columnOf(Lists &lists, Value value) {
  const Listed *fact = lists.find(value);
  return fact && fact->kind == Listed::Places && fact->places.size() == 1 ? fact : nullptr;
}

/// A column times one number, which is not read here: its sum with another column says what it has
/// to be.
void listScale(Lists &lists, onnx::NodeOp node) {
  for (unsigned side : {0u, 1u}) {
    const Listed *in = columnOf(lists, node.input(side));
    RankedTensorType factor = tensorType(node.input(1 - side));
    if (!in || !factor || !factor.hasStaticShape() || factor.getNumElements() != 1 ||
        factor.getRank() > static_cast<int64_t>(in->runs.size()) || in->places.front().factor ||
        in->places.front().isElement)
      continue;
    Listed out = *in;
    out.places.front().factor = node.input(1 - side);
    lists.set(node.getOutputs()[0], std::move(out));
    return;
  }
}

/// A column that is always 0: of a dimension of size 1.
static bool isNothing(const Place &place) { return place.atoms.empty() && !place.isElement; }

/// token * k + slot: the place of a pair in a flattened tensor; of one slot, the token's.
void listSum(Lists &lists, onnx::NodeOp node) {
  const Listed *high = columnOf(lists, node.input(0)), *low = columnOf(lists, node.input(1));
  if (!high || !low || high->runs != low->runs || !high->list->sameEntries(*low->list))
    return;
  if (!high->places.front().factor)
    std::swap(high, low);
  Place token = high->places.front();
  auto factor = constantInt(token.factor);
  token.factor = {};
  const Place &slot = low->places.front();
  bool single = lists.choices.k == 1 && isNothing(slot) && !slot.factor;
  if (!factor || *factor != lists.choices.k || !token.isJust(Atom::Token) || token.part ||
      (!single && !slot.isJust(Atom::Slot)))
    return;
  Listed out = *high;
  out.repeats |= low->repeats;
  out.places.front() = token;
  if (!single)
    out.places.front().atoms.push_back(Atom::Slot);
  lists.set(node.getOutputs()[0], std::move(out));
}

/// The place of a pair divided by k is the token's, what is left is the slot.
void listDivide(Lists &lists, onnx::NodeOp node) {
  const Listed *in = columnOf(lists, node.input(0));
  if (!in || !in->places.front().isPair() || constantInt(node.input(1)) != lists.choices.k)
    return;
  Listed out = *in;
  out.places.front().atoms = {node.is("Div") ? Atom::Token : Atom::Slot};
  lists.set(node.getOutputs()[0], std::move(out));
}

/// Whether `value` is `place < 0`, which no place is.
static bool isNegative(Lists &lists, Value value) {
  onnx::NodeOp less = nodeOf(value, "Less");
  return less && columnOf(lists, less.input(0)) && constantInt(less.input(1)) == 0;
}

/// What counts places from the end where they are negative leaves them as they are.
void listWhere(Lists &lists, onnx::NodeOp node) {
  const Listed *in = columnOf(lists, node.input(2));
  if (in && isNegative(lists, node.input(0)))
    lists.set(node.getOutputs()[0], *in);
}

/// The runs of the dimensions from `first` on of what is read from.
static void appendFeatures(SmallVectorImpl<Run> &runs, RankedTensorType type, int64_t first) {
  for (int64_t size : type.getShape().drop_front(first))
    runs.push_back(size == 1 ? Run::Unit : Run::Features);
}

/// Makes routing weights of what was read where it is one number an entry. `first` and `count`: the
/// dimensions of the root that were read at.
static void settleWeights(Lists &lists, Listed &fact, int64_t first, int64_t count) {
  const Routed *view = lists.numbers(fact.root, *fact.list);
  if (!view || llvm::is_contained(fact.runs, Run::Features))
    return;
  Axes at(view->axes.begin() + first, view->axes.begin() + first + count);
  for (auto [dim, label] : llvm::enumerate(view->axes))
    if ((static_cast<int64_t>(dim) < first || static_cast<int64_t>(dim) >= first + count) &&
        !label.isUnit())
      return;
  SmallVector<Atom, 2> atoms;
  for (const Dim &dim : at)
    for (Atom atom : dim.atoms)
      if (atoms.empty() || atom != Atom::Token || atoms.back() != Atom::Token)
        atoms.push_back(atom);
  bool pair = atoms == ArrayRef<Atom>{Atom::Token, Atom::Slot};
  if (fact.pairs ? !pair && lists.choices.k != 1 : atoms != ArrayRef<Atom>{Atom::Token})
    return;
  if (view->kind == Routed::Mixed && view->expert != fact.list->expert)
    return;
  fact.kind = Listed::Weights;
  fact.root = view->root;
  fact.slot = view->slot;
  // A sum over all slots holds the entry's own weight: others of the token chose other experts.
  if (view->kind == Routed::Mixed && (view->anySlot || lists.choices.k == 1))
    fact.slot.reset();
}

bool readsTokens(ArrayRef<Place> places, RankedTensorType type, bool &pairs) {
  SmallVector<Place, 3> labelled;
  for (auto [dim, place] : llvm::enumerate(places))
    if (!place.atoms.empty() || place.isElement)
      labelled.push_back(place);
    else if (type.getDimSize(dim) != 1)
      return false;
  if (labelled.empty())
    return false;
  pairs = labelled.back().isJust(Atom::Slot) || labelled.back().isPair();
  if (labelled.size() == 1 && pairs)
    return labelled.front().isPair();
  for (auto [part, place] : llvm::enumerate(ArrayRef<Place>(labelled).drop_back(pairs)))
    if (!place.isJust(Atom::Token) || place.part.value_or(0) != part)
      return false;
  return true;
}

static void readRows(Lists &lists, onnx::NodeOp node, const Listed &index) {
  RankedTensorType type = tensorType(node.input(0));
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  Listed out = index;
  out.kind = Listed::Rows;
  out.root = node.input(0);
  if (!axis || index.places.size() != 1 || !readsTokens(index.places, type, out.pairs) ||
      llvm::is_contained(index.runs, Run::Same) ||
      !llvm::all_of(type.getShape().take_front(*axis), [](int64_t size) { return size == 1; }))
    return;
  out.places.clear();
  out.runs.insert(out.runs.begin(), *axis, Run::Unit);
  appendFeatures(out.runs, type, *axis + 1);
  settleWeights(lists, out, *axis, 1);
  lists.set(node.getOutputs()[0], std::move(out));
}

static void readTuples(Lists &lists, onnx::NodeOp node, const Listed &index) {
  RankedTensorType type = tensorType(node.input(0));
  Listed out = index;
  out.kind = Listed::Rows;
  out.root = node.input(0);
  int64_t count = index.places.size();
  bool tuples = index.runs.back() == (count > 1 ? Run::Columns : Run::Unit);
  if (node.intAttribute("batch_dims", 0) != 0 || !tuples || type.getRank() < count ||
      !readsTokens(index.places, type, out.pairs) || llvm::is_contained(index.runs, Run::Same))
    return;
  out.places.clear();
  out.runs.pop_back();
  appendFeatures(out.runs, type, count);
  settleWeights(lists, out, 0, count);
  lists.set(node.getOutputs()[0], std::move(out));
}

/// Of a token's routing weights the one of the entry's slot.
static void readOwn(Lists &lists, onnx::NodeOp node, const Listed &index) {
  const Listed *rows = lists.find(node.input(0));
  if (!rows || rows->kind != Listed::Rows || !rows->list->sameEntries(*index.list) ||
      index.places.size() != 1 || !index.places.front().isJust(Atom::Slot) || rows->pairs ||
      rows->repeats || index.repeats || rows->runs != ArrayRef<Run>{Run::Entries, Run::Features} ||
      index.runs != ArrayRef<Run>{Run::Entries, Run::Unit} || !isLastAxis(node, 0, 2))
    return;
  const Routed *view = lists.numbers(rows->root, *index.list);
  if (!view || view->kind != Routed::Numbers || !view->axes.back().isJust(Atom::Slot))
    return;
  Listed out = index;
  out.kind = Listed::Weights;
  out.places.clear();
  out.root = view->root;
  lists.set(node.getOutputs()[0], std::move(out));
}

/// Whole rows by a column of places that is repeated over the features.
static void readRepeated(Lists &lists, onnx::NodeOp node, const Listed &index) {
  RankedTensorType type = tensorType(node.input(0));
  Listed out = index;
  if (type.getRank() != 2 || normalizeAxis(node.intAttribute("axis", 0), 2) != 0 ||
      index.places.size() != 1 || !readsTokens(index.places, type, out.pairs) ||
      index.runs != ArrayRef<Run>{Run::Entries, Run::Same} ||
      lastDim(node.input(0)) != lastDim(node.input(1)) || type.isDynamicDim(1))
    return;
  out.kind = Listed::Rows;
  out.root = node.input(0);
  out.places.clear();
  out.runs[1] = Run::Features;
  lists.set(node.getOutputs()[0], std::move(out));
}

void listRead(Lists &lists, onnx::NodeOp node) {
  const Listed *index = lists.find(node.input(1));
  if (!index || index->kind != Listed::Places || !tensorType(node.input(0))) {
    if (node.is("Gather"))
      listPick(lists, node);
    return;
  }
  if (node.is("Gather"))
    readRows(lists, node, *index);
  else if (node.is("GatherND"))
    readTuples(lists, node, *index);
  else if (index->runs.back() == Run::Same)
    readRepeated(lists, node, *index);
  else
    readOwn(lists, node, *index);
}

void listWrite(Lists &lists, onnx::NodeOp node) {
  const Listed *index = lists.find(node.input(1));
  if (index && index->kind == Listed::Places)
    lists.write(node);
}

ListRule listRule(StringRef op) {
  static const llvm::StringMap<ListRule> table = {
      {"Identity", listLayout},  {"Cast", listLayout},
      {"Squeeze", listLayout},   {"Unsqueeze", listLayout},
      {"Reshape", listLayout},   {"Flatten", listLayout},
      {"Transpose", listLayout}, {"Max", listLayout},
      {"Expand", listExpand},    {"Split", listPick},
      {"Slice", listPick},       {"Concat", listJoin},
      {"Mul", listScale},        {"Add", listSum},
      {"Div", listDivide},       {"Mod", listDivide},
      {"Where", listWhere},      {"Gather", listRead},
      {"GatherND", listRead},    {"GatherElements", listRead},
      {"ScatterND", listWrite},  {"ScatterElements", listWrite},
  };
  return table.lookup(op);
}

} // namespace moe::raise
