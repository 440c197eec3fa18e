//===- Conv.cpp - Convolutions --------------------------------------------===//
//
// One sum over channels and taps; groups are a loop of their own. Accumulated in f32 for f16 and
// bf16. The input is padded by a copy, so that no bound is asked for in the loop.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Window.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// `value` with dimension `axis` cut into `groups` parts.
Value inGroups(Node &n, Value value, size_t axis, int64_t groups) {
  Dims dims = n.dims(value);
  OpFoldResult part = divide(n, dims[axis], n.getIndexAttr(groups));
  dims[axis] = part;
  dims.insert(dims.begin() + axis, n.getIndexAttr(groups));
  return reshape(n, value, dims);
}

/// The sum over channels and taps, [batch, groups, channels of a group, places], computed wide.
Value sumOf(Node &n, const Window &window, Value x, Value weights) {
  Type wide = computeType(n.inElement(0));
  unsigned rank = window.rank(), place = 3, channel = place + rank, tap = channel + 1;
  unsigned loops = tap + rank;
  // Loops: batch, group, channel of the result, places, channel of the input, taps.
  SmallVector<unsigned> batch = {0, 1, channel}, kernel = {1, 2, channel}, result = {0, 1, 2};
  for (unsigned i = 0; i < rank; ++i) {
    kernel.push_back(tap + i);
    result.push_back(place + i);
  }
  auto mapOf = [&](ArrayRef<unsigned> order) {
    SmallVector<AffineExpr> reads;
    for (unsigned loop : order)
      reads.push_back(n.getAffineDimExpr(loop));
    return AffineMap::get(loops, 0, reads, n.getContext());
  };
  AffineMap maps[] = {windowMap(n, window, batch, place, tap, loops), mapOf(kernel), mapOf(result)};
  SmallVector<utils::IteratorType> iterators(loops, utils::IteratorType::parallel);
  std::fill(iterators.begin() + channel, iterators.end(), utils::IteratorType::reduction);
  Dims dims = {n.dims(x)[0], n.dims(x)[1], n.dims(weights)[1]};
  llvm::append_range(dims, window.out);
  Value init = filled(n, dims, scalar(n, wide, 0));
  return generic(
      n, {x, weights}, init, maps, iterators, [&](ValueRange args) -> SmallVector<Value> {
        Value product = foldOnce(n, Fold::Product, widen(n, args[0]), widen(n, args[1]), false);
        return {foldOnce(n, Fold::Sum, args[2], product, false)};
      })[0];
}

LogicalResult convertConv(Node &n) {
  if (!isa<FloatType>(n.inElement(0)))
    return n.unsupported("integers");
  Value x = n.in(0), weights = n.in(1);
  Dims dims = n.dims(x);
  auto type = cast<RankedTensorType>(weights.getType());
  if (dims.size() < 3 || dims.size() != static_cast<size_t>(type.getRank()))
    return n.malformed("input and weights differ in rank, or have no dimensions to slide over");
  if (!type.hasStaticShape())
    return n.unsupported("weights of unknown shape");
  int64_t groups = n.op.intAttribute("group", 1);
  if (groups < 1 || type.getDimSize(0) % groups)
    return n.malformed("attribute 'group' does not divide the channels of the result");
  OpFoldResult channels = n.getIndexAttr(type.getDimSize(1) * groups);
  if (failed(keepsDims(n, dims[1], channels, "input and weights differ in channels")))
    return failure();
  FailureOr<Window> window =
      windowOf(n, ArrayRef<OpFoldResult>(dims).drop_front(2), type.getShape().drop_front(2));
  if (failed(window))
    return failure();
  Value zero = scalar(n, n.inElement(0), 0);
  dims[1] = channels;
  x = inGroups(n, padded(n, *window, castTo(n, x, dims), zero, zero), 1, groups);
  Value sum = sumOf(n, *window, x, inGroups(n, weights, 0, groups));
  Dims whole = {dims[0], n.getIndexAttr(type.getDimSize(0))};
  llvm::append_range(whole, window->out);
  SmallVector<Value> operands = {reshape(n, sum, whole)};
  if (n.has(2)) {
    Dims column(1 + window->rank(), n.getIndexAttr(1));
    column[0] = whole[1];
    if (failed(keepsDims(n, n.dims(n.in(2)), column[0], "the bias has other channels")))
      return failure();
    operands.push_back(reshape(n, n.in(2), column));
  }
  if (operands.size() == 1 && getElementTypeOrSelf(operands[0].getType()) == n.outElement(0))
    return n.set(0, operands[0]);
  return n.set(0, pointwise(n, operands, whole, n.outElement(0), [&](ValueRange args) -> Value {
                 return args.size() > 1 ? arith::AddFOp::create(n, args[0], args[1]).getResult()
                                        : args[0];
               }));
}

const Table::Row rows[] = {
    {"", "Conv", 1, convertConv},
};
} // namespace

ArrayRef<Table::Row> convert::convRows() { return rows; }
