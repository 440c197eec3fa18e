//===- TokenShape.cpp - Do two tensors have the same tokens? --------------===//

#include "lowering/onnx/raise/TokenShape.h"
#include "lowering/onnx/raise/Quantized.h"
#include "lowering/onnx/raise/RootSizes.h"
#include "lowering/onnx/raise/SizeSource.h"
#include "lowering/onnx/raise/Sizes.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// Routers are some ten nodes deep; a bound, for all branches together, keeps the work linear.
constexpr int kMostSteps = 512;

/// The first `count` dimensions of `value`: one by one, or (`flat`) their product only, `times` a
/// number that follows them in row-major order.
struct Leading {
  Value value;
  int64_t count;
  bool flat;
  int64_t times = 1;
};

/// Operators of one input that keep its shape.
bool keepsShape(onnx::NodeOp node) {
  // What is added to the input before it is normalised is of its shape, or fits it.
  if (node.getDomain() == "com.microsoft")
    return llvm::StringSwitch<bool>(node.getOp())
        .Cases({"SkipLayerNormalization", "SkipSimplifiedLayerNormalization"}, true)
        .Cases({"BiasGelu", "FastGelu", "Gelu", "QuickGelu"}, true)
        .Default(false);
  return node.getDomain().empty() &&
         llvm::StringSwitch<bool>(node.getOp())
             .Cases({"Identity", "Cast", "Softmax", "LogSoftmax", "Sigmoid", "Tanh", "Relu", "Exp"},
                    true)
             .Cases({"Log", "Neg", "Softplus", "Sqrt", "Reciprocal", "Clip", "Erf", "Gelu"}, true)
             .Cases({"LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"},
                    true)
             .Cases({"ScatterND", "ScatterElements", "Dropout", "CastLike", "Not", "Abs"}, true)
             .Cases({"Floor", "Ceil", "Round", "Sign", "IsNaN", "CumSum", "Swish", "Mish"}, true)
             .Default(false);
}

bool isElementwise(onnx::NodeOp node) {
  return node.getDomain().empty() && llvm::StringSwitch<bool>(node.getOp())
                                         .Cases({"Add", "Sub", "Mul", "Div", "Pow"}, true)
                                         .Cases({"Equal", "Less", "Greater", "And", "Or"}, true)
                                         .Cases({"LessOrEqual", "GreaterOrEqual", "Xor"}, true)
                                         .Cases({"Where", "Max", "Min", "Mod"}, true)
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

/// Whether the node touches dimensions from `count` on only.
bool touchesTrailing(onnx::NodeOp node, int64_t count) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(node.getOutputs()[0]);
  if (!in || !out)
    return false;
  if (node.is("TopK") || node.is("Split") || node.is("Gather") || node.is("ArgMax") ||
      node.is("Concat")) {
    auto axis = normalizeAxis(node.intAttribute("axis", node.is("TopK") ? -1 : 0), in.getRank());
    return axis && *axis >= count;
  }
  std::optional<SmallVector<int64_t>> axes;
  if (node.is("Squeeze") || node.is("Unsqueeze") ||
      (node.getOp().starts_with("Reduce") && node.getDomain().empty()))
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

/// Reshape that keeps the product of the trailing dimensions: the tokens stay in row-major order.
std::optional<Leading> throughReshape(onnx::NodeOp node, Leading at) {
  RankedTensorType in = tensorType(node.input(0)), out = tensorType(at.value);
  if (!in || !out || (at.count != 1 && !at.flat))
    return std::nullopt;
  auto trailing = staticCount(out.getShape().drop_front(at.count));
  for (int64_t count = in.getRank(); trailing && count >= 0; --count) {
    auto own = staticCount(in.getShape().drop_front(count));
    if (!own || *trailing == 0)
      return std::nullopt;
    if (*own >= *trailing)
      return *own % *trailing == 0
                 ? std::optional(Leading{node.input(0), count, true, *own / *trailing})
                 : std::nullopt;
  }
  return std::nullopt;
}

/// What a filled tensor took its leading sizes from, one by one.
std::optional<Leading> throughSizes(Value sizes, Leading at) {
  RankedTensorType type = tensorType(at.value);
  Value like;
  for (int64_t i = 0; i < at.count; ++i) {
    auto source = sizeSource(sizes, i);
    bool isSame = source && source->tensor && source->dim == i && (!like || source->tensor == like);
    if (!isSame)
      return std::nullopt;
    like = source->tensor;
  }
  return like && type ? std::optional(Leading{like, at.count, at.flat}) : std::nullopt;
}

bool same(Leading a, Leading b) {
  return a.value == b.value && a.count == b.count && (a.flat == b.flat || a.count == 1) &&
         a.times == b.times;
}

/// Of a product, static sizes at its end are part of the number.
Leading withoutStatic(Leading at) {
  RankedTensorType type = tensorType(at.value);
  // One dimension is its own product.
  at.flat |= at.count <= 1;
  while (type && at.flat && at.count > 0 && at.count <= type.getRank()) {
    int64_t size = type.getDimSize(at.count - 1), times;
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(at.times, size, times))
      break;
    at.times = times;
    --at.count;
  }
  return at;
}

