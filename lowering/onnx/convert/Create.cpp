//===- Create.cpp - Tensors from shapes, numbers and positions ------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
LogicalResult convertShape(Node &n) {
  Dims dims = n.dims(n.in(0));
  int64_t rank = dims.size();
  auto place = [&](llvm::StringRef key, int64_t otherwise) {
    int64_t at = n.op.intAttribute(key, otherwise);
    return std::clamp<int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  SmallVector<Value> sizes;
  for (int64_t i = place("start", 0), end = place("end", rank); i < end; ++i)
    sizes.push_back(n.createOrFold<arith::IndexCastOp>(n.outElement(0), asValue(n, dims[i])));
  auto type = RankedTensorType::get(static_cast<int64_t>(sizes.size()), n.outElement(0));
  return n.set(0, tensor::FromElementsOp::create(n, type, sizes));
}

LogicalResult convertSize(Node &n) {
  Value size = asValue(n, product(n, n.dims(n.in(0))));
  Value element = n.createOrFold<arith::IndexCastOp>(n.outElement(0), size);
  return n.set(
      0, tensor::FromElementsOp::create(n, RankedTensorType::get({}, n.outElement(0)), element));
}

/// Dimensions asked for by a tensor; those that the type knows are taken from there.
Dims askedDims(Node &n, Value shape) {
  auto type = cast<RankedTensorType>(n.outType(0));
  Dims dims = dimsFrom(n, shape, type.getRank());
  for (auto [i, dim] : llvm::enumerate(dims))
    if (!type.isDynamicDim(i))
      dim = n.getIndexAttr(type.getDimSize(i));
  return dims;
}

/// Sizes that are computed at run time are not negative.
void checkSizes(Node &n, ArrayRef<OpFoldResult> dims) {
  for (OpFoldResult dim : dims) {
    auto value = dyn_cast<Value>(dim);
    if (!value || value.getDefiningOp<tensor::DimOp>())
      continue;
    n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::sge, value, indexOf(n, 0)),
            "negative size");
  }
}

LogicalResult constantOfShape(Node &n) {
  Dims dims = askedDims(n, n.in(0));
  checkSizes(n, dims);
  Value filling = scalar(n, n.outElement(0), 0);
  if (auto value = dyn_cast_or_null<DenseElementsAttr>(n.op.attribute("value"))) {
    if (value.getNumElements() != 1)
      return n.malformed("value has more than one element");
    Attribute element = *value.getValues<Attribute>().begin();
    if (auto whole = dyn_cast<IntegerAttr>(element))
      element = n.getIntegerAttr(n.outElement(0), whole.getValue());
    filling = arith::ConstantOp::create(n, cast<TypedAttr>(element));
  }
  return n.set(0, filled(n, dims, filling));
}

/// ceil((limit - start) / delta), at least 0, as an index.
Value rangeLength(Node &n, Value start, Value limit, Value delta) {
  Value zero = indexOf(n, 0);
  if (isa<FloatType>(start.getType())) {
    Value distance = arith::SubFOp::create(n, limit, start);
    Value count = math::CeilOp::create(n, arith::DivFOp::create(n, distance, delta));
    Value whole = arith::FPToSIOp::create(n, n.getI64Type(), count);
    return arith::MaxSIOp::create(n, toIndex(n, whole), zero);
  }
  // A length that is a dimension stays one: 0, 1, 2 ... up to it.
  if (getConstantIntValue(start) == 0 && getConstantIntValue(delta) == 1)
    if (auto size = limit.getDefiningOp<arith::IndexCastOp>())
      if (size.getIn().getDefiningOp<tensor::DimOp>())
        return size.getIn();
  Value distance = n.createOrFold<arith::SubIOp>(toIndex(n, limit), toIndex(n, start));
  Value count = n.createOrFold<arith::CeilDivSIOp>(distance, toIndex(n, delta));
  return n.createOrFold<arith::MaxSIOp>(count, zero);
}

