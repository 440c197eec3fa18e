//===- TokenShape.cpp - Do two tensors have the same tokens? --------------===//

#include "lowering/onnx/raise/TokenShape.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Routers are some ten nodes deep; a bound keeps the work linear.
constexpr int kLongestChain = 256;

/// The first `count` dimensions of `value`: one by one, or (`flat`) their product only.
struct Leading {
  Value value;
  int64_t count;
  bool flat;
};

/// Operators of one input that keep its shape.
bool keepsShape(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         llvm::StringSwitch<bool>(node.getOp())
             .Cases({"Identity", "Cast", "Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Relu", "Exp"},
                    true)
             .Cases({"Log", "Neg", "Softplus", "Sqrt", "Reciprocal", "Clip", "Erf", "Gelu"}, true)
             .Cases({"LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"},
                    true)
             .Cases({"ScatterND", "ScatterElements", "Dropout"}, true)
             .Default(false);
}

bool isElementwise(onnx::NodeOp node) {
  return node.getDomain().empty() && llvm::StringSwitch<bool>(node.getOp())
                                         .Cases({"Add", "Sub", "Mul", "Div", "Pow"}, true)
                                         .Cases({"Equal", "Less", "Greater", "And", "Or"}, true)
                                         .Default(false);
}

bool isConstant(Value value) {
  return value && isa_and_present<onnx::ConstantOp, WeightOp>(value.getDefiningOp());
}

/// Whether `part` is `whole` reduced over its last dimension, which stays as 1: together they
/// broadcast to the shape of `whole`.
bool isReductionOf(Value part, Value whole) {
  for (int step = 0; step < 4; ++step) {
    onnx::NodeOp node = nodeOf(part);
    if (!node || !node.input(0))
      return false;
    if (node.is("ReduceSum") || node.is("ReduceMax") || node.is("ReduceL1"))
      return node.input(0) == whole && node.intAttribute("keepdims", 1) == 1;
    if (isElementwise(node) && node.input(1) && !isConstant(node.input(1)))
      return false;
    part = node.input(0);
  }
  return false;
}

/// The operand of an elementwise node whose leading `count` dimensions are those of the result.
Value leadingOperand(onnx::NodeOp node, int64_t count) {
  Value a = node.input(0), b = node.input(1);
  if (!a || !b || !tensorType(a) || !tensorType(b))
    return {};
  for (auto [whole, part] : {std::pair(a, b), std::pair(b, a)}) {
    int64_t rank = tensorType(whole).getRank(), other = tensorType(part).getRank();
    if (rank >= count && rank >= other &&
        (rank - other >= count || (isConstant(part) && tensorType(part).getNumElements() == 1) ||
         isReductionOf(part, whole)))
      return whole;
  }
  return {};
}

/// Whether the node touches dimensions from `count` on only.
bool touchesTrailing(onnx::NodeOp node, int64_t count) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(node.getOutputs()[0]);
  if (!in || !out)
    return false;
  if (node.is("TopK") || node.is("Split") || node.is("Gather")) {
    auto axis = normalizeAxis(node.intAttribute("axis", node.is("TopK") ? -1 : 0), in.getRank());
    return axis && *axis >= count;
  }
  std::optional<SmallVector<int64_t>> axes;
  if (node.is("Squeeze") || node.is("Unsqueeze") || node.is("ReduceSum"))
    axes = axesOf(node);
  else if (node.is("Slice") && node.input(3))
    axes = constantInts(node.input(3));
  else
    return false;
  int64_t rank = node.is("Unsqueeze") ? out.getRank() : in.getRank();
  return axes && !axes->empty() && llvm::all_of(*axes, [&](int64_t axis) {
           auto normal = normalizeAxis(axis, rank);
           return normal && *normal >= count;
         });
}

/// Reshape to the same last dimension, or to a list: the tokens stay in row-major order.
std::optional<Leading> throughReshape(onnx::NodeOp node, Leading at) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(at.value);
  if (!in || !out || !in.getRank())
    return std::nullopt;
  bool sameLast = out.getRank() == at.count + 1 && !ShapedType::isDynamic(in.getShape().back()) &&
                  in.getShape().back() == out.getShape().back() && out.getShape().back() != 0;
  if (sameLast && (at.count == 1 || at.flat))
    return Leading{node.input(0), in.getRank() - 1, true};
  if (out.getRank() == at.count && (at.count == 1 || at.flat))
    return Leading{node.input(0), in.getRank(), true};
  return std::nullopt;
}