/// Whether both are static and equal.
bool sameStatic(Leading a, Leading b) {
  RankedTensorType left = tensorType(a.value), right = tensorType(b.value);
  if (!left || !right || left.getRank() < a.count || right.getRank() < b.count)
    return false;
  if (a.flat != b.flat || a.count != b.count || a.times != b.times)
    return false;
  for (int64_t i = 0; i < a.count; ++i)
    if (left.isDynamicDim(i) || left.getDimSize(i) != right.getDimSize(i))
      return false;
  return true;
}

bool sameLeading(Leading a, Leading b, int &budget);

/// The operand of an elementwise node whose leading dimensions are those of the result: all that
/// reach there have the same, or are broadcast for sure.
std::optional<Leading> leadingOperand(onnx::NodeOp node, Leading at, int &budget) {
  int64_t rank = tensorType(at.value) ? tensorType(at.value).getRank() : 0;
  SmallVector<Value> operands;
  for (Value input : node.getInputs()) {
    RankedTensorType type = tensorType(input);
    if (!type)
      return std::nullopt;
    int64_t own = at.count - (rank - type.getRank());
    // Ones are broadcast.
    bool reaches = own > 0 && llvm::any_of(type.getShape().take_front(own),
                                           [](int64_t size) { return size != 1; });
    if (reaches)
      operands.push_back(input);
  }
  for (Value whole : operands) {
    if (tensorType(whole).getRank() != rank)
      continue;
    Leading leading{whole, at.count, false};
    if (llvm::all_of(operands, [&](Value other) {
          // Of operands that have part of the leading dimensions only, nothing is known.
          return other == whole || isReductionOf(other, whole) ||
                 (tensorType(other).getRank() == rank &&
                  sameLeading(leading, {other, at.count, false}, budget));
        }))
      return Leading{whole, at.count, at.flat};
  }
  return std::nullopt;
}

/// Whether no leading dimension of the input of an Expand can grow in it.
bool keepsLeading(onnx::NodeOp expand, int64_t count, int &budget) {
  RankedTensorType from = tensorType(expand.input(0)), to = tensorType(expand.getOutputs()[0]);
  RankedTensorType shape = tensorType(expand.input(1));
  if (!from || !to || from.getRank() != to.getRank() || !shape || shape.isDynamicDim(0))
    return false;
  return llvm::all_of(llvm::seq<int64_t>(0, count), [&](int64_t place) {
    if (!from.isDynamicDim(place) || !to.isDynamicDim(place))
      return from.getDimSize(place) == to.getDimSize(place);
    int64_t index = place - from.getRank() + shape.getDimSize(0);
    auto source = index < 0 ? SizeSource{1} : sizeSource(expand.input(1), index);
    if (!source || !source->tensor)
      return source && source->number == 1;
    return source->dim == place && (source->tensor == expand.input(0) ||
                                    sameLeading({source->tensor, place + 1, false},
                                                {expand.input(0), place + 1, false}, budget));
  });
}

/// One node back, or nothing where the node does not keep the leading dimensions.
std::optional<Leading> stepBack(Leading at, int &budget) {
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
  if (node.is("Reshape") || node.is("Flatten") || movesUnitsOnly(node))
    return throughReshape(node, at);
  if (isElementwise(node))
    return leadingOperand(node, at, budget);
  if (node.is("Expand") && in && keepsLeading(node, at.count, budget))
    return to(node.input(0));
  bool mayTurn = node.is("Gemm") || node.is("FusedMatMul", "com.microsoft");
  bool product = node.is("MatMul") || (mayTurn && !node.intAttribute("transA", 0));
  RankedTensorType right = tensorType(node.input(1));
  bool isMatrix = product && right && right.getRank() == 2;
  isMatrix |= node.is("MatMulNBits", "com.microsoft");
  if (isMatrix && in && at.count < in.getRank())
    return to(node.input(0));
  auto repeats = node.is("Tile") ? constantInts(node.input(1)) : std::nullopt;
  bool isRepeated = repeats && static_cast<int64_t>(repeats->size()) >= at.count &&
                    llvm::all_of(ArrayRef<int64_t>(*repeats).take_front(at.count),
                                 [](int64_t times) { return times == 1; });
  if (isRepeated)
    return to(node.input(0));
  bool filled = node.is("ConstantOfShape") || (node.is("Expand") && constantNumber(node.input(0)));
  if (!filled)
    return std::nullopt;
  if (auto like = throughSizes(node.input(node.is("Expand") ? 1 : 0), at))
    return like;
  // A product of sizes: all tokens in one dimension.
  RankedTensorType out = tensorType(at.value);
  bool whole = out && out.getRank() == at.count + 1 && (at.flat || at.count == 1);
  Value of = whole ? countedTensor(at.value, 1) : Value();
  return of ? std::optional(Leading{of, tensorType(of).getRank() - 1, true}) : std::nullopt;
}

/// Whether `a` stands behind `b` in their block, so that only it can come from the other.
bool isLater(Value a, Value b) {
  Operation *left = a.getDefiningOp(), *right = b.getDefiningOp();
  if (!left || !right || left->getBlock() != right->getBlock())
    return left && (!right || left->getBlock() != right->getBlock());
  return right->isBeforeInBlock(left);
}

