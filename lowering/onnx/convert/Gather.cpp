//===- Gather.cpp - Reading at positions that are data --------------------===//
//
// Positions are checked before anything is read: nothing is read out of bounds.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/GatherCodes.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// One position along an axis: a view of the data without that axis.
Value gatherOne(Node &n, Value data, int64_t axis, Value position) {
  Dims dims = n.dims(data), offsets(dims.size(), n.getIndexAttr(0)), sizes = dims, left;
  Dims strides(dims.size(), n.getIndexAttr(1));
  offsets[axis] = simplified(wrapIndex(n, position, dims[axis]));
  sizes[axis] = n.getIndexAttr(1);
  left.append(dims.begin(), dims.begin() + axis);
  left.append(dims.begin() + axis + 1, dims.end());
  RankedTensorType type = typeOf(left, getElementTypeOrSelf(data.getType()));
  Value part =
      tensor::ExtractSliceOp::create(n, type, castTo(n, data, dims), offsets, sizes, strides);
  n.remember(part, left);
  return part;
}

/// Known positions in a list of scalars.
Value gatherScalars(Node &n) {
  auto data = scalarsOf(n, n.in(0));
  auto positions = constantInts(n.in(1));
  if (!data || !positions || n.rank(0) != 1 || n.rank(1) > 1)
    return {};
  SmallVector<Value> picked;
  for (int64_t position : *positions)
    picked.push_back((*data)[*wrapAxis(position, data->size())]);
  auto type = RankedTensorType::get(n.inType(1).getShape(), n.outElement(0));
  return tensor::FromElementsOp::create(n, type, picked);
}

LogicalResult convertGather(Node &n) {
  Value data = n.in(0), indices = n.in(1);
  Dims from = n.dims(data), at = n.dims(indices);
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), from.size());
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  if (failed(checkIndices(n, indices, from[*axis])))
    return failure();
  if (auto view = raise::quantView(n.op.input(0)))
    return n.set(0, gatherCodes(n, *view, *axis, indices, n.outElement(0), false));
  if (Value small = gatherScalars(n))
    return n.set(0, small);
  if (at.empty())
    return n.set(0, gatherOne(n, data, *axis, elementAt(n, indices, 0)));
  ArrayRef<OpFoldResult> all(from);
  Dims dims(all.take_front(*axis));
  dims.append(at);
  dims.append(all.begin() + *axis + 1, all.end());
  SmallVector<AffineExpr> reads;
  for (size_t i = 0; i < at.size(); ++i)
    reads.push_back(n.getAffineDimExpr(*axis + i));
  AffineMap maps[] = {AffineMap::get(dims.size(), 0, reads, n.getContext()),
                      n.getMultiDimIdentityMap(dims.size())};
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  Value init = empty(n, dims, n.outElement(0));
  return n.set(0, generic(n, indices, init, maps, iterators, [&](ValueRange args) {
                 SmallVector<Value> place = iterationIndices(n, dims.size());
                 Value position = wrapIndex(n, args[0], from[*axis]);
                 place.erase(place.begin() + *axis, place.begin() + *axis + at.size());
                 place.insert(place.begin() + *axis, position);
                 return SmallVector<Value>{tensor::ExtractOp::create(n, data, place)};
               })[0]);
}

LogicalResult gatherElements(Node &n) {
  Value data = n.in(0), indices = n.in(1);
  Dims from = n.dims(data), dims = n.dims(indices);
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", 0), from.size());
  if (!axis || dims.size() != from.size())
    return n.malformed("axis or rank of the indices does not fit the data");
  if (failed(checkIndices(n, indices, from[*axis])))
    return failure();
  // Along the other axes the indices' own positions are read.
  for (auto [i, dim] : llvm::enumerate(dims))
    if (static_cast<int64_t>(i) != *axis && !same(dim, from[i]))
      n.check(
          arith::CmpIOp::create(n, arith::CmpIPredicate::ule, asValue(n, dim), asValue(n, from[i])),
          "indices are larger than the data");
  AffineMap identity = n.getMultiDimIdentityMap(dims.size());
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  Value init = empty(n, dims, n.outElement(0));
  return n.set(0, generic(n, indices, init, {identity, identity}, iterators, [&](ValueRange args) {
                 SmallVector<Value> place = iterationIndices(n, dims.size());
                 place[*axis] = wrapIndex(n, args[0], from[*axis]);
                 return SmallVector<Value>{tensor::ExtractOp::create(n, data, place)};
               })[0]);
}

/// The last dimension of the indices is a position in the data, after `batch_dims` common ones.
LogicalResult gatherND(Node &n) {
  Value data = n.in(0), indices = n.in(1);
  Dims from = n.dims(data), at = n.dims(indices);
  int64_t batch = n.op.intAttribute("batch_dims", 0);
  if (at.empty() || !number(at.back()))
    return n.unsupported("length of the positions is not known");
  int64_t length = *number(at.back());
  if (batch < 0 || batch >= static_cast<int64_t>(at.size()) ||
      batch + length > static_cast<int64_t>(from.size()))
    return n.malformed("positions of length " + Twine(length) + " after " + Twine(batch) +
                       " common dimensions in data of rank " + Twine(from.size()));
  for (int64_t i = 0; i < batch; ++i)
    if (!same(from[i], at[i]))
      n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, from[i]),
                                    asValue(n, at[i])),
              "common dimensions differ");
  ArrayRef<OpFoldResult> all(from);
  if (failed(checkIndices(n, indices, all.slice(batch, length))))
    return failure();
  Dims dims(ArrayRef<OpFoldResult>(at).drop_back());
  size_t outer = dims.size();
  dims.append(all.begin() + batch + length, all.end());
  return n.set(0, compute(n, dims, n.outElement(0), [&](ValueRange place) -> Value {
                 SmallVector<Value> index(place.take_front(outer)), source(place.take_front(batch));
                 for (int64_t i = 0; i < length; ++i) {
                   index.push_back(indexOf(n, i));
                   Value position = tensor::ExtractOp::create(n, indices, index);
                   source.push_back(wrapIndex(n, position, from[batch + i]));
                   index.pop_back();
                 }
                 llvm::append_range(source, place.drop_front(outer));
                 return tensor::ExtractOp::create(n, data, source);
               }));
}

const Table::Row rows[] = {
    {"", "Gather", 1, convertGather},
    {"", "GatherElements", 11, gatherElements},
    {"", "GatherND", 11, gatherND},
};
} // namespace

ArrayRef<Table::Row> convert::gatherRows() { return rows; }
