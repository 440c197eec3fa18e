//===- Quantized.cpp - Quantised weights as views of codes ----------------===//

#include "lowering/onnx/raise/Quantized.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

template <typename Fn> static QuantView mapped(const QuantView &view, Fn change) {
  QuantView result = view;
  result.codes = change(view.codes);
  result.scales = change(view.scales);
  if (view.zeroPoints)
    result.zeroPoints = change(*view.zeroPoints);
  return result;
}

QuantView QuantView::permuted(ArrayRef<int64_t> order) const {
  QuantView view = mapped(*this, [&](const WeightView &one) { return one.permuted(order); });
  view.axis = llvm::find(order, axis) - order.begin();
  return view;
}

QuantView QuantView::sliced(int64_t dim, int64_t start, int64_t count, int64_t step) const {
  return mapped(*this, [&](const WeightView &one) { return one.sliced(dim, start, count, step); });
}

QuantView QuantView::selected(int64_t dim, int64_t index) const {
  QuantView view = mapped(*this, [&](const WeightView &one) { return one.selected(dim, index); });
  view.axis -= dim < axis;
  return view;
}

/// A view of one number along `from` and many along `to`, which repeats one number along both.
static std::optional<WeightView> turned(WeightView view, int64_t from, int64_t to, int64_t size) {
  if (view.shape[from] != 1 || (view.shape[to] != 1 && view.strides[to] != 0))
    return std::nullopt;
  view.shape[from] = size;
  view.strides[from] = 0;
  view.shape[to] = 1;
  return view;
}

std::optional<QuantView> QuantView::blockedAlong(int64_t wanted) const {
  if (wanted == axis)
    return *this;
  QuantView view = *this;
  int64_t size = codes.shape[axis];
  auto newScales = turned(scales, axis, wanted, size);
  auto newZeroPoints = zeroPoints ? turned(*zeroPoints, axis, wanted, size) : std::nullopt;
  if (!newScales || (zeroPoints && !newZeroPoints))
    return std::nullopt;
  view.scales = *newScales;
  view.zeroPoints = newZeroPoints;
  view.axis = wanted;
  view.quant = QuantAttr::get(quant.getContext(), quant.getCode(), codes.shape[wanted],
                              quant.getIsSigned(), quant.getZero());
  return view;
}

/// The view with signless elements: how codes are read is said elsewhere.
static WeightView signless(WeightView view) {
  MLIRContext *context = view.elementType.getContext();
  auto integer = dyn_cast<IntegerType>(view.elementType);
  if (!integer)
    return view;
  view.elementType = IntegerType::get(context, integer.getWidth());
  if (auto dense = dyn_cast<DenseElementsAttr>(view.source))
    view.source = dense.bitcast(IntegerType::get(context, std::max(8u, integer.getWidth())));
  if (auto blob = dyn_cast<DenseResourceElementsAttr>(view.source)) {
    auto type = cast<RankedTensorType>(blob.getType());
    unsigned width = std::max(8u, type.getElementTypeBitWidth());
    view.source = DenseResourceElementsAttr::get(type.clone(IntegerType::get(context, width)),
                                                 blob.getRawHandle());
  }
  return view;
}

std::optional<WeightView> codesOf(const WeightView &stored, unsigned bits, int64_t size) {
  auto integer = dyn_cast<IntegerType>(stored.elementType);
  if (!integer || stored.shape.empty())
    return std::nullopt;
  WeightView view = signless(stored);
  if (integer.getWidth() == bits)
    return stored.shape.back() == size ? std::optional(view) : std::nullopt;
  int64_t together = 8 / bits;
  bool dense = view.strides.back() == 1 || view.shape.back() == 1;
  if (integer.getWidth() != 8 || !dense ||
      view.shape.back() != llvm::divideCeilSigned(size, together))
    return std::nullopt;
  view.elementType = IntegerType::get(integer.getContext(), bits);
  view.offset *= 8;
  for (int64_t &stride : view.strides)
    stride *= together;
  view.strides.back() = 1;
  view.shape.back() = size;
  return view;
}

//===----------------------------------------------------------------------===//
// DequantizeLinear
//===----------------------------------------------------------------------===//

/// Scales or zero points of a DequantizeLinear as a view like the codes `shape`, one number a block
/// along `axis`; nothing where they are shaped otherwise.
static std::optional<WeightView> blockView(WeightView view, ArrayRef<int64_t> shape, int64_t along,
                                           int64_t axis, int64_t blocks) {
  SmallVector<int64_t> wanted(shape);
  wanted[axis] = blocks;
  if (view.shape == wanted)
    return view;
  // One number for all, or one for each place of the dimension that is not blocked.
  int64_t count = view.shape.empty() ? 1 : view.shape.back();
  if (view.rank() > 1 || blocks != 1 || (count != 1 && (along == axis || count != shape[along])))
    return std::nullopt;
  int64_t stride = count == 1 ? 0 : view.strides.back();
  view.shape = wanted;
  view.strides.assign(wanted.size(), 0);
  view.strides[along] = stride;
  return view;
}

/// What a DequantizeLinear says of its blocks.
struct Blocks {
  int64_t axis, size;
};

