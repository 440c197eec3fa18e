//===- SortedRows.cpp - Facts of rows that are sorted and moved -----------===//
//
// Gathering by a list of places composes what the data are by place with what the list holds; a
// scatter over a whole permutation is the gather by its inverse.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/Sizes.h"
#include "lowering/onnx/raise/SortedRules.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {

/// Whether all dimensions but `axis` are one.
static bool onlyAxis(RankedTensorType type, int64_t axis) {
  return type && axis < type.getRank() &&
         llvm::all_of(
             llvm::enumerate(type.getShape()),
             [&](auto dim) {
               return static_cast<int64_t>(dim.index()) == axis || dim.value() == 1;
             });
}

static bool isList(RankedTensorType type) {
  for (int64_t axis = 0; type && axis < type.getRank(); ++axis)
    if (onlyAxis(type, axis))
      return true;
  return false;
}

bool isFirstDim(const Fact &fact, Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || fact.repeated)
    return false;
  return fact.kind == Fact::Data || fact.kind == Fact::TokenSlot ? type.getRank() == 2
                                                                 : onlyAxis(type, 0);
}

std::optional<Space::Kind> countedPairs(const Fact &fact) {
  if (fact.kind == Fact::Pair)
    return Space::Pairs;
  return fact.kind == Fact::SlotPair ? std::optional(Space::Slots) : std::nullopt;
}

/// The number of a pair among pairs in this order.
static Fact::Kind numberIn(Space::Kind pairs) {
  return pairs == Space::Slots ? Fact::SlotPair : Fact::Pair;
}

/// Whether a Transpose swaps its first two dimensions and nothing else.
static bool swapsFirstTwo(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!type || type.getRank() < 2)
    return false;
  auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm"));
  if (!perm)
    return type.getRank() == 2;
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  std::swap(order[0], order[1]);
  return perm.asArrayRef() == ArrayRef(order);
}

Value turnedBack(Value value, int64_t k) {
  onnx::NodeOp node = nodeOf(stripShape(value), "Transpose");
  bool isTurned = node && tensorType(node.input(0)) && swapsFirstTwo(node) &&
                  tensorType(node.input(0)).getRank() == 2 && lastDim(node.input(0)) == k;
  return isTurned ? node.input(0) : Value();
}

//===----------------------------------------------------------------------===//
// Layout
//===----------------------------------------------------------------------===//

/// Whether a Reshape takes rows of pairs apart by token and slot, whatever its type says of the
/// columns: sizes that depend on counted rows are unknown to it.
bool SortedRules::splitsPairs(onnx::NodeOp node, const Fact &known) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (known.kind != Fact::Data || known.space.kind != Space::Pairs || from.getRank() != 2 ||
      from.isDynamicDim(1) || to.getRank() != 3 || to.getDimSize(1) != s.k)
    return false;
  auto sizes = sizesOf(node.input(1));
  Value tokens = sizes && sizes->size() == 3 ? rowsOf(sizes->front(), 1) : Value();
  return tokens && sameTokens(tokens, s.ids);
}

/// How many columns rows of data have, also where the graph does not know; or kDynamic.
int64_t SortedRules::widthOf(Value value) {
  for (int step = 0; step < 8 && ShapedType::isDynamic(lastDim(value)); ++step) {
    onnx::NodeOp node = nodeOf(value);
    const Fact *first = node ? fact(node, 0) : nullptr;
    if (node && node.is("Mul") && !(first && first->kind == Fact::Data))
      value = node.input(1);
    else if (node && (node.is("Mul") || node.is("Reshape") || node.is("Cast")))
      value = node.input(0);
    else
      break;
    if (const Fact *data = s.find(value); !data || data->kind != Fact::Data)
      return ShapedType::kDynamic;
  }
  return lastDim(value);
}

void SortedRules::reshape(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  Value result = node.getOutputs()[0];
  if (!known || known->repeated || !tensorType(result))
    return;
  bool hasColumns = known->kind == Fact::Data || known->kind == Fact::TokenSlot ||
                    (known->kind == Fact::Within && !known->columnsFirst);
  int64_t width = known->kind == Fact::Data ? widthOf(node.input(0)) : lastDim(node.input(0));
  bool keepsColumns = !ShapedType::isDynamic(lastDim(result)) && lastDim(result) == width &&
                      tensorType(result).getRank() > 1;
  if (hasColumns ? keepsColumns || (node.is("Reshape") && splitsPairs(node, *known))
                 : !known->columnsFirst)
    set(result, Fact(*known));
}

