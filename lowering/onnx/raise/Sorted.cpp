//===- Sorted.cpp - What follows from sorting choices by expert -----------===//

#include "lowering/onnx/raise/Sizes.h"
#include "lowering/onnx/raise/SortedRules.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringSwitch.h"
#include <queue>

using namespace mlir;

namespace moe::raise {

namespace {
/// Nodes to visit, the first of the block on top: what a node reads is visited before it.
struct Later {
  bool operator()(Operation *a, Operation *b) const { return b->isBeforeInBlock(a); }
};
} // namespace

Sorted::Sorted(Value ids, int64_t k, int64_t experts) : k(k), experts(experts), ids(ids) {
  Fact chosen{Fact::Ids};
  for (int64_t expert = 0; expert < experts; ++expert)
    chosen.table.push_back(expert);
  facts[ids] = std::move(chosen);
  SortedRules rules(*this);
  std::priority_queue<Operation *, std::vector<Operation *>, Later> work;
  llvm::DenseSet<Operation *> seen;
  auto push = [&](Value value) {
    for (Operation *user : value.getUsers())
      if (isa<onnx::NodeOp>(user) && user->getBlock() == ids.getParentBlock() &&
          seen.insert(user).second)
        work.push(user);
  };
  push(ids);
  while (!work.empty()) {
    auto node = cast<onnx::NodeOp>(work.top());
    work.pop();
    rules.visit(node);
    for (Value result : node.getOutputs())
      if (find(result))
        push(result);
  }
  rules.finishWrites();
}

const Fact *Sorted::find(Value value) const {
  auto it = facts.find(value);
  return it == facts.end() ? nullptr : &it->second;
}

Value Sorted::through(Value value, int64_t expert) const {
  const Fact *fact = find(value);
  if (!fact)
    return {};
  if (auto it = joined.find(value); it != joined.end())
    return it->second[expert];
  if (auto it = cutFrom.find(value); it != cutFrom.end())
    return fact->space.kind != Space::Group || fact->space.expert == expert ? it->second : Value();
  onnx::NodeOp concat = nodeOf(value, "Concat");
  if (!concat || fact->kind != Fact::Data || fact->space.kind != Space::Rows)
    return {};
  Value input = concat.input(inOrder(expert));
  const Fact *part = find(input);
  return part && part->space == Space{Space::Group, expert} ? input : Value();
}

//===----------------------------------------------------------------------===//
// Rules
//===----------------------------------------------------------------------===//

SortedRules::Rule SortedRules::ruleOf(onnx::NodeOp node) {
  if (!node.getDomain().empty())
    return &SortedRules::data;
  using R = SortedRules;
  return llvm::StringSwitch<Rule>(node.getOp())
      .Cases({"Cast", "CastLike", "Identity", "Dropout"}, &R::cast)
      .Cases({"Add", "Sub", "Mul", "Div", "Mod", "Floor", "Neg", "Abs", "Sign"}, &R::pointwise)
      .Cases({"Clip", "Min", "Max", "And", "Or", "Xor", "Not"}, &R::pointwise)
      .Cases({"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}, &R::pointwise)
      .Case("Where", &R::where)
      .Case("OneHot", &R::oneHot)
      .Case("ReduceSum", &R::reduceSum)
      .Case("CumSum", &R::cumSum)
      .Case("Pad", &R::pad)
      .Cases({"Reshape", "Squeeze", "Unsqueeze", "Flatten"}, &R::reshape)
      .Case("Transpose", &R::transpose)
      .Cases({"Expand", "Tile"}, &R::expand)
      .Case("TopK", &R::sort)
      .Case("Gather", &R::gather)
      .Case("GatherND", &R::gatherNd)
      .Case("GatherElements", &R::gatherElements)
      .Cases({"ScatterND", "ScatterElements"}, &R::scatter)
      .Case("Range", &R::range)
      .Case("Slice", &R::slice)
      .Case("Split", &R::split)
      .Case("Concat", &R::concat)
      .Default(&R::data);
}

void SortedRules::visit(onnx::NodeOp node) { (this->*ruleOf(node))(node); }

void SortedRules::stop(onnx::NodeOp node, const Twine &why) {
  if (s.stopped)
    return;
  s.stopped = node;
  s.why = (nameOf(node) + " " + why).str();
}

const Fact *SortedRules::numbers(onnx::NodeOp node, unsigned input) {
  const Fact *known = fact(node, input);
  bool isNumber = known && known->kind != Fact::Data && known->kind != Fact::Within &&
                  known->kind != Fact::Count && known->kind != Fact::TokenSlot;
  return isNumber ? known : nullptr;
}

/// Counted numbers, or constants that are numbers of no pairs at all.
std::optional<Tally> SortedRules::tallyOf(Value value) {
  if (const Fact *known = s.find(value); known && known->kind == Fact::Count)
    return known->ranges;
  if (isNumberOfPairs(value))
    return Tally{{0, s.experts}};
  auto ints = constantInts(value);
  if (auto number = constantNumber(value); !ints && number == 0.0)
    ints = SmallVector<int64_t>{0};
  if (!ints || !llvm::all_of(*ints, [](int64_t one) { return one == 0; }))
    return std::nullopt;
  return Tally(ints->size());
}

bool SortedRules::fixOrder(bool descending) {
  if (!s.descending)
    s.descending = descending;
  return s.descending == descending;
}

std::optional<int64_t> SortedRules::boundOf(Value value, bool isEnd) {
  // Files write the largest int32 or int64 for "up to the end".
  if (auto number = constantInt(value);
      number && isEnd && *number >= std::numeric_limits<int32_t>::max())
    return s.experts;
  auto tally = tallyOf(value);
  if (!tally || tally->size() != 1)
    return std::nullopt;
  IdRange before = tally->front();
  bool isWhole = before == IdRange{0, s.experts};
  if (before.empty() || isWhole)
    return isWhole ? s.experts : 0;
  // Places may be spelled before the sort that they are for.
  bool fromLast = before.high == s.experts;
  if ((before.low != 0 && !fromLast) || !fixOrder(fromLast))
    return std::nullopt;
  return fromLast ? s.experts - before.low : before.high;
}

/// Whether the value counts up from zero: its elements are their own places.
bool SortedRules::isRange(Value value) {
  value = stripShape(value);
  onnx::NodeOp range = nodeOf(value, "Range");
  if (range)
    return constantNumber(range.input(0)) == 0.0 && constantNumber(range.input(2)) == 1.0;
  auto ints = constantInts(value);
  return ints && ints->size() > 1 && llvm::equal(*ints, llvm::seq<int64_t>(0, ints->size()));
}

/// Whether the value is how many tokens choose.
bool SortedRules::isNumberOfTokens(Value value) {
  RankedTensorType ids = tensorType(s.ids);
  if (!value || !ids)
    return false;
  auto count = staticCount(ids.getShape().drop_back());
  if (auto number = constantInt(value))
    return count && *number == *count;
  auto size = sizeOf(value);
  Value rows = size ? rowsOf(*size, 1) : Value();
  return rows && sameTokens(rows, s.ids);
}

/// Whether the value is the number of all pairs: the length of a list that holds one for each.
bool SortedRules::isNumberOfPairs(Value value) {
  for (int step = 0; step < 8; ++step) {
    value = stripShape(value);
    onnx::NodeOp node = nodeOf(value);
    if (!node || !node.input(0))
      break;
    const Fact *listed = s.find(node.input(0));
    bool isList = listed && listed->kind != Fact::Within && listed->kind != Fact::Count &&
                  listed->kind != Fact::TokenSlot && listed->space.kind != Space::Group &&
                  !listed->repeated;
    RankedTensorType type = tensorType(node.input(0));
    if (node.is("Size"))
      return isList && listed->kind != Fact::Data;
    if (node.is("Shape") && isList && type.getRank() == 1)
      return true;
    if (node.is("Gather") || node.is("Slice")) {
      // The first of the sizes: rows may have more dimensions.
      onnx::NodeOp shape = nodeOf(node.input(0), "Shape");
      const Fact *rows = shape ? s.find(shape.input(0)) : nullptr;
      if (rows && rows->kind == Fact::Data && rows->space.kind != Space::Group &&
          tensorType(shape.input(0)).getRank() == 2 && !shape.attribute("start") &&
          node.is("Gather"))
        return constantInt(node.input(1)) == 0;
    } else if (!node.is("ReduceProd")) {
      break;
    }
    value = node.input(0);
  }
  auto number = constantInt(value);
  RankedTensorType type = tensorType(s.ids);
  return number && type && number == staticCount(type.getShape());
}

bool sameTypeShape(Value a, Value b) {
  RankedTensorType left = tensorType(a), right = tensorType(b);
  return left && right && left.getShape() == right.getShape();
}

} // namespace moe::raise
