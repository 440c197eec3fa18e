//===- TokenShape.cpp - Do two tensors have the same tokens? --------------===//

#include "lowering/onnx/raise/TokenShape.h"
#include "lowering/onnx/raise/SizeSource.h"
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

/// Proofs about one operand of a node hang below the proof about its result; routers need two or
/// three such levels.
constexpr int kDeepest = 4;

/// Operators of one input that keep its shape.
bool keepsShape(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         llvm::StringSwitch<bool>(node.getOp())
             .Cases({"Identity", "Cast", "Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Relu", "Exp"},
                    true)
             .Cases({"Log", "Neg", "Softplus", "Sqrt", "Reciprocal", "Clip", "Erf", "Gelu"}, true)
             .Cases({"LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"},
                    true)
             .Cases({"ScatterND", "ScatterElements", "Dropout", "Not", "Abs", "Sign"}, true)
             .Cases({"Floor", "Ceil", "Round", "HardSigmoid", "Elu", "LeakyRelu"}, true)
             .Default(false);
}

bool isElementwise(onnx::NodeOp node) {
  return node.getDomain().empty() &&
         llvm::StringSwitch<bool>(node.getOp())
             .Cases({"Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Where"}, true)
             .Cases({"Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"}, true)
             .Cases({"And", "Or", "Xor", "Mod", "PRelu"}, true)
             .Default(false);
}

bool isConstant(Value value) {
  return value && isa_and_present<onnx::ConstantOp, WeightOp>(value.getDefiningOp());
}

bool sameLeading(Leading a, Leading b, int depth);

/// Whether broadcasting `part` to `whole` leaves the leading `count` dimensions of `whole`, of a
/// node's result of `rank` dimensions.
bool fitsInto(Value part, Value whole, int64_t count, int64_t rank, int depth) {
  RankedTensorType type = tensorType(part);
  if (!type)
    return false;
  if (rank - type.getRank() >= count || (type.hasStaticShape() && type.getNumElements() == 1))
    return true;
  int64_t missing = rank - type.getRank();
  if (llvm::all_of(type.getShape().take_front(count - missing), [](int64_t n) { return n == 1; }))
    return true;
  return missing == 0 && depth < kDeepest &&
         sameLeading({part, count, false}, {whole, count, false}, depth + 1);
}

/// The operand of an elementwise node whose leading `count` dimensions are those of the result.
Value leadingOperand(onnx::NodeOp node, int64_t count, int depth) {
  RankedTensorType result = tensorType(node.getOutputs()[0]);
  if (!result)
    return {};
  int64_t rank = result.getRank();
  for (Value whole : node.getInputs()) {
    RankedTensorType type = tensorType(whole);
    if (!type || type.getRank() != rank || rank < count || isConstant(whole))
      continue;
    if (llvm::all_of(node.getInputs(), [&](Value part) {
          return part == whole || fitsInto(part, whole, count, rank, depth);
        }))
      return whole;
  }
  return {};
}

/// Whether none of the leading `count` dimensions grows in an Expand.
bool expandKeepsLeading(onnx::NodeOp node, int64_t count, int depth) {
  Value in = node.input(0);
  RankedTensorType from = tensorType(in), to = tensorType(node.getOutputs()[0]);
  RankedTensorType shape = tensorType(node.input(1));
  if (!from || !to || !shape || from.getRank() != to.getRank() || shape.getRank() != 1 ||
      shape.isDynamicDim(0) || count > from.getRank())
    return false;
  for (int64_t place = 0; place < count; ++place) {
    int64_t size = from.getDimSize(place), index = place - from.getRank() + shape.getDimSize(0);
    if (index < 0 || (ShapedType::isStatic(size) && size != 1))
      continue;
    auto source = sizeSource(node.input(1), index);
    if (!source || (!source->tensor && source->number != 1))
      return false;
    if (source->tensor && source->tensor != in &&
        (source->dim != place || depth >= kDeepest ||
         !sameLeading({source->tensor, place + 1, false}, {in, place + 1, false}, depth + 1)))
      return false;
    if (source->tensor == in && source->dim != place)
      return false;
  }
  return true;
}