/// Pairs token by token become pairs slot by slot, and back.
bool SortedRules::turn(onnx::NodeOp node, const Fact &known) {
  RankedTensorType type = tensorType(node.input(0));
  bool isRows = known.kind == Fact::Data, byToken = known.space.kind == Space::Pairs;
  if (s.k == 1 || !swapsFirstTwo(node) || type.getRank() != (isRows ? 3 : 2) ||
      type.getDimSize(byToken ? 1 : 0) != s.k || (!byToken && known.space.kind != Space::Slots) ||
      (known.kind != Fact::Ids && !isRows))
    return false;
  Fact made = known;
  made.space = {byToken ? Space::Slots : Space::Pairs};
  s.cutFrom[node.getOutputs()[0]] = node.input(0);
  set(node.getOutputs()[0], std::move(made));
  return true;
}

void SortedRules::transpose(onnx::NodeOp node) {
  const Fact *known = fact(node, 0);
  RankedTensorType type = tensorType(node.input(0));
  if (!known || !type || known->repeated || !tensorType(node.getOutputs()[0]))
    return;
  if (known->kind != Fact::Within) {
    // One row is one column.
    if (!turn(node, *known) && isList(type) && known->kind != Fact::Data &&
        known->kind != Fact::TokenSlot)
      set(node.getOutputs()[0], Fact(*known));
    return;
  }
  SmallVector<int64_t> order;
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm")))
    order.assign(perm.asArrayRef().begin(), perm.asArrayRef().end());
  else
    order = llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, type.getRank())));
  int64_t column = known->columnsFirst ? 0 : type.getRank() - 1;
  // The order of what is summed over does not matter.
  Fact made = *known;
  made.columnsFirst = order.front() == column;
  if (order.front() == column || order.back() == column)
    set(node.getOutputs()[0], std::move(made));
}

/// A column of indices repeated over a row, as ScatterElements reads them.
void SortedRules::expand(onnx::NodeOp node) {
  const Fact *known = numbers(node, 0);
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (!known || known->repeated || !from || !to)
    return;
  if (from.getShape() == to.getShape() && isList(from))
    return set(node.getOutputs()[0], Fact(*known));
  if (to.getRank() != 2 || !onlyAxis(from, 0) || from.getRank() != 2)
    return;
  // More rows cannot come of more than one.
  if (node.is("Tile")) {
    auto repeats = constantInts(node.input(1));
    if (!repeats || repeats->size() != 2 || repeats->front() != 1)
      return;
  }
  Fact made = *known;
  made.repeated = true;
  set(node.getOutputs()[0], std::move(made));
}

//===----------------------------------------------------------------------===//
// Sorting
//===----------------------------------------------------------------------===//

/// TopK of all: sorts. Ids by the expert, places of the sorted by pair: the inverse, and back.
void SortedRules::sort(onnx::NodeOp node) {
  const Fact *known = numbers(node, 0);
  RankedTensorType type = tensorType(node.input(0));
  if (!known || !type || node.getOutputs().size() != 2 || !node.input(1) ||
      node.intAttribute("sorted", 1) != 1)
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", -1), type.getRank());
  if (!axis || !onlyAxis(type, *axis) || known->repeated)
    return;
  bool largest = node.intAttribute("largest", 1) != 0;
  Fact values = *known, places;
  auto pairs = countedPairs(*known);
  bool inPairs = known->space.kind == Space::Pairs || known->space.kind == Space::Slots;
  if (known->kind == Fact::Ids && inPairs) {
    ArrayRef<double> table = known->table;
    bool rises = llvm::adjacent_find(table, std::greater_equal<>()) == table.end();
    bool falls = llvm::adjacent_find(table, std::less_equal<>()) == table.end();
    if (!rises && !falls)
      return stop(node, "does not sort the choices from one end of the experts to the other");
    if (table.size() > 1 && !fixOrder(rises == largest))
      return stop(node, "sorts the choices in another direction than they are cut in");
    places = {numberIn(known->space.kind), {Space::Rows}};
    values.space = {Space::Rows};
    s.sorted = true;
  } else if (pairs && known->space.kind == Space::Rows && !largest) {
    places = {Fact::Row, {*pairs}};
    values.space = {*pairs};
  } else if (known->kind == Fact::Row && inPairs && !largest) {
    places = {numberIn(known->space.kind), {Space::Rows}};
    values.space = {Space::Rows};
  } else {
    return;
  }
  if (!isNumberOfPairs(node.input(1))) {
    if (constantInt(node.input(1)))
      return stop(node, "sorts a constant number of choices");
    s.unproven.push_back({node.input(1), /*isRows=*/false});
  }
  set(node.getOutputs()[0], std::move(values));
  set(node.getOutputs()[1], std::move(places));
}

