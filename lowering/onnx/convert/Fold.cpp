//===- Fold.cpp - Reductions, checks of indices, views of weights ---------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

Value convert::neutral(Node &n, Fold fold, Type type, bool isUnsigned) {
  auto lowest = [&](bool negative) -> Value {
    if (auto real = dyn_cast<FloatType>(type))
      return arith::ConstantOp::create(
          n, n.getFloatAttr(real, APFloat::getInf(real.getFloatSemantics(), negative)));
    unsigned width = type.getIntOrFloatBitWidth();
    APInt least = isUnsigned ? APInt::getMinValue(width) : APInt::getSignedMinValue(width);
    APInt most = isUnsigned ? APInt::getMaxValue(width) : APInt::getSignedMaxValue(width);
    return arith::ConstantOp::create(n, n.getIntegerAttr(type, negative ? least : most));
  };
  switch (fold) {
  case Fold::Sum:
  case Fold::Or:
    return scalar(n, type, 0);
  case Fold::Product:
    return scalar(n, type, 1);
  case Fold::And:
    return integer(n, type, -1);
  case Fold::Max:
    return lowest(true);
  case Fold::Min:
    return lowest(false);
  }
  llvm_unreachable("all folds are listed above");
}

Value convert::foldOnce(Node &n, Fold fold, Value a, Value b, bool isUnsigned) {
  bool real = isa<FloatType>(a.getType());
  switch (fold) {
  case Fold::Sum:
    return real ? arith::AddFOp::create(n, a, b).getResult() : arith::AddIOp::create(n, a, b);
  case Fold::Product:
    return real ? arith::MulFOp::create(n, a, b).getResult() : arith::MulIOp::create(n, a, b);
  case Fold::Max:
    if (real)
      return arith::MaximumFOp::create(n, a, b);
    return isUnsigned ? arith::MaxUIOp::create(n, a, b).getResult()
                      : arith::MaxSIOp::create(n, a, b);
  case Fold::Min:
    if (real)
      return arith::MinimumFOp::create(n, a, b);
    return isUnsigned ? arith::MinUIOp::create(n, a, b).getResult()
                      : arith::MinSIOp::create(n, a, b);
  case Fold::Or:
    return arith::OrIOp::create(n, a, b);
  case Fold::And:
    return arith::AndIOp::create(n, a, b);
  }
  llvm_unreachable("all folds are listed above");
}

Value convert::reduce(Node &n, Value value, ArrayRef<int64_t> axes, Fold fold, bool isUnsigned,
                      ScalarFn before) {
  Dims from = n.dims(value), to;
  Type type = computeType(getElementTypeOrSelf(value.getType()));
  SmallVector<utils::IteratorType> iterators(from.size(), utils::IteratorType::parallel);
  SmallVector<AffineExpr> kept;
  for (auto [i, dim] : llvm::enumerate(from)) {
    if (llvm::is_contained(axes, static_cast<int64_t>(i))) {
      iterators[i] = utils::IteratorType::reduction;
      continue;
    }
    kept.push_back(n.getAffineDimExpr(i));
    to.push_back(dim);
  }
  AffineMap maps[] = {n.getMultiDimIdentityMap(from.size()),
                      AffineMap::get(from.size(), 0, kept, n.getContext())};
  Value init = filled(n, to, neutral(n, fold, type, isUnsigned));
  return generic(n, value, init, maps, iterators, [&](ValueRange args) {
    Value element = widen(n, args[0]);
    if (before)
      element = before(element);
    return SmallVector<Value>{foldOnce(n, fold, args[1], element, isUnsigned)};
  })[0];
}

Dims convert::withOnes(Node &n, Dims dims, ArrayRef<int64_t> axes) {
  for (int64_t axis : axes)
    dims[axis] = n.getIndexAttr(1);
  return dims;
}

/// Known at once whether constant indices lie within constant sizes; else nothing.
static std::optional<bool> inRange(Value indices, ArrayRef<OpFoldResult> sizes) {
  auto numbers = constantInts(indices);
  if (!numbers)
    return std::nullopt;
  for (auto [i, index] : llvm::enumerate(*numbers)) {
    std::optional<int64_t> size = number(sizes[i % sizes.size()]);
    if (!size)
      return std::nullopt;
    if (!wrapAxis(index, *size))
      return false;
  }
  return true;
}

