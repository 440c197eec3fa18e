//===- RepeatedRows.cpp - Where values are the tokens, repeated -----------===//

#include "lowering/onnx/raise/RepeatedRows.h"
#include "lowering/onnx/raise/SizeSource.h"
#include "lowering/onnx/raise/Sizes.h"
#include "lowering/onnx/raise/TokenShape.h"

using namespace mlir;

namespace moe::raise {

/// The labels of `value` where it is a matrix of the ids' tokens, or has their leading dimensions.
static std::optional<Axes> tokenAxes(Value value, const RoutedValues &routed) {
  RankedTensorType type = tensorType(value), ids = tensorType(routed.ids());
  if (!type || type.getRank() < 2 || ShapedType::isDynamic(type.getShape().back()) ||
      type.getShape().back() < 2 || !isa<FloatType>(type.getElementType()))
    return std::nullopt;
  // Several dimensions of tokens have to be the very ones of the ids: parts meet one by one.
  int64_t leading = type.getRank() - 1;
  bool same = leading == 1 || leading != ids.getRank() - 1
                  ? leading == 1 && sameTokens(value, routed.ids())
                  : sameLeadingDims(value, routed.ids(), leading);
  if (!same)
    return std::nullopt;
  Axes axes;
  for (int64_t size : type.getShape().drop_back())
    axes.push_back(dimOf(Atom::Token, size));
  axes.push_back(freeDim(type.getShape().back()));
  return axes;
}

/// Whether the node lays its first input out anew, without a look at labels.
static bool laysOut(onnx::NodeOp node) {
  // Casts to another kind of number change it.
  if (node && node.is("Cast"))
    return node.input(0) && stripCast(node.getOutputs()[0]) != node.getOutputs()[0];
  return node && node.getDomain().empty() && tensorType(node.input(0)) &&
         (node.is("Reshape") || node.is("Unsqueeze") || node.is("Squeeze") || node.is("Expand") ||
          node.is("Tile") || node.is("Transpose") || node.is("Flatten") || node.is("Identity"));
}

//===----------------------------------------------------------------------===//
// Numbers of tokens
//===----------------------------------------------------------------------===//

/// The labels of a Range from 0 that counts the tokens, or (`isPairs`) all pairs of token and slot.
static std::optional<Axes> rangeAxes(onnx::NodeOp range, const RoutedValues &routed,
                                     bool &isPairs) {
  auto size = sizeSource(range.input(1), 0);
  auto product = sizeOf(range.input(1));
  if (constantNumber(range.input(0)) != 0.0 || constantNumber(range.input(2)) != 1.0)
    return std::nullopt;
  int64_t rank = routed.idsAxes().size();
  Dim dim = dimOf(Atom::Token);
  isPairs = false;
  // Counted as batch times sequence.
  if (Value of = product ? rowsOf(*product, 1) : Value(); of && sameTokens(of, routed.ids()))
    return Axes{dim};
  if (!size)
    return std::nullopt;
  bool first = size->tensor && size->dim == 0;
  if (first && sameProducts(size->tensor, 1, routed.ids(), rank - 1))
    return Axes{dim};
  isPairs = first && sameProducts(size->tensor, 1, routed.ids(), rank);
  if (!isPairs)
    return std::nullopt;
  if (routed.counts().slots > 1)
    dim.atoms.push_back(Atom::Slot);
  return Axes{dim};
}

/// The labels of constant numbers of tokens; only of a list.
static std::optional<Axes> constantAxes(ArrayRef<int64_t> numbers, RankedTensorType type,
                                        const RoutedValues &routed) {
  auto tokens = staticCount(tensorType(routed.ids()).getShape().drop_back());
  int64_t slots = routed.counts().slots, count = numbers.size();
  if (!tokens || type.getRank() != 1 || *tokens < 2 ||
      (count != *tokens && count / slots != *tokens))
    return std::nullopt;
  bool repeats = count != *tokens;
  for (int64_t i = 0; i < count; ++i)
    if (numbers[i] != (repeats ? i / slots : i))
      return std::nullopt;
  Dim dim = dimOf(Atom::Token);
  if (repeats)
    dim.atoms.push_back(Atom::Slot);
  return Axes{dim};
}

std::optional<Axes> tokenNumbers(Value value, const RoutedValues &routed) {
  SmallVector<onnx::NodeOp> path;
  bool divided = false;
  for (int step = 0; step < 16; ++step) {
    onnx::NodeOp node = nodeOf(value);
    std::optional<Axes> axes;
    bool isPairs = false;
    if (auto numbers = constantInts(value))
      axes = constantAxes(*numbers, tensorType(value), routed);
    else if (node && node.is("Range"))
      axes = rangeAxes(node, routed, isPairs);
    if (axes && isPairs != divided && routed.counts().slots > 1)
      return std::nullopt;
    if (axes) {
      while (axes && !path.empty())
        axes = relaid(path.pop_back_val(), *axes, routed.counts());
      return axes;
    }
    bool divides =
        node && node.is("Div") && !divided && constantInt(node.input(1)) == routed.counts().slots;
    divided |= divides;
    if (!divides && !laysOut(node))
      return std::nullopt;
    if (!divides)
      path.push_back(node);
    value = node.input(0);
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// The labels of rows of a matrix of tokens, gathered by the tokens' numbers.
static std::optional<RepeatedRows> gatheredRows(Value value, const RoutedValues &routed) {
  onnx::NodeOp node = nodeOf(value);
  bool isND = node && node.is("GatherND") && node.intAttribute("batch_dims", 0) == 0;
  if (!node || !(isND || (node.is("Gather") && node.intAttribute("axis", 0) == 0)))
    return std::nullopt;
  auto rows = tokenAxes(node.input(0), routed);
  auto numbers = rows && rows->size() == 2 ? tokenNumbers(node.input(1), routed) : std::nullopt;
  if (!numbers || (isND && (numbers->empty() || !numbers->back().isUnit())))
    return std::nullopt;
  if (isND)
    numbers->pop_back();
  numbers->push_back(rows->back());
  return RepeatedRows{node.input(0), *numbers};
}

std::optional<RepeatedRows> repeatedRows(Value value, const RoutedValues &routed) {
  SmallVector<onnx::NodeOp> path;
  for (int step = 0; step < 16; ++step) {
    auto gathered = gatheredRows(value, routed);
    auto own = gathered ? std::optional(gathered->axes) : tokenAxes(value, routed);
    if (own) {
      std::optional<Axes> result = own;
      while (result && !path.empty())
        result = relaid(path.pop_back_val(), *result, routed.counts());
      // What cuts features apart is a step of a body.
      bool whole = result && llvm::count_if(*result, [](const Dim &dim) { return dim.free; }) == 1;
      return whole ? std::optional(RepeatedRows{gathered ? gathered->tokens : value, *result})
                   : std::nullopt;
    }
    onnx::NodeOp node = nodeOf(value);
    if (!laysOut(node))
      return std::nullopt;
    path.push_back(node);
    value = node.input(0);
  }
  return std::nullopt;
}

bool Dependence::of(Value value) {
  Operation *start = value.getDefiningOp(), *chosen = ids.getDefiningOp();
  if (!start || !chosen || start->getBlock() != chosen->getBlock())
    return false;
  SmallVector<Operation *> stack{start};
  while (!stack.empty()) {
    Operation *op = stack.back();
    if (known.contains(op)) {
      stack.pop_back();
      continue;
    }
    // What stands before the choice cannot depend on it, and shapes do not depend on numbers.
    auto node = dyn_cast<onnx::NodeOp>(op);
    if (op == chosen || op->isBeforeInBlock(chosen) || (node && node.is("Shape"))) {
      known[op] = op == chosen;
      continue;
    }
    bool depends = false, ready = true;
    for (Value operand : op->getOperands()) {
      Operation *before = operand.getDefiningOp();
      if (!before || before->getBlock() != chosen->getBlock())
        continue;
      auto it = known.find(before);
      if (it == known.end()) {
        stack.push_back(before);
        ready = false;
      } else {
        depends |= it->second;
      }
    }
    if (ready)
      known[op] = depends;
  }
  return known.lookup(start);
}

} // namespace moe::raise
