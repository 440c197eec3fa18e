//===- ListLayouts.cpp - Lists laid out in another way --------------------===//
//
// Exporters split the columns of places apart, squeeze, broadcast and join them again.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/HitList.h"
#include "lowering/onnx/raise/ListRules.h"

using namespace mlir;

namespace moe::raise {

using Runs = SmallVector<Run, 4>;

/// The runs of a reshaped tensor: what is no 1 stays, in order. A dimension of unknown size can
/// only be the entries, since all others are known.
static std::optional<Runs> reshapedRuns(const Runs &runs, ArrayRef<int64_t> from,
                                        ArrayRef<int64_t> to) {
  Runs result(to.size(), Run::Unit);
  size_t at = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i] == Run::Unit)
      continue;
    while (at < to.size() && to[at] == 1)
      ++at;
    bool fits = at < to.size() &&
                (runs[i] == Run::Entries ? ShapedType::isDynamic(to[at]) : from[i] == to[at]);
    if (!fits || (runs[i] != Run::Entries && ShapedType::isDynamic(from[i])))
      return std::nullopt;
    result[at++] = runs[i];
  }
  for (; at < to.size(); ++at)
    if (to[at] != 1)
      return std::nullopt;
  return result;
}

static std::optional<Runs> transposedRuns(onnx::NodeOp node, const Runs &runs) {
  SmallVector<int64_t> order(llvm::reverse(llvm::seq<int64_t>(0, runs.size())));
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm")))
    order.assign(perm.asArrayRef().begin(), perm.asArrayRef().end());
  Runs result;
  for (int64_t from : order) {
    if (from < 0 || from >= static_cast<int64_t>(runs.size()))
      return std::nullopt;
    result.push_back(runs[from]);
  }
  return result;
}

/// Squeeze, Unsqueeze and Cast keep what is no 1, as Reshape does; casts between kinds of number
/// and casts of rows, which are part of a body, do not pass.
static bool passes(onnx::NodeOp node, const Listed &fact) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (!from || !to)
    return false;
  Type before = from.getElementType(), after = to.getElementType();
  if (before == after)
    return true;
  if (fact.kind == Listed::Places)
    return after.isInteger(32) || after.isInteger(64);
  return fact.kind == Listed::Weights && isa<FloatType>(before) && isa<FloatType>(after);
}

void listLayout(Lists &lists, onnx::NodeOp node) {
  const Listed *in = lists.find(node.input(0));
  // The largest of one tensor is that tensor.
  if (!in || !passes(node, *in) || (node.is("Max") && node.getInputs().size() != 1))
    return;
  Value result = node.getOutputs()[0];
  ArrayRef<int64_t> from = tensorType(node.input(0)).getShape(), to = tensorType(result).getShape();
  auto runs =
      node.is("Transpose") ? transposedRuns(node, in->runs) : reshapedRuns(in->runs, from, to);
  if (!runs)
    return;
  Listed out = *in;
  out.runs = *runs;
  lists.set(result, std::move(out));
}

bool keepsEntries(Value shape, unsigned dim) {
  if (auto sizes = constantInts(shape))
    return dim < sizes->size() && (*sizes)[dim] == 1;
  onnx::NodeOp slice = nodeOf(listedShape(shape), "Slice");
  if (!slice)
    return false;
  // The first row of something, as exporters write to learn the shape of a row.
  auto starts = constantInts(slice.input(1)), ends = constantInts(slice.input(2)),
       axes = constantInts(slice.input(3));
  if (!starts || !ends || !axes || starts->size() != axes->size() || ends->size() != axes->size())
    return false;
  for (auto [start, end, axis] : llvm::zip(*starts, *ends, *axes))
    if (axis == static_cast<int64_t>(dim) && start == 0 && end == 1)
      return true;
  return false;
}

/// Whether the size at `dim` of what `shape` spells is that of the entries themselves.
static bool spellsEntries(Lists &lists, Value shape, unsigned dim, const Listed &fact) {
  const Listed *other = lists.find(listedShape(shape));
  return other && other->list->sameEntries(*fact.list) && dim < other->runs.size() &&
         other->runs[dim] == Run::Entries && !other->repeats;
}

