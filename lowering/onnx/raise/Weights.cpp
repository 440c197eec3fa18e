//===- Weights.cpp - Weights as views of stored numbers -------------------===//

#include "lowering/onnx/raise/Weights.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moe::raise {

WeightView WeightView::permuted(ArrayRef<int64_t> order) const {
  WeightView view = *this;
  for (auto [to, from] : llvm::enumerate(order)) {
    view.shape[to] = shape[from];
    view.strides[to] = strides[from];
  }
  return view;
}

WeightView WeightView::sliced(int64_t dim, int64_t start, int64_t count, int64_t step) const {
  WeightView view = *this;
  view.offset += start * strides[dim] * pieceUnits(elementType);
  view.shape[dim] = count;
  view.strides[dim] *= step;
  return view;
}

WeightView WeightView::selected(int64_t dim, int64_t index) const {
  WeightView view = sliced(dim, index, 1);
  view.shape.erase(view.shape.begin() + dim);
  view.strides.erase(view.strides.begin() + dim);
  return view;
}

bool WeightView::operator==(const WeightView &other) const {
  return source == other.source && elementType == other.elementType && offset == other.offset &&
         shape == other.shape && strides == other.strides;
}

bool restrided(SmallVectorImpl<int64_t> &sizes, SmallVectorImpl<int64_t> &strides,
               ArrayRef<int64_t> to) {
  SmallVector<int64_t> result(to.size(), 0), olds, steps;
  for (auto [size, stride] : llvm::zip_equal(sizes, strides))
    if (size != 1) {
      olds.push_back(size);
      steps.push_back(stride);
    }
  size_t from = 0, next = 0;
  while (from < olds.size() && next < to.size()) {
    // The fewest dimensions on both sides that hold as many numbers.
    int64_t left = olds[from], right = to[next];
    size_t fromEnd = from + 1, nextEnd = next + 1;
    while (left != right) {
      bool grows = left < right;
      if (grows ? fromEnd == olds.size() : nextEnd == to.size())
        return false;
      if (grows ? llvm::MulOverflow(left, olds[fromEnd++], left)
                : llvm::MulOverflow(right, to[nextEnd++], right))
        return false;
    }
    for (size_t i = from; i + 1 < fromEnd; ++i)
      if (steps[i] != steps[i + 1] * olds[i + 1])
        return false;
    int64_t stride = steps[fromEnd - 1];
    for (size_t i = nextEnd; i-- > next;) {
      result[i] = stride;
      stride *= to[i];
    }
    from = fromEnd;
    next = nextEnd;
  }
  if (from != olds.size() ||
      !llvm::all_of(to.drop_front(next), [](int64_t size) { return size == 1; }))
    return false;
  sizes.assign(to.begin(), to.end());
  strides.assign(result.begin(), result.end());
  return true;
}

static SmallVector<int64_t> rowMajor(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t i = static_cast<int64_t>(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/// The packed bytes of numbers below a byte, which the IR holds in a byte each.
static DenseElementsAttr packedBytes(DenseElementsAttr elements) {
  unsigned bits = elements.getElementType().getIntOrFloatBitWidth();
  int64_t count = elements.getNumElements();
  SmallVector<int8_t> bytes(llvm::divideCeil(count * bits, 8), 0);
  ArrayRef<char> raw = elements.getRawData();
  for (int64_t i = 0; i < count; ++i) {
    unsigned code = static_cast<uint8_t>(raw[elements.isSplat() ? 0 : i]) & ((1u << bits) - 1);
    bytes[i * bits / 8] |= static_cast<int8_t>(code << (i * bits % 8));
  }
  auto type = RankedTensorType::get(static_cast<int64_t>(bytes.size()),
                                    IntegerType::get(elements.getContext(), 8));
  return DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes));
}

/// The view of a whole constant: a splat stores one number, which all strides of 0 repeat.
static std::optional<WeightView> constantView(onnx::ConstantOp constant) {
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !elements.getElementType().isIntOrFloat())
    return std::nullopt;
  ArrayRef<int64_t> shape = elements.getType().getShape();
  SmallVector<int64_t> strides = rowMajor(shape);
  unsigned bits = elements.getElementType().getIntOrFloatBitWidth();
  if (bits == 2 || bits == 4)
    return WeightView{packedBytes(elements), elements.getElementType(), 0,
                      SmallVector<int64_t>(shape), strides};
  // Bytes may be seen as several numbers each.
  if (elements.isSplat() && isa<FloatType>(elements.getElementType()))
    strides.assign(shape.size(), 0);
  return WeightView{elements, elements.getElementType(), 0, SmallVector<int64_t>(shape), strides};
}

