//===- Graph.cpp - Reading ONNX graphs ------------------------------------===//

#include "lowering/onnx/raise/Graph.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

/// No chain of nodes that change nothing is longer in a sane file; a bound keeps the work linear.
static constexpr int kLongestChain = 64;

onnx::NodeOp nodeOf(Value value) {
  return value ? value.getDefiningOp<onnx::NodeOp>() : onnx::NodeOp();
}

onnx::NodeOp nodeOf(Value value, llvm::StringRef op) {
  onnx::NodeOp node = nodeOf(value);
  return node && node.is(op) ? node : onnx::NodeOp();
}

std::string nameOf(onnx::NodeOp node) {
  if (node.getName().empty())
    return "node " + node.qualifiedName();
  return ("node '" + node.getName() + "' (" + node.qualifiedName() + ")").str();
}

static DenseElementsAttr constantOf(Value value) {
  auto constant = value ? value.getDefiningOp<onnx::ConstantOp>() : onnx::ConstantOp();
  return constant ? dyn_cast<DenseElementsAttr>(constant.getValue()) : DenseElementsAttr();
}

std::optional<SmallVector<int64_t>> constantInts(Value value) {
  DenseElementsAttr elements = constantOf(value);
  if (!elements || !elements.getElementType().isInteger() ||
      elements.getElementType().getIntOrFloatBitWidth() > 64)
    return std::nullopt;
  SmallVector<int64_t> result;
  Type type = elements.getElementType();
  bool isSigned = !type.isUnsignedInteger() && !type.isInteger(1);
  for (const APInt &element : elements.getValues<APInt>())
    result.push_back(isSigned ? element.getSExtValue() : element.getZExtValue());
  return result;
}

std::optional<int64_t> constantInt(Value value) {
  auto ints = constantInts(value);
  return ints && ints->size() == 1 ? std::optional(ints->front()) : std::nullopt;
}

std::optional<SmallVector<double>> constantNumbers(Value value) {
  DenseElementsAttr elements = constantOf(value);
  SmallVector<double> result;
  if (!elements)
    return std::nullopt;
  if (!isa<FloatType>(elements.getElementType())) {
    auto ints = constantInts(value);
    if (!ints)
      return std::nullopt;
    return llvm::map_to_vector(*ints, [](int64_t one) { return static_cast<double>(one); });
  }
  for (APFloat number : elements.getValues<APFloat>()) {
    bool inexact;
    number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    result.push_back(number.convertToDouble());
  }
  return result;
}

std::optional<double> constantNumber(Value value) {
  DenseElementsAttr elements = constantOf(value);
  if (!elements || elements.getNumElements() != 1)
    return std::nullopt;
  auto numbers = constantNumbers(value);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

Value listedShape(Value shape) {
  onnx::NodeOp node = nodeOf(shape, "Shape");
  bool whole = node && !node.attribute("end") && node.intAttribute("start", 0) == 0;
  return whole ? node.input(0) : Value();
}

Value shapeSource(Value value) {
  onnx::NodeOp node = nodeOf(stripCast(value));
  if (!node || !(node.is("ConstantOfShape") || node.is("Expand")))
    return {};
  // Expand of more than one number may be larger than it was asked for.
  if (node.is("Expand") && !constantNumber(node.input(0)))
    return {};
  return listedShape(node.input(node.is("Expand") ? 1 : 0));
}

RankedTensorType tensorType(Value value) {
  return value ? dyn_cast<RankedTensorType>(value.getType()) : RankedTensorType();
}

int64_t lastDim(Value value) {
  RankedTensorType type = tensorType(value);
  return type && type.getRank() ? type.getShape().back() : ShapedType::kDynamic;
}

std::optional<int64_t> staticCount(ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    if (ShapedType::isDynamic(size) || llvm::MulOverflow(count, size, count))
      return std::nullopt;
  return count;
}

std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

bool isLastAxis(onnx::NodeOp node, int64_t otherwise, int64_t rank) {
  return normalizeAxis(node.intAttribute("axis", otherwise), rank) == rank - 1 && rank > 0;
}

std::optional<SmallVector<int64_t>> axesOf(onnx::NodeOp node) {
  if (auto axes = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("axes")))
    return SmallVector<int64_t>(axes.asArrayRef());
  if (Value axes = node.input(1))
    return constantInts(axes);
  return SmallVector<int64_t>();
}

/// Whether the node is an Identity, or a Cast that keeps the kind of number.
static bool isCastLike(onnx::NodeOp node) {
  if (node.is("Identity"))
    return true;
  if (!node.is("Cast") || node.getInputs().size() != 1)
    return false;
  RankedTensorType from = tensorType(node.input(0)), to = tensorType(node.getOutputs()[0]);
  if (!from || !to)
    return false;
  // Narrower ones may wrap around.
  auto isInt = [](Type type) { return type.isInteger(32) || type.isInteger(64); };
  return (isa<FloatType>(from.getElementType()) && isa<FloatType>(to.getElementType())) ||
         (isInt(from.getElementType()) && isInt(to.getElementType()));
}

Value stripCast(Value value) {
  for (int step = 0; step < kLongestChain; ++step) {
    onnx::NodeOp node = nodeOf(value);
    if (!node || !isCastLike(node) || !node.input(0))
      break;
    value = node.input(0);
  }
  return value;
}

bool movesUnitsOnly(onnx::NodeOp transpose) {
  RankedTensorType type = tensorType(transpose.input(0));
  auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(transpose.attribute("perm"));
  if (!transpose.is("Transpose") || !type || !perm || perm.size() != type.getRank())
    return false;
  int64_t last = -1;
  for (int64_t from : perm.asArrayRef()) {
    if (from < 0 || from >= type.getRank() || (type.getDimSize(from) != 1 && from < last))
      return false;
    last = type.getDimSize(from) == 1 ? last : from;
  }
  return true;
}

Value stripShape(Value value) {
  for (int step = 0; step < kLongestChain; ++step) {
    onnx::NodeOp node = nodeOf(value);
    if (!node || !node.input(0))
      break;
    if (!isCastLike(node) && !node.is("Reshape") && !node.is("Squeeze") && !node.is("Unsqueeze") &&
        !node.is("Flatten") && !movesUnitsOnly(node))
      break;
    value = node.input(0);
  }
  return value;
}

} // namespace moe::raise