//===----------------------------------------------------------------------===//
// Gathering
//===----------------------------------------------------------------------===//

/// What `value` repeats k times for each row, or null.
static Value repeatedBy(Value value, int64_t k) {
  onnx::NodeOp reshape = nodeOf(stripCast(value), "Reshape");
  if (!reshape)
    return {};
  Value wide = stripCast(reshape.input(0));
  onnx::NodeOp expand = nodeOf(wide);
  RankedTensorType type = tensorType(wide), result = tensorType(value);
  if (!expand || !(expand.is("Expand") || expand.is("Tile")) || !type || type.getRank() < 2 ||
      type.getDimSize(1) != k || result.getRank() != type.getRank() - 1)
    return {};
  for (int64_t i = 2; i < type.getRank(); ++i)
    if (type.isDynamicDim(i) || result.getDimSize(i - 1) != type.getDimSize(i))
      return {};
  RankedTensorType from = tensorType(expand.input(0));
  bool repeats = from && from.getRank() == type.getRank() && from.getDimSize(1) == 1 &&
                 from.getShape().drop_front(2) == type.getShape().drop_front(2) &&
                 (from.getDimSize(0) != 1 || type.getDimSize(0) == 1);
  if (!repeats)
    return {};
  Value rows = stripCast(expand.input(0));
  onnx::NodeOp unsqueeze = nodeOf(rows);
  if (!unsqueeze || !(unsqueeze.is("Unsqueeze") || unsqueeze.is("Reshape")))
    return {};
  RankedTensorType before = tensorType(unsqueeze.input(0));
  return before && before.getRank() == type.getRank() - 1 &&
                 before.getShape().drop_front() == type.getShape().drop_front(2)
             ? unsqueeze.input(0)
             : Value();
}

/// The first dimension of input 0 is taken at the places that `index` says.
void SortedRules::gathered(onnx::NodeOp node, const Fact &index) {
  Value result = node.getOutputs()[0], from = node.input(0);
  RankedTensorType type = tensorType(from);
  if (!type || !tensorType(result) || !type.getRank())
    return;
  if (const Fact *known = s.find(from)) {
    bool composes = (index.kind == Fact::Row && known->space.kind == Space::Rows) ||
                    countedPairs(index) == known->space.kind;
    if (known->kind == Fact::Within || known->kind == Fact::Count || !composes ||
        !isFirstDim(*known, from))
      return;
    Fact made = *known;
    made.space = index.space;
    set(result, std::move(made));
    s.cutFrom[result] = from;
    return endOfOne(node);
  }
  if (isRange(from) && index.kind != Fact::Ids && isList(type))
    return set(result, Fact(index));
  // An expert's own numbers, for each of its rows.
  if (isIdentity(index) && isa<FloatType>(type.getElementType()) && type.getRank() == 2 &&
      type.getDimSize(0) >= s.experts)
    return set(result, {Fact::Data, index.space});
  bool byToken = index.kind == Fact::Token || (index.kind == Fact::Pair && s.k == 1);
  if (index.kind == Fact::Pair)
    if (Value rows = repeatedBy(from, s.k)) {
      from = rows;
      byToken = true;
      if (isRange(from))
        return set(result, {Fact::Token, index.space});
    }
  bool isFloat = isa<FloatType>(type.getElementType());
  bool isColumn = isFirstDim({Fact::Weight}, from) && (type.getRank() == 1 || lastDim(from) == 1);
  Value turned =
      isFloat && isColumn && index.kind == Fact::SlotPair ? turnedBack(from, s.k) : Value();
  if (turned)
    return set(result, {Fact::Weight, index.space, {}, {}, false, false, false, turned});
  if (isFloat && index.kind == Fact::Pair && isColumn)
    return set(result, {Fact::Weight, index.space, {}, {}, false, false, false, from});
  if (isFloat && byToken && tensorType(from).getRank() == 2)
    set(result, {Fact::Data, index.space, {}, {}, false, false, false, from});
}

