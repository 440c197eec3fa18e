//===- SortedWrites.cpp - Facts of rows that experts write one by one -----===//
//
// Instead of joining the experts' rows a graph may write those of each expert at their places in a
// blank tensor, expert after expert. When all have written once, nothing of what was there before
// is left, and the tensor is the parts joined.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Sizes.h"
#include "lowering/onnx/raise/SortedRules.h"

using namespace mlir;

namespace moe::raise {

/// The tensor whose first dimension the size is, or null.
static Value lengthOf(const Size &size) {
  bool isOne = size.factor == 1 && size.dims.size() == 1 && size.dims.front().second == 0;
  return isOne ? size.dims.front().first : Value();
}

/// Whether the tensor that experts write to has one row for each pair: known, or checked when the
/// graph runs.
bool SortedRules::hasRowPerPair(Value blank) {
  RankedTensorType type = tensorType(blank), ids = tensorType(s.ids);
  if (!type || !type.getRank() || !ids)
    return false;
  auto pairs = staticCount(ids.getShape());
  if (pairs && !type.isDynamicDim(0))
    return type.getDimSize(0) == *pairs;
  if (!s.lengths.insert(blank).second)
    return true;
  if (holdsAllPairs(shapeSource(blank)))
    return true;
  Value shape = filledShape(blank);
  auto sizes = shape ? sizesOf(shape) : std::nullopt;
  if (sizes && !sizes->empty() && holdsAllPairs(lengthOf(sizes->front())))
    return true;
  s.unproven.push_back({blank, /*isRows=*/true});
  return true;
}

/// Whether something is written over rows of `blank`.
static bool isWrittenTo(Value blank) {
  return llvm::any_of(blank.getUsers(), [&](Operation *user) {
    auto node = dyn_cast<onnx::NodeOp>(user);
    return node && (node.is("ScatterND") || node.is("ScatterElements")) && node.input(0) == blank;
  });
}

/// Whether a range has the place of each pair's row.
bool SortedRules::reachesAllRows(Value places) {
  onnx::NodeOp range = nodeOf(stripShape(places), "Range");
  RankedTensorType ids = tensorType(s.ids);
  auto pairs = ids ? staticCount(ids.getShape()) : std::nullopt;
  if (!range) {
    auto ints = constantInts(stripShape(places));
    return ints && pairs == static_cast<int64_t>(ints->size());
  }
  if (isNumberOfPairs(range.input(1)))
    return true;
  auto size = sizeOf(range.input(1));
  if (!size || size->dims.empty())
    return size && pairs == size->factor;
  Value length = lengthOf(*size);
  if (!length)
    return false;
  // Writing changes no size.
  if (auto written = s.written.find(length); written != s.written.end())
    return hasRowPerPair(written->second.blank);
  return (s.lengths.contains(length) || isWrittenTo(length)) && hasRowPerPair(length);
}

/// The places of one expert's rows, cut from those of all rows.
void SortedRules::slicePlaces(onnx::NodeOp node) {
  if (tensorType(node.input(0)).getRank() != 1 || !isRange(node.input(0)))
    return;
  auto low = boundOf(node.input(1), false), high = boundOf(node.input(2), true);
  if (!low || !high || *high != *low + 1)
    return stop(node, "does not take the places of one expert's rows");
  if (reachesAllRows(node.input(0)))
    set(node.getOutputs()[0], {Fact::Row, {Space::Group, s.inOrder(*low)}});
}

/// The rows that a node writes. Each place takes one, so in a graph that runs neither Expand nor
/// Reshape has made others of rows that are as wide as those written to.
Value SortedRules::rowsToWrite(onnx::NodeOp node) {
  Value rows = node.input(2);
  for (int step = 0; step < 8 && rows && !s.find(rows); ++step) {
    onnx::NodeOp layout = nodeOf(rows);
    if (!layout || !(layout.is("Expand") || layout.is("Reshape") || layout.is("Identity")))
      return {};
    rows = layout.input(0);
  }
  RankedTensorType from = tensorType(rows), to = tensorType(node.input(0));
  bool fits = from && to && from.getRank() == 2 && to.getRank() == 2 && !to.isDynamicDim(1) &&
              from.getDimSize(1) == to.getDimSize(1);
  return fits ? rows : Value();
}

/// One expert's rows, written over what is at the places that `index` says.
void SortedRules::writeGroup(onnx::NodeOp node, const Fact &index) {
  Value rows = rowsToWrite(node);
  const Fact *part = rows ? s.find(rows) : nullptr;
  if (!part || part->kind != Fact::Data || part->space.kind != Space::Group)
    return;
  if (!(part->space == index.space))
    return stop(node, "writes the rows of expert " + Twine(part->space.expert) +
                          " at the places of expert " + Twine(index.space.expert));
  Value base = node.input(0);
  Sorted::Write made{node, base, base, rows, index.space.expert, index.kind};
  if (auto before = s.written.find(base); before != s.written.end()) {
    if (before->second.places != index.kind)
      return stop(node, "writes to other places than the experts before");
    made.blank = before->second.blank;
    made.count = before->second.count + 1;
  } else if (!hasRowPerPair(base)) {
    return stop(node, "writes rows to a tensor of another length");
  }
  s.written.insert({node.getOutputs()[0], made});
  if (made.count == s.experts)
    joinWrites(node);
}

/// All experts' rows in their places are all rows.
void SortedRules::joinWrites(onnx::NodeOp node) {
  Value result = node.getOutputs()[0], at = result;
  SmallVector<Value> parts(s.experts);
  Sorted::Write one = s.written.find(result)->second;
  for (int64_t i = 0; i < s.experts; ++i) {
    one = s.written.find(at)->second;
    if (parts[one.expert])
      return stop(node, "comes after two writes of the rows of expert " + Twine(one.expert));
    parts[one.expert] = one.rows;
    at = one.base;
  }
  set(result, {Fact::Data, {one.places == Fact::Row ? Space::Rows : Space::Pairs}});
  s.joined[result] = std::move(parts);
  endOfOne(node);
}

/// Says where a chain of writes ends before all experts have written.
void SortedRules::finishWrites() {
  llvm::DenseSet<Value> goOn;
  for (const auto &[result, write] : s.written)
    goOn.insert(write.base);
  for (const auto &[result, write] : s.written)
    if (write.count < s.experts && !goOn.contains(result))
      stop(write.node, "is the last to write rows, of " + Twine(write.count) + " of " +
                           Twine(s.experts) + " experts");
}

} // namespace moe::raise