static std::optional<WeightView> sourceView(Value value) {
  if (auto constant = value.getDefiningOp<onnx::ConstantOp>())
    return constantView(constant);
  auto weight = value.getDefiningOp<WeightOp>();
  if (!weight || weight.getLayout() != Layout::Rows || weight.getPieces().size() != 1)
    return std::nullopt;
  auto piece = cast<PieceAttr>(weight.getPieces()[0]);
  Type element = cast<ShapedType>(weight.getType()).getElementType();
  return WeightView{piece.getSource(), element, piece.getOffset(),
                    SmallVector<int64_t>(piece.getShape()),
                    SmallVector<int64_t>(piece.getStrides())};
}

static std::optional<WeightView> transposedView(onnx::NodeOp node, const WeightView &view) {
  SmallVector<int64_t> order;
  if (auto perm = dyn_cast_or_null<DenseI64ArrayAttr>(node.attribute("perm")))
    order.assign(perm.asArrayRef().begin(), perm.asArrayRef().end());
  else
    for (int64_t i = view.rank() - 1; i >= 0; --i)
      order.push_back(i);
  SmallVector<int64_t> sorted = order;
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, view.rank())))
    return std::nullopt;
  return view.permuted(order);
}

static std::optional<WeightView> gatheredView(onnx::NodeOp node, const WeightView &view) {
  auto axis = normalizeAxis(node.intAttribute("axis", 0), view.rank());
  auto index = constantInt(node.input(1));
  if (!axis || !index || *index < -view.shape[*axis] || *index >= view.shape[*axis])
    return std::nullopt;
  int64_t at = *index < 0 ? *index + view.shape[*axis] : *index;
  bool keeps = tensorType(node.input(1)).getRank() == 1;
  return keeps ? view.sliced(*axis, at, 1) : view.selected(*axis, at);
}

static std::optional<WeightView> slicedView(onnx::NodeOp node, WeightView view) {
  auto starts = constantInts(node.input(1)), ends = constantInts(node.input(2));
  auto axes = constantInts(node.input(3));
  auto steps = node.input(4) ? constantInts(node.input(4)) : std::nullopt;
  if (!starts || !ends || !axes || (node.input(4) && !steps) || starts->size() != axes->size() ||
      ends->size() != axes->size() || (steps && steps->size() != axes->size()))
    return std::nullopt;
  for (size_t i = 0; i < axes->size(); ++i) {
    auto axis = normalizeAxis((*axes)[i], view.rank());
    int64_t step = steps ? (*steps)[i] : 1;
    if (!axis || step < 1)
      return std::nullopt;
    int64_t size = view.shape[*axis];
    auto clamp = [&](int64_t at) { return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size); };
    int64_t start = clamp((*starts)[i]), end = clamp((*ends)[i]);
    view = view.sliced(*axis, start, start < end ? (end - start - 1) / step + 1 : 0, step);
  }
  return view;
}

static std::optional<WeightView> reshapedView(onnx::NodeOp node, WeightView view) {
  auto axes = axesOf(node);
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  if (!axes || !type || !type.hasStaticShape())
    return std::nullopt;
  if (node.is("Unsqueeze")) {
    SmallVector<int64_t> sorted;
    for (int64_t axis : *axes)
      sorted.push_back(axis < 0 ? axis + type.getRank() : axis);
    llvm::sort(sorted);
    for (int64_t axis : sorted) {
      if (axis < 0 || axis > view.rank())
        return std::nullopt;
      view.shape.insert(view.shape.begin() + axis, 1);
      view.strides.insert(view.strides.begin() + axis, 0);
    }
  } else {
    for (int64_t axis = view.rank() - 1; axis >= 0; --axis) {
      bool named = axes->empty() || llvm::is_contained(*axes, axis) ||
                   llvm::is_contained(
                       *axes, axis - static_cast<int64_t>(tensorType(node.input(0)).getRank()));
      if (view.shape[axis] == 1 && named)
        view = view.selected(axis, 0);
    }
  }
  if (ArrayRef<int64_t>(view.shape) != type.getShape())
    return std::nullopt;
  return view;
}