void SortedRules::gather(onnx::NodeOp node) {
  RankedTensorType type = tensorType(node.input(0));
  if (!type || !node.input(1) || !tensorType(node.getOutputs()[0]))
    return;
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  const Fact *known = fact(node, 0);
  if (known && known->kind == Fact::Count) {
    auto places = constantInts(node.input(1));
    int64_t count = known->ranges.size();
    if (!places || !axis || type.getDimSize(*axis) != count)
      return;
    Tally ranges;
    for (int64_t place : *places) {
      auto at = normalizeAxis(place, count);
      if (!at)
        return;
      ranges.push_back(known->ranges[*at]);
    }
    return set(node.getOutputs()[0], {Fact::Count, {}, {}, std::move(ranges)});
  }
  const Fact *index = numbers(node, 1);
  if (index && !index->repeated && axis == 0)
    gathered(node, *index);
  else if (known && known->kind == Fact::Data)
    data(node);
}

void SortedRules::gatherNd(onnx::NodeOp node) {
  const Fact *index = fact(node, 1);
  if (!index || index->repeated || node.intAttribute("batch_dims", 0) != 0)
    return;
  RankedTensorType type = tensorType(node.input(0));
  if (index->kind == Fact::TokenSlot) {
    if (type && type.getRank() == 2 && isa<FloatType>(type.getElementType()))
      set(node.getOutputs()[0],
          {Fact::Weight, index->space, {}, {}, false, false, false, node.input(0)});
    return;
  }
  if (index->kind != Fact::Data && lastDim(node.input(1)) == 1)
    gathered(node, *index);
}

void SortedRules::gatherElements(onnx::NodeOp node) {
  const Fact *index = numbers(node, 1);
  RankedTensorType type = tensorType(node.input(0));
  if (!index || !type || normalizeAxis(node.intAttribute("axis", 0), type.getRank()) != 0)
    return;
  bool wholeRows = index->repeated && type.getRank() == 2 && !type.isDynamicDim(1) &&
                   lastDim(node.input(1)) == type.getDimSize(1);
  bool isColumn = !index->repeated && onlyAxis(type, 0) &&
                  tensorType(node.input(1)).getRank() == type.getRank() &&
                  onlyAxis(tensorType(node.input(1)), 0);
  if (!wholeRows && !isColumn)
    return;
  Fact plain = *index;
  plain.repeated = false;
  gathered(node, plain);
}

//===----------------------------------------------------------------------===//
// Scattering
//===----------------------------------------------------------------------===//

/// Ones that are added up at each id, or set at each token's ids.
bool SortedRules::countsIds(onnx::NodeOp node, const Fact &index) {
  RankedTensorType type = tensorType(node.input(0)), ids = tensorType(node.input(1));
  if (!isIdentity(index) || index.repeated || index.space.kind == Space::Group || !type || !ids ||
      filledWith(node.input(0)) != 0.0 || filledWith(node.input(2)) != 1.0)
    return false;
  StringRef reduction = node.stringAttribute("reduction", "none");
  int64_t columns = type.getRank() ? type.getShape().back() : ShapedType::kDynamic;
  if (ShapedType::isDynamic(columns) || columns < s.experts || columns > 2 * s.experts)
    return false;
  Tally ranges;
  for (int64_t column = 0; column < columns; ++column)
    ranges.push_back({std::min(column, s.experts), std::min(column + 1, s.experts)});
  Value result = node.getOutputs()[0];
  bool isNd = node.is("ScatterND");
  if (type.getRank() == 1 && reduction == "add" &&
      (isNd ? ids.getShape().back() == 1 : ids.getRank() == 1)) {
    set(result, {Fact::Count, {}, {}, std::move(ranges)});
    return true;
  }
  // A token's ids differ, so that each of them sets a place of its own.
  auto axis = normalizeAxis(node.intAttribute("axis", 0), type.getRank());
  if (isNd || type.getRank() != ids.getRank() || type.getRank() < 2 || axis != type.getRank() - 1 ||
      ids.getShape().back() != s.k || index.space.kind != Space::Pairs ||
      (reduction != "none" && reduction != "add"))
    return false;
  Fact made{Fact::Within, index.space};
  made.ranges = std::move(ranges);
  made.partial = true;
  set(result, std::move(made));
  return true;
}

