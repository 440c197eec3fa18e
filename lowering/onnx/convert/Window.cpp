//===- Window.cpp - Windows that slide over images ------------------------===//

#include "lowering/onnx/convert/Window.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

bool Window::pads() const {
  for (const Dims *side : {&before, &after, &beyond})
    for (OpFoldResult size : *side)
      if (!isStatic(size, 0))
        return true;
  return false;
}

/// A list attribute with a positive number a dimension; all `otherwise` where it is absent.
static FailureOr<SmallVector<int64_t>> sizesOf(Node &n, StringRef name, size_t rank,
                                               int64_t otherwise, int64_t least) {
  auto attr = dyn_cast_or_null<DenseI64ArrayAttr>(n.op.attribute(name));
  if (!attr)
    return SmallVector<int64_t>(rank, otherwise);
  constexpr int64_t kMost = 1 << 24;
  auto bad = [&](int64_t number) { return number < least || number > kMost; };
  if (attr.size() != static_cast<int64_t>(rank) || llvm::any_of(attr.asArrayRef(), bad))
    return LogicalResult(
        n.malformed("attribute '" + name + "' has not one size for each dimension"));
  return SmallVector<int64_t>(attr.asArrayRef());
}

static OpFoldResult atLeastZero(Node &n, OpFoldResult x) {
  if (number(x))
    return n.getIndexAttr(std::max<int64_t>(*number(x), 0));
  return arith::MaxSIOp::create(n, asValue(n, x), indexOf(n, 0)).getResult();
}

/// floor(x / y), or ceil, for an x that may be below zero.
static OpFoldResult quotient(Node &n, OpFoldResult x, int64_t y, bool up) {
  OpFoldResult sum = up ? add(n, x, n.getIndexAttr(y - 1)) : x;
  if (number(sum))
    return n.getIndexAttr(llvm::divideFloorSigned(*number(sum), y));
  return arith::FloorDivSIOp::create(n, asValue(n, sum), indexOf(n, y)).getResult();
}

/// Padding that `auto_pad` makes: as many places as strides fit into the input.
static void padToSame(Node &n, Window &w, OpFoldResult size, size_t i, int64_t span, bool upper) {
  OpFoldResult places = quotient(n, size, w.strides[i], /*up=*/true);
  OpFoldResult reach =
      multiply(n, subtract(n, places, n.getIndexAttr(1)), n.getIndexAttr(w.strides[i]));
  OpFoldResult total = atLeastZero(n, subtract(n, add(n, reach, n.getIndexAttr(span)), size));
  OpFoldResult half = divide(n, total, n.getIndexAttr(2)), rest = subtract(n, total, half);
  w.before.push_back(upper ? half : rest);
  w.after.push_back(upper ? rest : half);
  w.out.push_back(places);
  w.beyond.push_back(n.getIndexAttr(0));
}

/// The number of places: the last window may reach beyond the padding with `up`, but starts before.
static void countPlaces(Node &n, Window &w, OpFoldResult size, size_t i, int64_t span, bool up) {
  OpFoldResult whole = add(n, add(n, w.before[i], size), w.after[i]);
  OpFoldResult one = n.getIndexAttr(1), stride = n.getIndexAttr(w.strides[i]);
  OpFoldResult room = subtract(n, whole, n.getIndexAttr(span));
  OpFoldResult places = atLeastZero(n, add(n, quotient(n, room, w.strides[i], up), one));
  if (up) {
    OpFoldResult start = multiply(n, subtract(n, places, one), stride);
    OpFoldResult last = subtract(n, add(n, w.before[i], size), start);
    if (number(last)) {
      if (*number(last) <= 0)
        places = subtract(n, places, one);
    } else {
      Value outside =
          arith::CmpIOp::create(n, arith::CmpIPredicate::sle, asValue(n, last), indexOf(n, 0));
      places = arith::SelectOp::create(n, outside, asValue(n, subtract(n, places, one)),
                                       asValue(n, places))
                   .getResult();
    }
  }
  OpFoldResult reach = add(n, multiply(n, subtract(n, places, one), stride), n.getIndexAttr(span));
  w.out.push_back(places);
  w.beyond.push_back(up ? atLeastZero(n, subtract(n, reach, whole)) : n.getIndexAttr(0));
}