LogicalResult convertRange(Node &n) {
  Type element = n.outElement(0);
  Value start = elementAt(n, n.in(0), 0), limit = elementAt(n, n.in(1), 0);
  Value delta = elementAt(n, n.in(2), 0);
  bool real = isa<FloatType>(element);
  Value none =
      real ? arith::CmpFOp::create(n, arith::CmpFPredicate::ONE, delta, scalar(n, element, 0))
                 .getResult()
           : n.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, delta, integer(n, element, 0));
  if (getConstantIntValue(none) == 0)
    return n.malformed("delta is 0");
  if (!getConstantIntValue(none))
    n.check(none, "delta is 0");
  Dims dims = {simplified(rangeLength(n, start, limit, delta))};
  auto type = cast<RankedTensorType>(n.outType(0));
  if (!type.isDynamicDim(0))
    dims[0] = n.getIndexAttr(type.getDimSize(0));
  Value result = compute(n, dims, element, [&](ValueRange at) -> Value {
    if (!real) {
      Value i = arith::IndexCastOp::create(n, element, at[0]);
      return arith::AddIOp::create(n, start, arith::MulIOp::create(n, i, delta));
    }
    Value i =
        arith::SIToFPOp::create(n, element, arith::IndexCastOp::create(n, n.getI64Type(), at[0]));
    return arith::AddFOp::create(n, start, arith::MulFOp::create(n, i, delta));
  });
  return n.set(0, result);
}

LogicalResult convertExpand(Node &n) {
  Dims from = n.dims(n.in(0));
  // A list of unknown length gives the output its rank, or changes nothing.
  RankedTensorType list = n.inType(1);
  int64_t length = list.hasStaticShape() ? list.getNumElements()
                                         : cast<RankedTensorType>(n.outType(0)).getRank();
  FailureOr<Dims> dims = broadcast(n, {from, dimsFrom(n, n.in(1), length)});
  if (failed(dims))
    return failure();
  checkSizes(n, *dims);
  if (from.size() == dims->size() && llvm::equal(from, *dims, same))
    return n.set(0, n.in(0));
  if (auto small = scalarsOf(n, n.in(0)); small && small->size() == 1 && dims->size() == 1) {
    RankedTensorType type = typeOf(*dims, n.outElement(0));
    if (type.hasStaticShape() && type.getNumElements() <= 16)
      return n.set(0, tensor::FromElementsOp::create(
                          n, type, SmallVector<Value>(type.getNumElements(), small->front())));
  }
  Type element = n.outElement(0);
  return n.set(0, pointwise(n, n.in(0), *dims, element, [](ValueRange args) { return args[0]; }));
}

/// Each dimension d becomes (repeats, d), filled by a broadcast, and then one again.
LogicalResult convertTile(Node &n) {
  Dims from = n.dims(n.in(0)), repeats, pairs, whole;
  if (n.inType(1).hasStaticShape() && n.inType(1).getNumElements() != n.rank(0))
    return n.malformed("repeats do not hold one number a dimension");
  repeats = dimsFrom(n, n.in(1), from.size());
  checkSizes(n, repeats);
  SmallVector<AffineExpr> reads;
  for (auto [i, dim] : llvm::enumerate(from)) {
    pairs.append({repeats[i], dim});
    whole.push_back(multiply(n, repeats[i], dim));
    reads.push_back(n.getAffineDimExpr(2 * i + 1));
  }
  SmallVector<utils::IteratorType> iterators(pairs.size(), utils::IteratorType::parallel);
  AffineMap maps[] = {AffineMap::get(pairs.size(), 0, reads, n.getContext()),
                      n.getMultiDimIdentityMap(pairs.size())};
  Value result = generic(n, n.in(0), empty(n, pairs, n.outElement(0)), maps, iterators,
                         [](ValueRange args) { return SmallVector<Value>{args[0]}; })[0];
  if (from.empty())
    return n.set(0, result);
  SmallVector<ReassociationIndices> groups;
  for (int64_t i = 0, rank = from.size(); i < rank; ++i)
    groups.push_back({2 * i, 2 * i + 1});
  result = tensor::CollapseShapeOp::create(n, result, groups);
  n.remember(result, whole);
  return n.set(0, result);
}

/// The index as compared with positions: floats are cut to whole numbers.
Value asPosition(Node &n, Value index) {
  if (isa<FloatType>(index.getType()))
    index = arith::FPToSIOp::create(n, n.getI64Type(), widen(n, index));
  if (n.isUnsigned(0))
    return arith::IndexCastUIOp::create(n, n.getIndexType(), index);
  return toIndex(n, index);
}