LogicalResult convert::checkIndices(Node &n, Value indices, ArrayRef<OpFoldResult> sizes) {
  if (std::optional<bool> good = inRange(indices, sizes))
    return *good ? success() : LogicalResult(n.malformed("index out of range"));
  Dims dims = n.dims(indices);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, dims.size()));
  Type element = getElementTypeOrSelf(indices.getType());
  SmallVector<Value> bounds;
  for (OpFoldResult size : sizes)
    bounds.push_back(arith::IndexCastOp::create(n, element, asValue(n, size)));
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::reduction);
  AffineMap maps[] = {n.getMultiDimIdentityMap(dims.size()),
                      AffineMap::get(dims.size(), 0, n.getContext())};
  Value init = filled(n, {}, integer(n, n.getI1Type(), 1));
  Value good = generic(n, indices, init, maps, iterators, [&](ValueRange args) {
    Value bound = bounds[0];
    for (size_t i = 1; i < bounds.size(); ++i) {
      Value here = arith::CmpIOp::create(
          n, arith::CmpIPredicate::eq, linalg::IndexOp::create(n, dims.size() - 1), indexOf(n, i));
      bound = arith::SelectOp::create(n, here, bounds[i], bound);
    }
    Value low = arith::SubIOp::create(n, integer(n, element, 0), bound);
    Value above = arith::CmpIOp::create(n, arith::CmpIPredicate::sge, args[0], low);
    Value below = arith::CmpIOp::create(n, arith::CmpIPredicate::slt, args[0], bound);
    Value both = arith::AndIOp::create(n, above, below);
    return SmallVector<Value>{arith::AndIOp::create(n, args[1], both)};
  })[0];
  n.check(tensor::ExtractOp::create(n, good, ValueRange{}), "index out of range");
  return success();
}

Value convert::wrapIndex(Node &n, Value index, OpFoldResult size) {
  Value at = toIndex(n, index);
  if (std::optional<int64_t> known = getConstantIntValue(at)) {
    if (*known >= 0)
      return at;
    return asValue(n, add(n, size, n.getIndexAttr(*known)));
  }
  Value negative = arith::CmpIOp::create(n, arith::CmpIPredicate::slt, at, indexOf(n, 0));
  Value wrapped = arith::AddIOp::create(n, at, asValue(n, size));
  return arith::SelectOp::create(n, negative, wrapped, at);
}

WeightOp convert::weightOf(Value value) {
  auto weight = value.getDefiningOp<WeightOp>();
  return weight && weight.getLayout() == Layout::Rows ? weight : WeightOp();
}

static Value viewOf(Node &n, WeightOp weight, ArrayRef<Attribute> pieces, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, getElementTypeOrSelf(weight.getType()));
  return WeightOp::create(n, type, n.getArrayAttr(pieces), weight.getNameAttr(), Layout::Rows,
                          IntegerAttr(), IntegerAttr(), IntegerAttr(), IntegerAttr());
}

Value convert::permutedWeight(Node &n, WeightOp weight, ArrayRef<int64_t> permutation) {
  // Pieces lie one after the other along the leading dimension, which thus has to stay.
  if (weight.getPieces().size() > 1 && permutation[0] != 0)
    return {};
  auto permuted = [&](ArrayRef<int64_t> numbers) {
    return llvm::map_to_vector(permutation, [&](int64_t p) { return numbers[p]; });
  };
  SmallVector<Attribute> pieces;
  for (auto piece : weight.getPieces().getAsRange<PieceAttr>())
    pieces.push_back(PieceAttr::get(n.getContext(), piece.getSource(), piece.getOffset(),
                                    permuted(piece.getShape()), permuted(piece.getStrides())));
  return viewOf(n, weight, pieces, permuted(cast<ShapedType>(weight.getType()).getShape()));
}

Value convert::stackedWeight(Node &n, WeightOp weight) {
  if (weight.getPieces().size() != 1)
    return {};
  auto piece = cast<PieceAttr>(weight.getPieces()[0]);
  SmallVector<int64_t> shape(piece.getShape()), strides(piece.getStrides());
  shape.insert(shape.begin(), 1);
  strides.insert(strides.begin(), 0);
  Attribute stacked =
      PieceAttr::get(n.getContext(), piece.getSource(), piece.getOffset(), shape, strides);
  return viewOf(n, weight, stacked, shape);
}