FailureOr<Window> convert::windowOf(Node &n, ArrayRef<OpFoldResult> spatial,
                                    ArrayRef<int64_t> kernel) {
  size_t rank = spatial.size();
  FailureOr<SmallVector<int64_t>> sizes = sizesOf(n, "kernel_shape", rank, 0, 1);
  FailureOr<SmallVector<int64_t>> strides = sizesOf(n, "strides", rank, 1, 1);
  FailureOr<SmallVector<int64_t>> dilations = sizesOf(n, "dilations", rank, 1, 1);
  FailureOr<SmallVector<int64_t>> pads = sizesOf(n, "pads", 2 * rank, 0, 0);
  if (failed(sizes) || failed(strides) || failed(dilations) || failed(pads))
    return failure();
  Window w;
  w.kernel.assign(kernel.begin(), kernel.end());
  if (n.op.attribute("kernel_shape")) {
    if (!kernel.empty() && !llvm::equal(kernel, *sizes))
      return n.malformed("attribute 'kernel_shape' is not that of the weights");
    w.kernel = *sizes;
  }
  if (w.kernel.size() != rank)
    return n.malformed("the kernel has not one size for each dimension");
  w.strides = *strides, w.dilations = *dilations;
  StringRef mode = n.op.stringAttribute("auto_pad", "NOTSET");
  if (mode != "NOTSET" && mode != "VALID" && mode != "SAME_UPPER" && mode != "SAME_LOWER")
    return n.malformed("attribute 'auto_pad' is '" + mode + "'");
  bool up = n.op.intAttribute("ceil_mode", 0) != 0;
  for (size_t i = 0; i < rank; ++i) {
    int64_t span = (w.kernel[i] - 1) * w.dilations[i] + 1;
    if (mode.starts_with("SAME")) {
      padToSame(n, w, spatial[i], i, span, mode == "SAME_UPPER");
      continue;
    }
    bool given = mode == "NOTSET";
    w.before.push_back(n.getIndexAttr(given ? (*pads)[i] : 0));
    w.after.push_back(n.getIndexAttr(given ? (*pads)[rank + i] : 0));
    countPlaces(n, w, spatial[i], i, span, up);
  }
  return w;
}

/// `x` in the middle of a tensor that is `filling` for `before` and `after`.
static Value surrounded(Node &n, Value x, const Dims &before, const Dims &after, Value filling) {
  Dims sizes = n.dims(x), whole = sizes, offsets(sizes.size(), n.getIndexAttr(0));
  Dims steps(sizes.size(), n.getIndexAttr(1));
  size_t shift = sizes.size() - before.size();
  for (size_t i = 0; i < before.size(); ++i) {
    offsets[shift + i] = before[i];
    whole[shift + i] = add(n, add(n, before[i], sizes[shift + i]), after[i]);
  }
  Value result = tensor::InsertSliceOp::create(n, castTo(n, x, sizes), filled(n, whole, filling),
                                               offsets, sizes, steps);
  n.remember(result, whole);
  return result;
}

Value convert::padded(Node &n, const Window &window, Value x, Value padding, Value nothing) {
  auto isZero = [](OpFoldResult size) { return isStatic(size, 0); };
  Dims zeros(window.rank(), n.getIndexAttr(0));
  if (!llvm::all_of(window.before, isZero) || !llvm::all_of(window.after, isZero))
    x = surrounded(n, x, window.before, window.after, padding);
  if (!llvm::all_of(window.beyond, isZero))
    x = surrounded(n, x, zeros, window.beyond, nothing);
  return x;
}

AffineMap convert::windowMap(Node &n, const Window &window, ArrayRef<unsigned> outer,
                             unsigned place, unsigned tap, unsigned loops) {
  SmallVector<AffineExpr> reads;
  for (unsigned loop : outer)
    reads.push_back(n.getAffineDimExpr(loop));
  for (size_t i = 0; i < window.rank(); ++i)
    reads.push_back(n.getAffineDimExpr(place + i) * window.strides[i] +
                    n.getAffineDimExpr(tap + i) * window.dilations[i]);
  return AffineMap::get(loops, 0, reads, n.getContext());
}
