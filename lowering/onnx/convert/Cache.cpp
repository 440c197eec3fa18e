//===- Cache.cpp - Updates of caches --------------------------------------===//
//
// A cache is an operand and a result; the new rows are put into a copy of it at each batch entry's
// own place.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// All places lie in [0, last]; with `last` null, only not before 0.
void checkPlaces(Node &n, Value places, Value last) {
  AffineMap maps[] = {n.getMultiDimIdentityMap(1), AffineMap::get(1, 0, n.getContext())};
  utils::IteratorType iterators[] = {utils::IteratorType::reduction};
  Value init = filled(n, {}, integer(n, n.getI1Type(), 1));
  Value good = generic(n, places, init, maps, iterators, [&](ValueRange args) {
    Value at = toIndex(n, args[0]);
    Value fits = arith::CmpIOp::create(n, arith::CmpIPredicate::sge, at, indexOf(n, 0));
    if (last)
      fits = arith::AndIOp::create(n, fits,
                                   arith::CmpIOp::create(n, arith::CmpIPredicate::sle, at, last));
    return SmallVector<Value>{arith::AndIOp::create(n, args[1], fits)};
  })[0];
  n.check(tensor::ExtractOp::create(n, good, ValueRange()), "a write index is out of range");
}

/// One batch entry's rows `first` to `first + count` of `update`, put at row `place` of `cache`.
Value putRows(Node &n, Value cache, Value update, int64_t axis, Value batch, OpFoldResult first,
              OpFoldResult count, OpFoldResult place) {
  Dims sizes = n.dims(update), start(sizes.size(), n.getIndexAttr(0));
  Dims steps(sizes.size(), n.getIndexAttr(1));
  sizes[0] = n.getIndexAttr(1);
  sizes[axis] = count;
  start[0] = batch;
  start[axis] = first;
  Value part = tensor::ExtractSliceOp::create(n, update, start, sizes, steps);
  start[axis] = place;
  return tensor::InsertSliceOp::create(n, part, cache, start, sizes, steps);
}

LogicalResult tensorScatter(Node &n) {
  Value cache = n.in(0), update = n.in(1), places = n.in(2);
  Dims whole = n.dims(cache), part = n.dims(update);
  StringRef mode = n.op.stringAttribute("mode", "linear");
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", -2), whole.size());
  if (!axis || *axis == 0 || whole.size() != part.size())
    return n.malformed("axis, or the rank of the update, does not fit the cache");
  if (mode != "linear" && mode != "circular")
    return n.malformed("mode '" + mode + "'");
  for (auto [i, dim] : llvm::enumerate(whole))
    if (static_cast<int64_t>(i) != *axis &&
        failed(agree(n, dim, part[i], "cache and update differ in a dimension")))
      return failure();
  if (places && failed(agree(n, n.dims(places)[0], whole[0], "not one write index a batch entry")))
    return failure();
  Value length = asValue(n, whole[*axis]), count = asValue(n, part[*axis]);
  Value last = arith::SubIOp::create(n, length, count);
  n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::sge, last, indexOf(n, 0)),
          "an update is longer than the cache");
  bool circular = mode == "circular";
  if (places)
    checkPlaces(n, places, circular ? Value() : last);
  auto placeOf = [&](Value batch) {
    return places ? toIndex(n, tensor::ExtractOp::create(n, places, batch)) : indexOf(n, 0);
  };
  OpFoldResult zero = n.getIndexAttr(0), one = n.getIndexAttr(1);
  if (!circular)
    return n.set(0, loops(n, whole[0], cache, [&](ValueRange at, ValueRange carried) {
                   return SmallVector<Value>{putRows(n, carried[0], update, *axis, at[0], zero,
                                                     part[*axis], simplified(placeOf(at[0])))};
                 })[0]);
  return n.set(0, loops(n, {whole[0], part[*axis]}, cache, [&](ValueRange at, ValueRange carried) {
                 Value row = arith::AddIOp::create(n, placeOf(at[0]), at[1]);
                 row = arith::RemUIOp::create(n, row, length);
                 return SmallVector<Value>{
                     putRows(n, carried[0], update, *axis, at[0], at[1], one, row)};
               })[0]);
}

const Table::Row rows[] = {
    {"", "TensorScatter", 24, tensorScatter},
};
} // namespace

ArrayRef<Table::Row> convert::cacheRows() { return rows; }
