//===- Pool.cpp - Largest and mean elements under a window ----------------===//

#include "lowering/onnx/convert/Window.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// Folds what the window sees of [.., .., spatial].
Value foldWindow(Node &n, const Window &window, Value x, Fold fold) {
  Type wide = computeType(getElementTypeOrSelf(x.getType()));
  bool isUnsigned = n.isUnsigned(0);
  unsigned rank = window.rank(), loops = 2 + 2 * rank;
  Dims dims = {n.dims(x)[0], n.dims(x)[1]};
  llvm::append_range(dims, window.out);
  // The kernel is a tensor that nobody reads: it says how many taps there are.
  Value taps = empty(n, getAsIndexOpFoldResult(n.getContext(), window.kernel), wide);
  SmallVector<AffineExpr> read, write = {n.getAffineDimExpr(0), n.getAffineDimExpr(1)};
  for (unsigned i = 0; i < rank; ++i) {
    read.push_back(n.getAffineDimExpr(2 + rank + i));
    write.push_back(n.getAffineDimExpr(2 + i));
  }
  AffineMap maps[] = {windowMap(n, window, {0, 1}, 2, 2 + rank, loops),
                      AffineMap::get(loops, 0, read, n.getContext()),
                      AffineMap::get(loops, 0, write, n.getContext())};
  SmallVector<utils::IteratorType> iterators(loops, utils::IteratorType::parallel);
  std::fill(iterators.begin() + 2 + rank, iterators.end(), utils::IteratorType::reduction);
  Value init = filled(n, dims, neutral(n, fold, wide, isUnsigned));
  return generic(n, {x, taps}, init, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
    return {foldOnce(n, fold, args[2], widen(n, args[0]), isUnsigned)};
  })[0];
}

FailureOr<Window> windowOver(Node &n) {
  Dims dims = n.dims(n.in(0));
  if (dims.size() < 3)
    return n.malformed("an input without dimensions to slide over");
  if (!n.op.attribute("kernel_shape"))
    return n.malformed("attribute 'kernel_shape' is left out");
  return windowOf(n, ArrayRef<OpFoldResult>(dims).drop_front(2), {});
}

LogicalResult maxPool(Node &n) {
  if (n.wants(1))
    return n.unsupported("indices as an output");
  FailureOr<Window> window = windowOver(n);
  if (failed(window))
    return failure();
  Value nothing = neutral(n, Fold::Max, n.inElement(0), n.isUnsigned(0));
  Value x = padded(n, *window, n.in(0), nothing, nothing);
  return n.set(0, convertFloat(n, foldWindow(n, *window, x, Fold::Max), n.outElement(0)));
}

/// The mean of what is there; padding counts where the node says so.
LogicalResult averagePool(Node &n) {
  FailureOr<Window> window = windowOver(n);
  if (failed(window))
    return failure();
  Type element = n.inElement(0), wide = computeType(element);
  Value zero = scalar(n, element, 0);
  Value sum = foldWindow(n, *window, padded(n, *window, n.in(0), zero, zero), Fold::Sum);
  Dims dims = n.dims(n.in(0)), image = dims;
  image[0] = image[1] = n.getIndexAttr(1);
  bool all = n.op.intAttribute("count_include_pad", 0) != 0;
  Value none = scalar(n, wide, 0), one = scalar(n, wide, 1);
  Value ones = padded(n, *window, filled(n, image, one), all ? one : none, none);
  Value count = foldWindow(n, *window, ones, Fold::Sum);
  return n.set(
      0, pointwise(n, {sum, count}, n.dims(sum), n.outElement(0), [&](ValueRange args) -> Value {
        return arith::DivFOp::create(n, args[0], args[1]);
      }));
}

/// Everything but batch and channels becomes one element.
template <bool mean> LogicalResult globalPool(Node &n) {
  Dims dims = n.dims(n.in(0));
  if (dims.size() < 2)
    return n.malformed("an input without batch and channels");
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, dims.size()));
  Value folded = reduce(n, n.in(0), axes, mean ? Fold::Sum : Fold::Max);
  OpFoldResult count = product(n, ArrayRef<OpFoldResult>(dims).drop_front(2));
  Type wide = getElementTypeOrSelf(folded.getType());
  Value whole = arith::IndexCastOp::create(n, n.getI64Type(), asValue(n, count));
  Value result = pointwise(n, folded, n.dims(folded), n.outElement(0), [&](ValueRange args) {
    if (!mean)
      return args[0];
    Value size = arith::SIToFPOp::create(n, wide, whole);
    return arith::DivFOp::create(n, args[0], size).getResult();
  });
  return n.set(0, reshape(n, result, withOnes(n, dims, axes)));
}

const Table::Row rows[] = {
    {"", "AveragePool", 7, averagePool},
    {"", "GlobalAveragePool", 1, globalPool<true>},
    {"", "GlobalMaxPool", 1, globalPool<false>},
    {"", "MaxPool", 1, maxPool},
};
} // namespace

ArrayRef<Table::Row> convert::poolRows() { return rows; }
