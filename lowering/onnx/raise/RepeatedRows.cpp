//===- RepeatedRows.cpp - Where values are the tokens, repeated -----------===//

#include "lowering/onnx/raise/RepeatedRows.h"
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

std::optional<RepeatedRows> repeatedRows(Value value, const RoutedValues &routed) {
  SmallVector<onnx::NodeOp> path;
  for (int step = 0; step < 16; ++step) {
    if (auto axes = tokenAxes(value, routed)) {
      std::optional<Axes> result = axes;
      while (result && !path.empty())
        result = relaid(path.pop_back_val(), *result, routed.counts());
      // What cuts features apart is a step of a body.
      bool whole = result && llvm::count_if(*result, [](const Dim &dim) { return dim.free; }) == 1;
      return whole ? std::optional(RepeatedRows{value, *result}) : std::nullopt;
    }
    onnx::NodeOp node = nodeOf(value);
    // Labels that cannot be told tell that the node lays nothing out.
    bool lays = node && node.getDomain().empty() && tensorType(node.input(0)) &&
                (node.is("Reshape") || node.is("Unsqueeze") || node.is("Squeeze") ||
                 node.is("Expand") || node.is("Tile") || node.is("Transpose") ||
                 node.is("Flatten") || node.is("Identity") || node.is("Cast"));
    if (!lays)
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
    // What stands before the choice cannot depend on it.
    if (op == chosen || op->isBeforeInBlock(chosen)) {
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