/// What the leading sizes come from. A product has no dimensions of size 1.
struct LeadingRoots {
  bool flat;
  SmallVector<SizeSource> sizes;

  explicit LeadingRoots(Leading at)
      : flat(at.flat || at.count == 1), sizes(rootSizes(at.value, at.count)) {
    if (at.times != 1)
      sizes.push_back({at.times});
    if (flat)
      llvm::erase(sizes, SizeSource{1});
  }
  bool operator==(const LeadingRoots &o) const { return flat == o.flat && sizes == o.sizes; }
};

/// Whether a place on one way has the sizes of a place on the other.
bool haveSameRoots(ArrayRef<Leading> waysA, ArrayRef<Leading> waysB) {
  auto ofAll = [](ArrayRef<Leading> ways) {
    return llvm::map_to_vector(ways, [](Leading at) { return LeadingRoots(at); });
  };
  SmallVector<LeadingRoots> left = ofAll(waysA), right = ofAll(waysB);
  return llvm::any_of(left, [&](const LeadingRoots &one) {
    return !one.sizes.empty() && llvm::is_contained(right, one);
  });
}

/// Reshapes say what their sizes are of; the ways are long only in graphs of no use.
void noteReshape(SmallVectorImpl<Leading> &way, Leading at) {
  if (nodeOf(at.value, "Reshape") && way.size() < 8)
    way.push_back(at);
}

void followToEnd(SmallVectorImpl<Leading> &way, Leading at, int &budget) {
  while (budget-- > 0) {
    auto back = stepBack(at, budget);
    if (!back || llvm::MulOverflow(back->times, at.times, back->times))
      break;
    at = *back;
    noteReshape(way, at);
  }
  way.push_back(at);
}

/// Both are followed back to where they meet, always the later one.
bool sameLeading(Leading a, Leading b, int &budget) {
  SmallVector<Leading> knownA{a}, knownB{b}, wayA, wayB;
  noteReshape(wayA, a);
  noteReshape(wayB, b);
  auto isStatic = [](Leading one) {
    RankedTensorType type = tensorType(one.value);
    return type && type.getRank() >= one.count &&
           staticCount(type.getShape().take_front(one.count)).has_value();
  };
  while (true) {
    a = withoutStatic(a);
    b = withoutStatic(b);
    if (same(a, b))
      return true;
    if (!a.count && !b.count)
      return a.times == b.times;
    // Sizes that are known in one place are known.
    if (isStatic(a))
      knownA.assign(1, a);
    if (isStatic(b))
      knownB.assign(1, b);
    if (sameStatic(knownA.front(), knownB.front()))
      return true;
    bool first = !b.count || (a.count && isLater(a.value, b.value));
    Leading &later = first ? a : b;
    auto back = budget-- > 0 ? stepBack(later, budget) : std::nullopt;
    if (!back || llvm::MulOverflow(back->times, later.times, back->times)) {
      followToEnd(wayA, a, budget);
      followToEnd(wayB, b, budget);
      return haveSameRoots(wayA, wayB);
    }
    later = *back;
    noteReshape(first ? wayA : wayB, later);
  }
}

} // namespace

bool sameLeadingDims(Value a, Value b, int64_t count) {
  int budget = kMostSteps;
  return sameLeading({a, count, false}, {b, count, false}, budget);
}

bool sameTokens(Value a, Value b, int64_t times) {
  RankedTensorType left = tensorType(a), right = tensorType(b);
  int budget = kMostSteps;
  return left && right && left.getRank() && right.getRank() &&
         sameLeading({a, left.getRank() - 1, true}, {b, right.getRank() - 1, true, times}, budget);
}

bool sameProducts(Value a, int64_t countA, Value b, int64_t countB) {
  int budget = kMostSteps;
  return sameLeading({a, countA, true}, {b, countB, true}, budget);
}

bool staysInExpand(onnx::NodeOp expand, int64_t place) {
  RankedTensorType from = tensorType(expand.input(0)), to = tensorType(expand.getOutputs()[0]);
  RankedTensorType shape = tensorType(expand.input(1));
  if (!from || !to || !shape || shape.getRank() != 1 || shape.isDynamicDim(0))
    return false;
  int64_t index = place - from.getRank() + shape.getDimSize(0);
  // Dimensions before those of the shape stay.
  if (index < 0)
    return true;
  auto source = sizeSource(expand.input(1), index);
  if (!source)
    return false;
  if (!source->tensor)
    return source->number == 1;
  return source->dim == place && (source->tensor == expand.input(0) ||
                                  sameLeadingDims(source->tensor, expand.input(0), place + 1));
}

/// Where the chain of nodes that keep the leading dimensions of `value` ends.
static Value originOf(Value value) {
  RankedTensorType type = tensorType(value);
  if (!type || !type.getRank())
    return value;
  Leading at{value, type.getRank() - 1, true};
  int budget = kMostSteps;
  while (budget-- > 0) {
    auto back = stepBack(at, budget);
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
