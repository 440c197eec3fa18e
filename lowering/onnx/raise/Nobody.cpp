//===- Nobody.cpp - What a graph computes of nobody -----------------------===//
//
// A list of nobody is empty, a mask of nobody is zero; from there on it is a few rules an operator:
// what is gathered by an empty list is empty, what is written at its places stays as it was, what
// is multiplied by zero adds nothing.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/raise/Guards.h"
#include "lowering/onnx/raise/Routed.h"
#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {

/// From a result to the list it is about it is some twenty nodes.
static constexpr unsigned kDeepest = 40;

/// Nodes whose result is their first input, laid out in another way, or a constant part of it.
static bool isLayout(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         llvm::StringSwitch<bool>(node.getOp())
             .Cases({"Identity", "Cast", "Squeeze", "Unsqueeze", "Reshape", "Flatten"}, true)
             .Cases({"Transpose", "Expand", "Slice", "Split", "Tile"}, true)
             .Default(false);
}

/// Whether the result of a node that cuts along `axis` is empty only where its input is: what is
/// cut has a known size, and something of it is left.
static bool leavesSome(onnx::NodeOp node, int64_t otherwise) {
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  SmallVector<int64_t> axes{node.intAttribute("axis", otherwise)};
  if (node.is("Slice")) {
    auto given = node.input(3) ? constantInts(node.input(3)) : std::nullopt;
    if (!given)
      return false;
    axes = *given;
  }
  return from && to && !llvm::is_contained(to.getShape(), 0) &&
         llvm::all_of(axes, [&](int64_t axis) {
           auto place = normalizeAxis(axis, from.getRank());
           return place && !from.isDynamicDim(*place) && from.getDimSize(*place) > 0;
         });
}

/// Whether rows are gathered, each of which holds something.
static bool gathersRows(onnx::NodeOp node) {
  RankedTensorType index = tensorType(node.input(1)), to = tensorType(node.getOutputs()[0]);
  return index && to && index.getRank() == 1 && !llvm::is_contained(to.getShape(), 0) &&
         llvm::count_if(to.getShape(), ShapedType::isDynamic) == 1 && index.isDynamicDim(0);
}

/// The input that is empty where `node`'s result is; null where that does not follow.
static Value emptyBefore(onnx::NodeOp node) {
  if (node.is("Gather") && !constantInts(node.input(1)))
    return gathersRows(node) ? node.input(1) : Value();
  if (node.is("Gather") || node.is("Slice") || node.is("Split"))
    return leavesSome(node, 0) ? node.input(0) : Value();
  return isLayout(node) && !node.is("Expand") && !node.is("Tile") ? node.input(0) : Value();
}

/// From what is empty where nobody chose back to the mask.
bool Nobody::startFrom(Value value, bool isMask) {
  for (unsigned step = 0; step < kDeepest && value; ++step) {
    states[value] = isMask ? State::Zero : State::Empty;
    onnx::NodeOp node = nodeOf(value);
    if (isMask || !node)
      return isMask;
    isMask = node.is("NonZero");
    value = isMask ? node.input(0) : emptyBefore(node);
  }
  return false;
}

/// The tensor of which `value` is a number of elements along some dimension, or of all, or null.
static Value countedBy(Value value) {
  onnx::NodeOp node = nodeOf(value);
  if (node && (node.is("Gather") || node.is("Slice") || node.is("ReduceProd")) && node.input(0))
    node = nodeOf(node.input(0), "Shape");
  return node && (node.is("Shape") || node.is("Size")) ? node.input(0) : Value();
}

/// The mask whose truths `value` counts, or of which it is the largest; null where it is no such.
static Value maskCountedBy(Value value) {
  onnx::NodeOp node = nodeOf(value);
  RankedTensorType type = tensorType(value);
  if (!node || !type || staticCount(type.getShape()) != 1 ||
      !(node.is("ReduceSum") || node.is("ReduceMax")))
    return {};
  // Of some dimensions only, one number says nothing of the others.
  Value mask = node.input(0);
  for (unsigned step = 0; step < 8; ++step) {
    onnx::NodeOp cast = nodeOf(mask, "Cast");
    if (!cast)
      break;
    mask = cast.input(0);
  }
  RankedTensorType of = tensorType(mask);
  return of && of.getElementType().isInteger(1) ? mask : Value();
}

/// The number that a comparison compares, and whether the comparison is true where it is not zero.
static std::optional<std::pair<Value, bool>> comparedWithZero(onnx::NodeOp node) {
  for (unsigned side : {0u, 1u}) {
    auto other = node.input(1) ? constantNumber(node.input(1 - side)) : std::nullopt;
    if (!other || (*other != 0 && *other != 1))
      continue;
    bool one = *other == 1, left = side == 0;
    Value count = node.input(side);
    auto isOp = [&](StringRef less, StringRef more) { return node.is(left ? more : less); };
    if (isOp("Less", "Greater") && !one)
      return std::pair(count, true);
    if (isOp("LessOrEqual", "GreaterOrEqual") && one)
      return std::pair(count, true);
    if ((node.is("Equal") && !one) || (isOp("Greater", "Less") && one) ||
        (isOp("GreaterOrEqual", "LessOrEqual") && !one))
      return std::pair(count, false);
  }
  return std::nullopt;
}

