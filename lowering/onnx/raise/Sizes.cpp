//===- Sizes.cpp - Sizes that a graph computes ----------------------------===//

#include "lowering/onnx/raise/Sizes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

/// Sizes are a few nodes long.
static constexpr int kMostNodes = 64;

static bool multiply(Size &size, int64_t factor) {
  return !llvm::MulOverflow(size.factor, factor, size.factor);
}

/// Dimension `dim` of `value`.
static bool multiplyDim(Size &size, Value value, int64_t dim) {
  RankedTensorType type = tensorType(value);
  if (!type || dim < 0 || dim >= type.getRank())
    return false;
  if (!type.isDynamicDim(dim))
    return multiply(size, type.getDimSize(dim));
  size.dims.push_back({value, dim});
  return true;
}

/// The tensor and the first dimension whose sizes a Shape node lists.
static std::optional<std::pair<Value, int64_t>> shapeOf(Value value) {
  onnx::NodeOp node = nodeOf(value, "Shape");
  RankedTensorType type = node ? tensorType(node.input(0)) : RankedTensorType();
  if (!type)
    return std::nullopt;
  int64_t start = node.intAttribute("start", 0), rank = type.getRank();
  return std::pair(node.input(0), std::clamp<int64_t>(start < 0 ? start + rank : start, 0, rank));
}

/// The place in `node.input(0)` of the first number that a Gather or Slice with constants takes.
static std::optional<int64_t> firstPlace(onnx::NodeOp node) {
  auto at = constantInt(node.input(1));
  RankedTensorType type = tensorType(node.input(0));
  auto steps = node.is("Slice") && node.input(4) ? constantInt(node.input(4)) : 1;
  if (!at || !type || type.getRank() != 1 || type.isDynamicDim(0) || steps != 1)
    return std::nullopt;
  return *at < 0 ? *at + type.getDimSize(0) : *at;
}

std::optional<Size> sizeOf(Value value) {
  Size size;
  SmallVector<Value> work{value};
  for (int step = 0; !work.empty(); ++step) {
    Value at = work.pop_back_val();
    onnx::NodeOp node = nodeOf(at);
    if (auto number = constantInt(at)) {
      if (!multiply(size, *number))
        return std::nullopt;
      continue;
    }
    if (!node || !node.input(0) || step == kMostNodes)
      return std::nullopt;
    RankedTensorType type = tensorType(at);
    if (!type || !type.hasStaticShape() || type.getNumElements() != 1)
      return std::nullopt;
    if (node.is("Mul")) {
      llvm::append_range(work, node.getInputs());
    } else if (auto shape = shapeOf(at)) {
      if (!multiplyDim(size, shape->first, shape->second))
        return std::nullopt;
    } else if (node.is("Gather") || node.is("Slice")) {
      auto of = shapeOf(node.input(0));
      auto place = firstPlace(node);
      if (!of || !place || !multiplyDim(size, of->first, of->second + *place))
        return std::nullopt;
    } else if ((node.is("Concat") && node.getInputs().size() == 1) || stripShape(at) != at) {
      work.push_back(node.input(0));
    } else {
      return std::nullopt;
    }
  }
  return size;
}

/// Several numbers in a row of one tensor's shape: Shape, or a Slice of it.
static bool appendDims(Value value, SmallVectorImpl<Size> &sizes) {
  RankedTensorType type = tensorType(value);
  onnx::NodeOp slice = nodeOf(value, "Slice");
  auto of = shapeOf(slice ? slice.input(0) : value);
  auto first = slice ? firstPlace(slice) : std::optional<int64_t>(0);
  if (!type || !type.hasStaticShape() || type.getRank() != 1 || !of || !first)
    return false;
  for (int64_t i = 0; i < type.getDimSize(0); ++i)
    if (!multiplyDim(sizes.emplace_back(), of->first, of->second + *first + i))
      return false;
  return true;
}

std::optional<SmallVector<Size>> sizesOf(Value shape) {
  SmallVector<Size> sizes;
  shape = stripCast(shape);
  onnx::NodeOp concat = nodeOf(shape, "Concat");
  SmallVector<Value> parts{shape};
  if (concat)
    parts.assign(concat.getInputs().begin(), concat.getInputs().end());
  for (Value part : parts) {
    if (auto numbers = constantInts(part)) {
      for (int64_t number : *numbers)
        sizes.push_back({number, {}});
      continue;
    }
    if (auto one = sizeOf(part))
      sizes.push_back(*one);
    else if (!appendDims(part, sizes))
      return std::nullopt;
  }
  return sizes;
}

Value filledShape(Value value) {
  for (int step = 0; step < 16; ++step) {
    onnx::NodeOp node = nodeOf(value);
    if (!node || !node.input(0))
      return {};
    if (node.is("ConstantOfShape"))
      return node.input(0);
    if (node.is("Expand") && constantNumber(node.input(0)))
      return node.input(1);
    if (stripCast(value) == value)
      return {};
    value = node.input(0);
  }
  return {};
}

Value shapedLike(Value filled) {
  Value shape = filledShape(filled);
  return shape ? listedShape(stripCast(shape)) : Value();
}

Value rowsOf(const Size &size, int64_t times) {
  if (size.dims.empty())
    return {};
  // All leading dimensions of one tensor, each once.
  Value of = size.dims.front().first;
  RankedTensorType ofType = tensorType(of);
  llvm::SmallDenseSet<int64_t> found;
  for (auto [value, dim] : size.dims)
    if (value != of || dim + 1 >= ofType.getRank() || !found.insert(dim).second)
      return {};
  Size expected{times, {}};
  for (int64_t dim = 0; dim + 1 < ofType.getRank(); ++dim)
    if (ofType.isDynamicDim(dim) ? !found.contains(dim)
                                 : !multiply(expected, ofType.getDimSize(dim)))
      return {};
  return expected.factor == size.factor ? of : Value();
}

Value countedTensor(Value filled, int64_t times) {
  Value shape = filledShape(filled);
  auto sizes = shape ? sizesOf(shape) : std::nullopt;
  RankedTensorType type = tensorType(filled);
  if (!sizes || !type || static_cast<int64_t>(sizes->size()) != type.getRank() || sizes->empty())
    return {};
  Size all;
  for (const Size &size : ArrayRef<Size>(*sizes).drop_back()) {
    if (!multiply(all, size.factor))
      return {};
    llvm::append_range(all.dims, size.dims);
  }
  return rowsOf(all, times);
}

} // namespace moe::raise