void listExpand(Lists &lists, onnx::NodeOp node) {
  const Listed *in = lists.find(node.input(0));
  RankedTensorType to = tensorType(node.getOutputs()[0]);
  if (!in || !to || to.getRank() < static_cast<int64_t>(in->runs.size()))
    return;
  Listed out = *in;
  out.runs.insert(out.runs.begin(), to.getRank() - in->runs.size(), Run::Unit);
  ArrayRef<int64_t> from = tensorType(node.input(0)).getShape();
  size_t added = to.getRank() - from.size();
  for (auto [dim, run] : llvm::enumerate(out.runs)) {
    int64_t size = to.getDimSize(dim);
    if (run == Run::Unit)
      run = size == 1 ? Run::Unit : Run::Same;
    else if (run == Run::Entries)
      out.repeats |=
          !keepsEntries(node.input(1), dim) && !spellsEntries(lists, node.input(1), dim, *in);
    else if (run != Run::Same && (ShapedType::isDynamic(size) || from[dim - added] != size))
      return;
  }
  lists.set(node.getOutputs()[0], std::move(out));
}

std::optional<Pick> pickedPlace(onnx::NodeOp node, Value result) {
  RankedTensorType type = tensorType(node.input(0)), out = tensorType(result);
  if (!type || !out)
    return std::nullopt;
  int64_t rank = type.getRank();
  std::optional<int64_t> axis = node.intAttribute("axis", 0), index;
  bool keeps = true;
  if (node.is("Gather")) {
    index = constantInt(node.input(1));
    if (!index)
      index = placeOfFullList(node.input(1));
    keeps = out.getRank() == rank;
  } else if (node.is("Split")) {
    for (auto [number, part] : llvm::enumerate(node.getOutputs()))
      if (part == result)
        index = number;
  } else if (node.is("Slice") && node.input(3)) {
    axis = constantInt(node.input(3));
    index = constantInt(node.input(1));
  }
  if (!axis || !index || out.getRank() + !keeps != rank)
    return std::nullopt;
  axis = normalizeAxis(*axis, rank);
  if (!axis || type.isDynamicDim(*axis) || (keeps && out.getDimSize(*axis) != 1))
    return std::nullopt;
  int64_t size = type.getDimSize(*axis);
  // Parts of 1 each: as many as there are places.
  if (node.is("Split") && static_cast<int64_t>(node.getOutputs().size()) != size)
    return std::nullopt;
  if (*index < 0)
    *index += size;
  if (*index < 0 || *index >= size)
    return std::nullopt;
  return Pick{static_cast<unsigned>(*axis), *index, keeps};
}

/// The routing weights that are left of rows of `root` where feature `index` is taken.
static bool pickWeight(Lists &lists, Listed &fact, int64_t index) {
  const Routed *view = lists.numbers(fact.root, *fact.list);
  if (!view || fact.pairs || fact.repeats || view->axes.empty())
    return false;
  const Dim &last = view->axes.back();
  fact.kind = Listed::Weights;
  fact.root = view->root;
  if (view->kind == Routed::Mixed)
    return last.isJust(Atom::Expert) && index == fact.list->expert;
  fact.slot = index;
  return last.isJust(Atom::Slot);
}

/// Whether a node of one result of the input's type takes all of it, in order.
static bool takesAll(onnx::NodeOp node) {
  if (!node.is("Slice"))
    return !node.is("Gather");
  auto starts = constantInts(node.input(1)), ends = constantInts(node.input(2));
  auto axes = constantInts(node.input(3));
  auto steps = node.input(4) ? constantInts(node.input(4)) : SmallVector<int64_t>();
  RankedTensorType type = tensorType(node.input(0));
  if (!starts || !ends || !axes || !steps || ends->size() != starts->size() ||
      axes->size() != starts->size() ||
      llvm::any_of(*steps, [](int64_t step) { return step != 1; }))
    return false;
  // A dimension of unknown size may be cut all the same.
  return llvm::all_of(llvm::zip_equal(*starts, *ends, *axes), [&](auto one) {
    auto [start, end, axis] = one;
    auto dim = normalizeAxis(axis, type.getRank());
    return dim && (!type.isDynamicDim(*dim) || (start == 0 && end >= INT32_MAX));
  });
}