/// One node back, or nothing where the node does not keep the leading dimensions.
std::optional<Leading> stepBack(Leading at) {
  onnx::NodeOp node = nodeOf(at.value);
  if (!node || !node.input(0))
    return std::nullopt;
  auto to = [&](Value value) { return Leading{value, at.count, at.flat}; };
  RankedTensorType in = tensorType(node.input(0));
  if (node.is("GatherElements") && node.input(1))
    return to(node.input(1));
  if (keepsShape(node) || touchesTrailing(node, at.count))
    return to(node.input(0));
  if (node.is("Reshape") || node.is("Flatten"))
    return throughReshape(node, at);
  if (isElementwise(node)) {
    Value operand = leadingOperand(node, at.count);
    return operand ? std::optional(to(operand)) : std::nullopt;
  }
  bool product = node.is("MatMul") || (node.is("Gemm") && !node.intAttribute("transA", 0));
  if (product && in && isConstant(node.input(1)) && tensorType(node.input(1)).getRank() == 2 &&
      at.count < in.getRank())
    return to(node.input(0));
  bool filled = node.is("ConstantOfShape") || (node.is("Expand") && constantNumber(node.input(0)));
  if (onnx::NodeOp shape = nodeOf(node.input(node.is("Expand") ? 1 : 0), "Shape"); filled && shape)
    if (!shape.attribute("end") && shape.intAttribute("start", 0) == 0 && shape.input(0))
      return to(shape.input(0));
  return std::nullopt;
}

bool same(Leading a, Leading b) {
  return a.value == b.value && a.count == b.count && (a.flat == b.flat || a.count == 1);
}

/// Whether both are static and equal.
bool sameStatic(Leading a, Leading b) {
  RankedTensorType left = tensorType(a.value), right = tensorType(b.value);
  if (!left || !right || left.getRank() < a.count || right.getRank() < b.count)
    return false;
  if (a.flat && b.flat) {
    auto tokens = staticCount(left.getShape().take_front(a.count));
    return tokens && tokens == staticCount(right.getShape().take_front(b.count));
  }
  if (a.flat != b.flat || a.count != b.count)
    return false;
  for (int64_t i = 0; i < a.count; ++i)
    if (left.isDynamicDim(i) || left.getDimSize(i) != right.getDimSize(i))
      return false;
  return true;
}

bool sameLeading(Leading a, Leading b) {
  SmallVector<Leading> seen{a};
  for (int step = 0; step < kLongestChain; ++step) {
    auto back = stepBack(seen.back());
    if (!back)
      break;
    seen.push_back(*back);
  }
  for (int step = 0; step < kLongestChain; ++step) {
    if (llvm::any_of(seen, [&](Leading one) { return same(one, b) || sameStatic(one, b); }))
      return true;
    auto back = stepBack(b);
    if (!back)
      return false;
    b = *back;
  }
  return false;
}

} // namespace

bool sameLeadingDims(Value a, Value b, int64_t count) {
  return sameLeading({a, count, false}, {b, count, false});
}

bool sameTokens(Value a, Value b) {
  RankedTensorType left = tensorType(a), right = tensorType(b);
  return left && right && left.getRank() && right.getRank() &&
         sameLeading({a, left.getRank() - 1, true}, {b, right.getRank() - 1, true});
}

/// Where the chain of nodes that keep the leading dimensions of `value` ends.
static Value originOf(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || !type.getRank())
    return value;
  Leading at{value, type.getRank() - 1, true};
  for (int step = 0; step < kLongestChain; ++step) {
    auto back = stepBack(at);
    if (!back)
      break;
    at = *back;
  }
  return at.value;
}

bool fromTwoInputs(Value a, Value b) {
  a = originOf(a);
  b = originOf(b);
  return a != b && isa<BlockArgument>(a) && isa<BlockArgument>(b);
}

} // namespace moe::raise