/// Along which dimension there are blocks, and their size. Of a scale for each place of a
/// dimension, all of another one is a block: one of the last two.
static std::optional<Blocks> blocksOf(onnx::NodeOp node, const WeightView &codes,
                                      const WeightView &scales, int64_t along) {
  if (int64_t block = node.intAttribute("block_size", 0); block > 0)
    return Blocks{along, block};
  if (node.attribute("block_size") && node.intAttribute("block_size", 0) != 0)
    return std::nullopt;
  int64_t last = codes.rank() - 1;
  int64_t axis = scales.shape.empty() || scales.shape == ArrayRef<int64_t>{1} ? last
                 : along == last                                              ? last - 1
                                                                              : last;
  return Blocks{axis, codes.shape[axis]};
}

static bool isCode(Type type) {
  unsigned bits = type.getIntOrFloatBitWidth();
  return isa<Float4E2M1FNType>(type) ||
         (isa<IntegerType>(type) && (bits == 2 || bits == 4 || bits == 8));
}

static std::optional<QuantView> dequantized(onnx::NodeOp node) {
  auto codes = storedView(node.input(0));
  auto scales = weightView(node.input(1));
  if (!codes || !scales || !isCode(codes->elementType) || codes->rank() < 2 ||
      llvm::is_contained(codes->shape, 0))
    return std::nullopt;
  auto along = normalizeAxis(node.intAttribute("axis", 1), codes->rank());
  auto blocks = along ? blocksOf(node, *codes, *scales, *along) : std::nullopt;
  if (!blocks)
    return std::nullopt;
  int64_t number = llvm::divideCeilSigned(codes->shape[blocks->axis], blocks->size);
  auto spread = [&](const WeightView &view) {
    return blockView(view, codes->shape, *along, blocks->axis, number);
  };
  QuantView view;
  view.axis = blocks->axis;
  auto scaleView = spread(*scales);
  if (!scaleView)
    return std::nullopt;
  view.scales = *scaleView;
  if (Value zero = node.input(2)) {
    auto stored = storedView(zero);
    bool fits = stored && stored->elementType == codes->elementType &&
                isa<IntegerType>(stored->elementType);
    view.zeroPoints = fits ? spread(*stored) : std::nullopt;
    if (!view.zeroPoints)
      return std::nullopt;
    view.zeroPoints = signless(*view.zeroPoints);
  }
  view.codes = signless(*codes);
  view.quant = QuantAttr::get(node.getContext(), view.codes.elementType, blocks->size,
                              codes->elementType.isSignlessInteger(), 0);
  return view;
}

/// The view after a Gather, Slice or Split at constant places along other dimensions than the
/// blocks'.
static std::optional<QuantView> partOf(onnx::NodeOp node, Value result, QuantView view) {
  int64_t blocked = view.codes.shape[view.axis], rank = view.rank();
  auto along = normalizeAxis(node.intAttribute("axis", 0), rank);
  auto numbers = viewThrough(node, result, view.codes);
  bool isSlice = node.is("Slice");
  if (!numbers || (!isSlice && (!along || *along == view.axis)))
    return std::nullopt;
  int64_t axis = view.axis - (numbers->rank() < rank && !isSlice && *along < view.axis);
  // Slices that leave all of the blocks' dimension leave all blocks.
  if (numbers->shape[axis] != blocked)
    return std::nullopt;
  auto scales = viewThrough(node, result, view.scales);
  auto zeroPoints = view.zeroPoints ? viewThrough(node, result, *view.zeroPoints) : std::nullopt;
  if (!scales || bool(zeroPoints) != bool(view.zeroPoints) ||
      scales->shape[axis] != view.scales.shape[view.axis])
    return std::nullopt;
  return QuantView{*numbers, *scales, zeroPoints, view.quant, axis};
}

/// What a node makes of the view that its input is.
static std::optional<QuantView> quantThrough(onnx::NodeOp node, Value result,
                                             const QuantView &view) {
  if (!node.is("Transpose"))
    return partOf(node, result, view);
  auto numbers = viewThrough(node, result, view.codes);
  auto scales = viewThrough(node, result, view.scales);
  auto zeroPoints = view.zeroPoints ? viewThrough(node, result, *view.zeroPoints) : std::nullopt;
  if (!numbers || !scales || bool(zeroPoints) != bool(view.zeroPoints))
    return std::nullopt;
  int64_t axis = view.rank() - 1 - view.axis;
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm")))
    axis = llvm::find(perm.asArrayRef(), view.axis) - perm.asArrayRef().begin();
  return QuantView{*numbers, *scales, zeroPoints, view.quant, axis};
}

std::optional<QuantView> quantView(Value value) {
  SmallVector<std::pair<onnx::NodeOp, Value>> path;
  for (unsigned steps = 0; steps < 16; ++steps) {
    value = stripCast(value);
    onnx::NodeOp node = nodeOf(value);
    if (!node)
      return std::nullopt;
    if (node.is("DequantizeLinear")) {
      auto view = dequantized(node);
      while (view && !path.empty()) {
        auto [next, result] = path.pop_back_val();
        view = quantThrough(next, result, *view);
      }
      return view;
    }
    bool isView = node.is("Transpose") || node.is("Gather") || node.is("Slice") || node.is("Split");
    if (!isView || !node.input(0))
      return std::nullopt;
    path.push_back({node, value});
    value = node.input(0);
  }
  return std::nullopt;
}

} // namespace moe::raise