/// A Gather whose places are a constant, Split or Slice: one column, or one feature.
void listPick(Lists &lists, onnx::NodeOp node) {
  const Listed *found = lists.find(node.input(0));
  if (!found)
    return;
  // What is set below may move what was found.
  Listed in = *found;
  for (Value result : node.getOutputs()) {
    if (result.getType() == node.input(0).getType() && node.getOutputs().size() == 1 &&
        !node.is("Gather")) {
      if (takesAll(node))
        lists.set(result, in);
      return;
    }
    auto pick = pickedPlace(node, result);
    if (!pick || in.runs[pick->axis] == Run::Entries || in.runs[pick->axis] == Run::Same)
      continue;
    Listed out = in;
    if (in.runs[pick->axis] == Run::Columns)
      out.places = {in.places[pick->index]};
    if (in.runs[pick->axis] == Run::Features && !pickWeight(lists, out, pick->index))
      continue;
    out.runs[pick->axis] = Run::Unit;
    if (!pick->keeps)
      out.runs.erase(out.runs.begin() + pick->axis);
    lists.set(result, std::move(out));
  }
}

/// Whether `value`, [..., features, 1], counts the features for whatever lies before them.
static bool countsFeatures(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || type.getRank() < 3 || type.getShape().back() != 1 ||
      ShapedType::isDynamic(type.getShape().end()[-2]))
    return false;
  int64_t width = type.getShape().end()[-2];
  for (int step = 0; step < 8; ++step) {
    if (auto numbers = constantInts(value))
      return numbers->size() == static_cast<size_t>(width) &&
             llvm::all_of(llvm::enumerate(*numbers), [](auto entry) {
               return entry.value() == static_cast<int64_t>(entry.index());
             });
    onnx::NodeOp node = nodeOf(value);
    RankedTensorType from = node && node.input(0) ? tensorType(node.input(0)) : RankedTensorType();
    bool lays = node && (node.is("Unsqueeze") || node.is("Expand") || node.is("Identity") ||
                         node.is("Reshape") || node.is("Cast"));
    // The features stay the last dimension that is not 1.
    ArrayRef<int64_t> shape = from ? from.getShape() : ArrayRef<int64_t>();
    while (!shape.empty() && shape.back() == 1)
      shape = shape.drop_back();
    if (!lays || shape.empty() || shape.back() != width)
      return false;
    value = node.input(0);
  }
  return false;
}

/// Places of rows, with a place for each of their features beside it.
static void joinFeatures(Lists &lists, onnx::NodeOp node, const Listed &rows) {
  if (node.getInputs().size() != 2 || rows.places.size() != 1 || rows.places.front().isElement ||
      rows.runs != ArrayRef<Run>{Run::Entries, Run::Same, Run::Unit} || !isLastAxis(node, 0, 3) ||
      !countsFeatures(node.input(1)))
    return;
  Listed out = rows;
  out.places.emplace_back().isElement = true;
  out.runs.back() = Run::Columns;
  lists.set(node.getOutputs()[0], std::move(out));
}

/// Single columns side by side.
void listJoin(Lists &lists, onnx::NodeOp node) {
  const Listed *first = lists.find(node.input(0));
  if (!first || first->kind != Listed::Places || lists.find(node.getOutputs()[0]))
    return;
  if (node.getInputs().size() == 2 && !lists.find(node.input(1)))
    return joinFeatures(lists, node, *first);
  auto axis = normalizeAxis(node.intAttribute("axis", 0), first->runs.size());
  Listed out = *first;
  out.places.clear();
  for (Value input : node.getInputs()) {
    const Listed *one = lists.find(input);
    if (!axis || !one || one->kind != Listed::Places || one->runs != first->runs ||
        !one->list->sameEntries(*first->list) || one->places.size() != 1 ||
        one->runs[*axis] != Run::Unit)
      return;
    out.places.push_back(one->places.front());
    out.repeats |= one->repeats;
  }
  if (out.places.size() > 1)
    out.runs[*axis] = Run::Columns;
  lists.set(node.getOutputs()[0], std::move(out));
}

} // namespace moe::raise