/// Reshape of numbers that lie in order.
static std::optional<WeightView> restridedView(onnx::NodeOp node, WeightView view) {
  RankedTensorType type = tensorType(node.getOutputs()[0]);
  if (!type || !type.hasStaticShape() || staticCount(view.shape) != staticCount(type.getShape()) ||
      llvm::is_contained(view.shape, 0) || !restrided(view.shape, view.strides, type.getShape()))
    return std::nullopt;
  return view;
}

/// Output `result` of a Split.
static std::optional<WeightView> splitView(onnx::NodeOp node, Value result,
                                           const WeightView &view) {
  auto axis = normalizeAxis(node.intAttribute("axis", 0), view.rank());
  int64_t start = 0;
  for (Value output : node.getOutputs()) {
    RankedTensorType type = tensorType(output);
    if (!axis || !type || type.isDynamicDim(*axis) ||
        start + type.getDimSize(*axis) > view.shape[*axis])
      return std::nullopt;
    if (output == result)
      return view.sliced(*axis, start, type.getDimSize(*axis));
    start += type.getDimSize(*axis);
  }
  return std::nullopt;
}

std::optional<WeightView> viewThrough(onnx::NodeOp node, Value result, const WeightView &view) {
  if (node.is("Identity"))
    return view;
  if (node.is("Transpose"))
    return transposedView(node, view);
  if (node.is("Gather"))
    return gatheredView(node, view);
  if (node.is("Slice"))
    return slicedView(node, view);
  if (node.is("Reshape") || node.is("Flatten"))
    return restridedView(node, view);
  if (node.is("Split"))
    return splitView(node, result, view);
  return reshapedView(node, view);
}

std::optional<WeightView> weightView(Value value) {
  auto view = storedView(value);
  return view && isa<FloatType>(view->elementType) ? view : std::nullopt;
}

std::optional<WeightView> storedView(Value value) {
  SmallVector<std::pair<onnx::NodeOp, Value>> path;
  while (onnx::NodeOp node = nodeOf(value)) {
    bool isView = node.is("Identity") || node.is("Transpose") || node.is("Gather") ||
                  node.is("Slice") || node.is("Squeeze") || node.is("Unsqueeze") ||
                  node.is("Reshape") || node.is("Flatten") || node.is("Split");
    if (!isView || !node.input(0) || path.size() >= 16)
      return std::nullopt;
    path.push_back({node, value});
    value = node.input(0);
  }
  auto view = sourceView(value);
  while (view && !path.empty()) {
    auto [node, result] = path.pop_back_val();
    view = viewThrough(node, result, *view);
  }
  return view;
}

static Value weightOp(OpBuilder &builder, Location loc, ArrayRef<Attribute> pieces,
                      RankedTensorType type, StringRef name) {
  return WeightOp::create(builder, loc, type, builder.getArrayAttr(pieces),
                          builder.getStringAttr(name),
                          LayoutAttr::get(builder.getContext(), Layout::Rows), IntegerAttr(),
                          IntegerAttr(), IntegerAttr(), IntegerAttr());
}

Value stackWeights(OpBuilder &builder, Location loc, ArrayRef<WeightView> views, StringRef name) {
  SmallVector<Attribute> pieces;
  for (const WeightView &view : views) {
    SmallVector<int64_t> shape{1}, strides{0};
    llvm::append_range(shape, view.shape);
    llvm::append_range(strides, view.strides);
    pieces.push_back(
        PieceAttr::get(builder.getContext(), view.source, view.offset, shape, strides));
  }
  SmallVector<int64_t> shape{static_cast<int64_t>(views.size())};
  llvm::append_range(shape, views.front().shape);
  return weightOp(builder, loc, pieces, RankedTensorType::get(shape, views.front().elementType),
                  name);
}

Value stackedWeight(OpBuilder &builder, Location loc, const WeightView &view, StringRef name) {
  Attribute piece =
      PieceAttr::get(builder.getContext(), view.source, view.offset, view.shape, view.strides);
  return weightOp(builder, loc, piece, RankedTensorType::get(view.shape, view.elementType), name);
}

} // namespace moe::raise
