//===- CutTokens.cpp - Sums over experts of tokens that were cut ----------===//

#include "lowering/onnx/raise/CutTokens.h"
#include "lowering/onnx/raise/NodeWriter.h"
#include "lowering/onnx/raise/SizeSource.h"

using namespace mlir;

namespace moe::raise {
namespace {

/// A tensor [E, tokens, ...] whose tokens a Reshape cut.
struct Cut {
  onnx::NodeOp reshape;
  Value whole;
  /// What the tokens' dimensions come from.
  SmallVector<SizeSource> parts;
};

bool isNumber(const SizeSource &size, int64_t number) {
  return !size.tensor && size.number == number;
}

/// `value` [E, parts..., last] as [E, tokens, last] that is cut; `last` is absent where negative.
std::optional<Cut> cutOf(Value value, int64_t last) {
  onnx::NodeOp reshape = nodeOf(value, "Reshape");
  RankedTensorType out = tensorType(value), in = reshape ? tensorType(reshape.input(0)) : out;
  bool hasLast = last >= 0;
  if (!reshape || !in || !out || in.getRank() != 2 + hasLast || out.getRank() < 3 + hasLast ||
      in.isDynamicDim(0) || (hasLast && in.getDimSize(2) != last))
    return std::nullopt;
  Cut cut{reshape, reshape.input(0), {}};
  for (int64_t place = 0; place < out.getRank(); ++place) {
    auto size = sizeSource(reshape.input(1), place);
    // A zero may stand for the size before.
    if (!size || isNumber(*size, 0))
      return std::nullopt;
    bool isLast = hasLast && place == out.getRank() - 1;
    if (place > 0 && !isLast)
      cut.parts.push_back(*size);
    else if (!isNumber(*size, isLast ? last : in.getDimSize(0)))
      return std::nullopt;
  }
  return cut;
}

/// Routing weights [E, parts..., 1], cut before or after they got their last dimension.
std::optional<Cut> cutWeights(Value value) {
  onnx::NodeOp node = nodeOf(value, "Unsqueeze");
  RankedTensorType type = tensorType(value);
  if (!node || !type)
    return cutOf(value, 1);
  auto axes = axesOf(node);
  bool isLast = axes && axes->size() == 1 &&
                normalizeAxis(axes->front(), type.getRank()) == type.getRank() - 1;
  return isLast ? cutOf(node.input(0), -1) : std::nullopt;
}

/// Whether both are of as many experts, and the tokens are cut by the same sizes.
bool areCutAlike(Cut a, Cut b) {
  return tensorType(a.whole).getDimSize(0) == tensorType(b.whole).getDimSize(0) &&
         tensorType(a.whole).getElementType() == tensorType(b.whole).getElementType() &&
         a.reshape.intAttribute("allowzero", 0) == b.reshape.intAttribute("allowzero", 0) &&
         a.parts == b.parts;
}

/// Whether the node adds up over the first dimension, and drops it.
bool addsUpFirst(onnx::NodeOp sum) {
  auto axes = axesOf(sum);
  RankedTensorType type = tensorType(sum.input(0));
  return axes && type && axes->size() == 1 && sum.intAttribute("keepdims", 1) == 0 &&
         normalizeAxis(axes->front(), type.getRank()) == 0;
}

/// Whether `joined` is what was multiplied, with its parts as one dimension again: [E, -1, H].
bool isJoined(onnx::NodeOp joined, Cut outputs) {
  RankedTensorType whole = tensorType(outputs.whole);
  return tensorType(joined.getOutputs()[0]) == whole &&
         constantInts(joined.input(1)) ==
             SmallVector<int64_t>{whole.getDimSize(0), -1, whole.getDimSize(2)};
}

/// The sum before the cut, cut by all sizes but the experts'.
Value cutAfter(NodeWriter &writer, Value added, Cut outputs, RankedTensorType type) {
  Value sizes = outputs.reshape.input(1), start = writer.ints({1});
  Value end = writer.ints({type.getRank() + 1});
  auto list = RankedTensorType::get({type.getRank()}, tensorType(sizes).getElementType());
  Value rest = writer.node("Slice", {sizes, start, end}, list);
  return writer.node("Reshape", {added, rest}, type,
                     writer.attribute("allowzero", outputs.reshape.intAttribute("allowzero", 0)));
}

} // namespace

void CutTokens::writeWhole(onnx::NodeOp sum) {
  onnx::NodeOp joined = nodeOf(sum.input(0), "Reshape");
  onnx::NodeOp product = nodeOf(joined ? joined.input(0) : sum.input(0), "Mul");
  RankedTensorType type = tensorType(sum.getOutputs()[0]);
  if (!product || !type || !addsUpFirst(sum))
    return;
  for (unsigned side : {0u, 1u}) {
    auto outputs = cutOf(product.input(side), lastDim(product.input(side)));
    auto weights = cutWeights(product.input(1 - side));
    if (!outputs || !weights || tensorType(outputs->whole).getRank() != 3 ||
        !areCutAlike(*outputs, *weights) || (joined && !isJoined(joined, *outputs)))
      continue;
    OpBuilder builder(sum);
    NodeWriter writer(builder, sum);
    RankedTensorType whole = tensorType(outputs->whole);
    bool hasLast = tensorType(weights->whole).getRank() == 3;
    Value factor = hasLast ? weights->whole : writer.withLast(weights->whole);
    Value weighted = writer.node("Mul", {outputs->whole, factor}, whole);
    Value added =
        writer.node("ReduceSum", {weighted, writer.ints({0})},
                    whole.clone(whole.getShape().drop_front()), writer.attribute("keepdims", 0));
    Value own =
        joined ? writer.node("Identity", added, type) : cutAfter(writer, added, *outputs, type);
    spellings.push_back({sum.getOutputs()[0], own.getDefiningOp<onnx::NodeOp>(), added});
    return;
  }
}

void CutTokens::open(FunctionOpInterface function) {
  SmallVector<onnx::NodeOp> sums;
  function->walk([&](onnx::NodeOp node) {
    if (node.is("ReduceSum"))
      sums.push_back(node);
  });
  for (onnx::NodeOp sum : sums)
    writeWhole(sum);
}

void CutTokens::close() {
  for (Spelling &one : spellings)
    if (one.cut.input(0) != one.whole)
      one.own.replaceAllUsesWith(one.cut.getOutputs()[0]);
  spellings.clear();
}

} // namespace moe::raise
