//===- SizeSource.cpp - Where the numbers of a shape come from ------------===//

#include "lowering/onnx/raise/SizeSource.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// An element of a list of sizes.
struct Element {
  Value list;
  int64_t index;
};

/// The input of a Concat of lists that the element lies in.
std::optional<Element> inConcat(onnx::NodeOp node, int64_t index) {
  for (Value input : node.getInputs()) {
    RankedTensorType type = tensorType(input);
    if (!type || type.getRank() != 1 || type.isDynamicDim(0))
      return std::nullopt;
    if (index < type.getDimSize(0))
      return Element{input, index};
    index -= type.getDimSize(0);
  }
  return std::nullopt;
}

/// Where(test, a, b) whose test is one constant. PyTorch replaces -1 this way.
std::optional<Element> inWhere(onnx::NodeOp node, int64_t index) {
  auto test = node.input(0) ? node.input(0).getDefiningOp<onnx::ConstantOp>() : nullptr;
  auto numbers = test ? dyn_cast<DenseElementsAttr>(test.getValue()) : nullptr;
  if (!numbers || !numbers.getElementType().isInteger(1) || index >= numbers.getNumElements())
    return std::nullopt;
  bool taken = *(numbers.getValues<bool>().begin() + index);
  return Element{node.input(taken ? 1 : 2), index};
}

/// One node back, or nothing.
std::optional<Element> back(onnx::NodeOp node, int64_t index) {
  if (node.is("Concat"))
    return inConcat(node, index);
  if (node.is("Where"))
    return inWhere(node, index);
  if (!node.input(0) || !tensorType(node.input(0)))
    return std::nullopt;
  if (node.is("Gather") || node.is("Slice")) {
    auto starts = constantInts(node.input(1));
    auto steps = node.input(4) ? constantInt(node.input(4)) : std::optional<int64_t>(1);
    bool isSlice = node.is("Slice");
    if (!starts || tensorType(node.input(0)).getRank() != 1 || (isSlice && steps != 1) ||
        (isSlice ? starts->size() != 1 : index >= static_cast<int64_t>(starts->size())))
      return std::nullopt;
    int64_t at = isSlice ? starts->front() : (*starts)[index];
    int64_t size = tensorType(node.input(0)).getDimSize(0);
    if (at < 0 && ShapedType::isDynamic(size))
      return std::nullopt;
    return Element{node.input(0), (at < 0 ? at + size : at) + (isSlice ? index : 0)};
  }
  bool keeps = node.is("Identity") || node.is("Cast") || node.is("Squeeze") ||
               node.is("Unsqueeze") || node.is("Reshape");
  return keeps ? std::optional(Element{node.input(0), index}) : std::nullopt;
}

} // namespace

std::optional<SizeSource> sizeSource(Value sizes, int64_t index) {
  for (int step = 0; step < 32 && sizes; ++step) {
    if (auto numbers = constantInts(sizes)) {
      if (index >= static_cast<int64_t>(numbers->size()))
        return std::nullopt;
      return SizeSource{(*numbers)[index]};
    }
    onnx::NodeOp node = nodeOf(sizes);
    if (!node)
      return std::nullopt;
    if (node.is("Shape")) {
      RankedTensorType type = tensorType(node.input(0));
      int64_t start = node.intAttribute("start", 0);
      int64_t dim = type && start < 0 ? start + type.getRank() + index : start + index;
      if (!type || dim < 0 || dim >= type.getRank())
        return std::nullopt;
      return SizeSource{0, node.input(0), dim};
    }
    auto before = back(node, index);
    if (!before)
      return std::nullopt;
    sizes = before->list;
    index = before->index;
  }
  return std::nullopt;
}

} // namespace moe::raise