/// Whether the first dimension of `value` is as long as there are pairs.
bool SortedRules::holdsAllPairs(Value value) {
  const Fact *known = value ? s.find(value) : nullptr;
  return known && known->kind != Fact::Within && known->kind != Fact::Count &&
         known->space.kind != Space::Group && isFirstDim(*known, value);
}

/// The rows that a scatter writes. It takes exactly one for each place, so in a graph that runs,
/// Expand and a Slice from the start have neither added nor dropped anything.
Value SortedRules::updatesOf(onnx::NodeOp node) {
  Value value = node.input(2);
  for (int step = 0; step < 4 && value && !s.find(value); ++step) {
    onnx::NodeOp layout = nodeOf(value);
    RankedTensorType type = tensorType(value);
    if (!layout || !type || !layout.input(0) || !tensorType(layout.input(0)) ||
        tensorType(layout.input(0)).getRank() != type.getRank())
      break;
    auto starts = layout.is("Slice") ? constantInts(layout.input(1)) : std::nullopt;
    auto steps = layout.input(4) ? constantInts(layout.input(4)) : SmallVector<int64_t>{};
    bool fromStart = starts && llvm::all_of(*starts, [](int64_t at) { return at == 0; }) && steps &&
                     llvm::all_of(*steps, [](int64_t by) { return by == 1; });
    if (!fromStart && !layout.is("Expand"))
      break;
    value = layout.input(0);
  }
  return value;
}

/// Rows written, or added, at the places that `index` says.
void SortedRules::scatterOver(onnx::NodeOp node, const Fact &index) {
  StringRef reduction = node.stringAttribute("reduction", "none");
  Value rows = updatesOf(node);
  const Fact *updates = s.find(rows);
  Value result = node.getOutputs()[0];
  if (updates && updates->kind == Fact::Data && updates->space == index.space &&
      (index.kind == Fact::Token || (index.kind == Fact::Pair && s.k == 1 && reduction == "add"))) {
    if (reduction == "add")
      s.found.push_back({node, rows, true, index.space});
    else if (index.space.kind == Space::Rows && s.k > 1 && !s.overwrites)
      s.overwrites = node;
    return;
  }
  bool isPlace = index.kind == Fact::Row || index.kind == Fact::Pair;
  if (reduction == "none" && isPlace && index.space.kind == Space::Group)
    return writeGroup(node, index);
  auto pairs = countedPairs(index);
  bool isPair = pairs && index.space.kind == Space::Rows;
  bool isRow = index.kind == Fact::Row && index.space.kind != Space::Rows &&
               index.space.kind != Space::Group;
  if (reduction != "none" || (!isPair && !isRow))
    return;
  // A permutation writes each of its places once; there must be no others.
  RankedTensorType type = tensorType(node.input(0)), places = tensorType(node.input(1));
  bool sameSize = type && places && type.getRank() && places.getRank() && !type.isDynamicDim(0) &&
                  type.getDimSize(0) == places.getDimSize(0);
  if (!type || !type.getRank() || (!sameSize && !holdsAllPairs(shapeSource(node.input(0)))))
    s.unproven.push_back({node.input(0), /*isRows=*/true});
  Space to{isPair ? *pairs : Space::Rows};
  if (isRange(rows))
    return set(result, {isPair ? Fact::Row : numberIn(index.space.kind), to});
  if (!updates || !(updates->space == index.space) || !isFirstDim(*updates, rows))
    return;
  Fact made = *updates;
  made.space = to;
  set(result, std::move(made));
  s.cutFrom[result] = rows;
  endOfOne(node);
}

void SortedRules::scatter(onnx::NodeOp node) {
  const Fact *index = node.input(1) ? s.find(node.input(1)) : nullptr;
  RankedTensorType type = tensorType(node.input(0));
  if (!index || !type || !node.input(2))
    return;
  if (countsIds(node, *index))
    return;
  bool fits = node.is("ScatterND")
                  ? !index->repeated && lastDim(node.input(1)) == 1
                  : normalizeAxis(node.intAttribute("axis", 0), type.getRank()) == 0;
  bool wholeRows = index->repeated && type.getRank() == 2 && !type.isDynamicDim(1) &&
                   lastDim(node.input(1)) == type.getDimSize(1);
  bool isList = !index->repeated && type.getRank() == 1;
  if (!fits || (node.is("ScatterElements") && !wholeRows && !isList))
    return;
  Fact plain = *index;
  plain.repeated = false;
  scatterOver(node, plain);
}

} // namespace moe::raise