/// On where the position along the axis is the index, off elsewhere; an index beyond is nowhere.
LogicalResult oneHot(Node &n) {
  Value indices = n.in(0);
  Dims outer = n.dims(indices), dims = outer;
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", -1), outer.size() + 1);
  if (!axis)
    return n.malformed("axis outside of the output's rank");
  auto type = cast<RankedTensorType>(n.outType(0));
  Value depthScalar = elementAt(n, n.in(1), 0);
  if (isa<FloatType>(depthScalar.getType()))
    depthScalar = arith::FPToSIOp::create(n, n.getI64Type(), widen(n, depthScalar));
  OpFoldResult depth = type.isDynamicDim(*axis) ? simplified(toIndex(n, depthScalar))
                                                : n.getIndexAttr(type.getDimSize(*axis));
  checkSizes(n, depth);
  dims.insert(dims.begin() + *axis, depth);
  Value values = listOf(n, n.in(2), 2);
  Value off = elementAt(n, values, 0), on = elementAt(n, values, 1);
  SmallVector<AffineExpr> reads;
  for (int64_t i = 0, rank = dims.size(); i < rank; ++i)
    if (i != *axis)
      reads.push_back(n.getAffineDimExpr(i));
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  AffineMap maps[] = {AffineMap::get(dims.size(), 0, reads, n.getContext()),
                      n.getMultiDimIdentityMap(dims.size())};
  Value init = empty(n, dims, n.outElement(0)), size = asValue(n, depth);
  return n.set(0, generic(n, indices, init, maps, iterators, [&](ValueRange args) {
                 Value index = asPosition(n, args[0]);
                 Value negative =
                     arith::CmpIOp::create(n, arith::CmpIPredicate::slt, index, indexOf(n, 0));
                 Value wrapped = arith::AddIOp::create(n, index, size);
                 index = arith::SelectOp::create(n, negative, wrapped, index);
                 Value here = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, index,
                                                    linalg::IndexOp::create(n, *axis));
                 return SmallVector<Value>{arith::SelectOp::create(n, here, on, off)};
               })[0]);
}

/// Keeps the triangle on one side of the k-th diagonal, zeros elsewhere.
LogicalResult trilu(Node &n) {
  Dims dims = n.dims(n.in(0));
  if (dims.size() < 2)
    return n.malformed("input has fewer than two dimensions");
  Value diagonal = n.has(1) ? toIndex(n, elementAt(n, n.in(1), 0)) : indexOf(n, 0);
  bool upper = n.op.intAttribute("upper", 1);
  Value zero = scalar(n, n.outElement(0), 0);
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  AffineMap identity = n.getMultiDimIdentityMap(dims.size());
  Value init = empty(n, dims, n.outElement(0));
  return n.set(0, generic(n, n.in(0), init, {identity, identity}, iterators, [&](ValueRange args) {
                 Value row = linalg::IndexOp::create(n, dims.size() - 2);
                 Value column = linalg::IndexOp::create(n, dims.size() - 1);
                 Value edge = arith::AddIOp::create(n, row, diagonal);
                 auto predicate = upper ? arith::CmpIPredicate::sge : arith::CmpIPredicate::sle;
                 Value kept = arith::CmpIOp::create(n, predicate, column, edge);
                 return SmallVector<Value>{arith::SelectOp::create(n, kept, args[0], zero)};
               })[0]);
}

/// Ones on the k-th diagonal, zeros elsewhere.
LogicalResult eyeLike(Node &n) {
  Type element = n.outElement(0);
  Value diagonal = indexOf(n, n.op.intAttribute("k", 0));
  return n.set(0, compute(n, n.dims(n.in(0)), element, [&](ValueRange at) -> Value {
                 Value edge = arith::AddIOp::create(n, at[0], diagonal);
                 Value here = arith::CmpIOp::create(n, arith::CmpIPredicate::eq, at[1], edge);
                 return arith::SelectOp::create(n, here, scalar(n, element, 1),
                                                scalar(n, element, 0));
               }));
}

const Table::Row rows[] = {
    {"", "ConstantOfShape", 9, constantOfShape},
    {"", "Expand", 8, convertExpand},
    {"", "EyeLike", 9, eyeLike},
    {"", "OneHot", 9, oneHot},
    {"", "Range", 11, convertRange},
    {"", "Shape", 1, convertShape},
    {"", "Size", 1, convertSize},
    {"", "Tile", 6, convertTile},
    {"", "Trilu", 14, trilu},
};
} // namespace

ArrayRef<Table::Row> convert::createRows() { return rows; }