/// Whether the node touches dimensions from `count` on only.
bool touchesTrailing(onnx::NodeOp node, int64_t count) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(node.getOutputs()[0]);
  if (!in || !out)
    return false;
  if (node.is("TopK") || node.is("Split") || node.is("Gather") || node.is("ArgMax")) {
    auto axis = normalizeAxis(node.intAttribute("axis", node.is("TopK") ? -1 : 0), in.getRank());
    return axis && *axis >= count;
  }
  std::optional<SmallVector<int64_t>> axes;
  if (node.is("Squeeze") || node.is("Unsqueeze") || node.getOp().starts_with("Reduce"))
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

/// Reshape of rows of one static size, or to a list: the tokens stay in row-major order.
std::optional<Leading> throughReshape(onnx::NodeOp node, Leading at) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(at.value);
  if (!in || !out || !in.getRank())
    return std::nullopt;
  // The same rows cut in other ways.
  auto row = staticCount(out.getShape().drop_front(at.count));
  for (int64_t lead = in.getRank(); row && *row != 0 && lead >= 0; --lead)
    if ((at.count == 1 || at.flat) && staticCount(in.getShape().drop_front(lead)) == row)
      return Leading{node.input(0), lead, true};
  return std::nullopt;
}

/// One node back, or nothing where the node does not keep the leading dimensions.
std::optional<Leading> stepBack(Leading at, int depth) {
  onnx::NodeOp node = nodeOf(at.value);
  if (!node || !node.input(0))
    return std::nullopt;
  auto to = [&](Value value) { return Leading{value, at.count, at.flat}; };
  RankedTensorType in = tensorType(node.input(0));
  if (node.is("GatherElements") && node.input(1))
    return to(node.input(1));
  bool addsLast = node.is("OneHot") && in && tensorType(at.value) && at.count <= in.getRank() &&
                  isLastAxis(node, -1, tensorType(at.value).getRank());
  if (keepsShape(node) || touchesTrailing(node, at.count) || addsLast)
    return to(node.input(0));
  if (node.is("Reshape") || node.is("Flatten"))
    return throughReshape(node, at);
  if (isElementwise(node)) {
    Value operand = leadingOperand(node, at.count, depth);
    return operand ? std::optional(to(operand)) : std::nullopt;
  }
  bool product = node.is("MatMul") || (node.is("Gemm") && !node.intAttribute("transA", 0));
  if (product && in && isConstant(node.input(1)) && tensorType(node.input(1)).getRank() == 2 &&
      at.count < in.getRank())
    return to(node.input(0));
  if (node.is("Expand") && expandKeepsLeading(node, at.count, depth))
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

bool sameLeading(Leading a, Leading b, int depth) {
  SmallVector<Leading> seen{a};
  for (int step = 0; step < kLongestChain; ++step) {
    auto back = stepBack(seen.back(), depth);
    if (!back)
      break;
    seen.push_back(*back);
  }
  for (int step = 0; step < kLongestChain; ++step) {
    if (llvm::any_of(seen, [&](Leading one) { return same(one, b) || sameStatic(one, b); }))
      return true;
    auto back = stepBack(b, depth);
    if (!back)
      return false;
    b = *back;
  }
  return false;
}

} // namespace

bool sameLeadingDims(Value a, Value b, int64_t count) {
  return sameLeading({a, count, false}, {b, count, false}, 0);
}

bool sameTokens(Value a, Value b) {
  RankedTensorType left = tensorType(a), right = tensorType(b);
  return left && right && left.getRank() && right.getRank() &&
         sameLeading({a, left.getRank() - 1, true}, {b, right.getRank() - 1, true}, 0);
}

/// Where the chain of nodes that keep the leading dimensions of `value` ends.
static Value originOf(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || !type.getRank())
    return value;
  Leading at{value, type.getRank() - 1, true};
  for (int step = 0; step < kLongestChain; ++step) {
    auto back = stepBack(at, 0);
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