std::optional<Nobody> Nobody::askedBy(Value condition) {
  Nobody nobody;
  Value at = condition;
  for (unsigned step = 0; step < 16; ++step) {
    if (Value mask = maskCountedBy(at))
      return nobody.startFrom(mask, true) ? std::optional(nobody) : std::nullopt;
    if (Value counted = countedBy(at))
      return nobody.startFrom(counted, false) ? std::optional(nobody) : std::nullopt;
    onnx::NodeOp node = nodeOf(at);
    if (!node || !node.input(0))
      return std::nullopt;
    if (auto compared = comparedWithZero(node)) {
      nobody.ifTrue ^= !compared->second;
      at = compared->first;
      continue;
    }
    bool keeps = node.is("Identity") || node.is("Cast") || node.is("Squeeze") ||
                 node.is("Unsqueeze") || node.is("Reshape");
    if (!keeps && !node.is("Not"))
      return std::nullopt;
    nobody.ifTrue ^= node.is("Not");
    at = node.input(0);
  }
  return std::nullopt;
}

/// Whether a scatter writes nothing, or adds zeros.
bool Nobody::isUnwritten(onnx::NodeOp node, unsigned depth) {
  if (!(node.is("ScatterND") || node.is("ScatterElements")) || !node.input(2))
    return false;
  return stateOf(node.input(1), depth) == State::Empty ||
         (node.stringAttribute("reduction", "none") == "add" &&
          stateOf(node.input(2), depth) == State::Zero);
}

Nobody::State Nobody::stateOfNode(onnx::NodeOp node, unsigned depth) {
  auto input = [&](unsigned i) {
    return node.input(i) ? stateOf(node.input(i), depth + 1) : State::Any;
  };
  if (!node.getDomain().empty() || !node.getBodies().empty())
    return State::Any;
  if (isLayout(node))
    return input(0);
  if (node.is("NonZero"))
    return input(0) == State::Zero ? State::Empty : State::Any;
  if (node.is("Gather") || node.is("GatherND") || node.is("GatherElements"))
    return input(1) == State::Empty ? State::Empty : input(0);
  if (isUnwritten(node, depth + 1))
    return input(0);
  if (node.is("Where") && input(0) == State::Zero)
    return input(2);
  bool product = node.is("Mul") || node.is("And"), sum = node.is("Add") || node.is("Concat");
  if (node.is("MatMul") || node.is("ReduceSum"))
    return input(0) == State::Zero ? State::Zero : State::Any;
  if (!product && !sum)
    return State::Any;
  SmallVector<State> operands;
  for (unsigned i = 0; i < node.getInputs().size() && i < kDeepest; ++i)
    operands.push_back(input(i));
  auto is = [](State wanted) { return [wanted](State state) { return state == wanted; }; };
  if (node.is("Concat") ? llvm::all_of(operands, is(State::Empty))
                        : llvm::any_of(operands, is(State::Empty)))
    return State::Empty;
  bool zero =
      product ? llvm::any_of(operands, is(State::Zero)) : llvm::all_of(operands, is(State::Zero));
  return zero && operands.size() == node.getInputs().size() ? State::Zero : State::Any;
}

Nobody::State Nobody::stateOf(Value value, unsigned depth) {
  if (auto found = states.find(value); found != states.end())
    return found->second;
  State state = State::Any;
  if (filledWith(value) == 0.0)
    state = State::Zero;
  else if (onnx::NodeOp node = nodeOf(value); node && depth < kDeepest)
    state = stateOfNode(node, depth);
  // Too deep is no answer for who asks from nearer.
  if (depth < kDeepest)
    states[value] = state;
  return state;
}

/// Whether `sum` is `kept` where `added` is zero: nothing is broadcast.
bool Nobody::isAbsorbed(Value sum, Value kept, Value added) {
  RankedTensorType type = tensorType(kept), other = tensorType(added);
  if (!type || !other || kept.getType() != sum.getType() || stateOf(added) != State::Zero)
    return false;
  if (staticCount(other.getShape()) == 1 && other.getRank() <= type.getRank())
    return true;
  return type == other &&
         (type.hasStaticShape() || shapeSource(resolved(added)) == kept || sameTokens(kept, added));
}

/// The value that `value` is the same as, where nobody chose.
Value Nobody::resolved(Value value) {
  for (unsigned step = 0; step < kDeepest; ++step) {
    onnx::NodeOp node = nodeOf(value);
    Value next;
    if (!node)
      break;
    if (node.is("Identity") || isUnwritten(node, 0))
      next = node.input(0);
    else if (node.is("Add") && isAbsorbed(value, node.input(0), node.input(1)))
      next = node.input(0);
    else if (node.is("Add") && isAbsorbed(value, node.input(1), node.input(0)))
      next = node.input(1);
    if (!next)
      break;
    value = next;
  }
  return value;
}

bool Nobody::same(Value a, Value b) {
  a = resolved(a), b = resolved(b);
  if (a == b)
    return true;
  RankedTensorType type = tensorType(a);
  if (!type || a.getType() != b.getType() || stateOf(a) != stateOf(b))
    return false;
  if (stateOf(a) == State::Empty)
    return llvm::count_if(type.getShape(), ShapedType::isDynamic) <= 1;
  return stateOf(a) == State::Zero &&
         (type.hasStaticShape() || shapeSource(a) == b || shapeSource(b) == a || sameTokens(a, b));
}

} // namespace moe::raise
