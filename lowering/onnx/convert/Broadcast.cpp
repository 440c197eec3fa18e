//===- Broadcast.cpp - Operands brought to one shape ----------------------===//
//
// A dimension that is 1 in the type broadcasts by the indexing map. Two unknown dimensions that are
// one SSA value fit as they are. What is left is compared at run time: the plain path where they
// are equal, a broadcast copy where one turns out to be 1, an error where they do not fit.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

static Value areEqual(Node &n, OpFoldResult a, OpFoldResult b) {
  return arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, a), asValue(n, b));
}

/// What dimensions `a` and `b`, neither 1 in its type, broadcast to.
static FailureOr<OpFoldResult> meet(Node &n, OpFoldResult a, OpFoldResult b) {
  if (same(a, b))
    return a;
  if (number(a) && number(b))
    return n.malformed("dimensions " + Twine(*number(a)) + " and " + Twine(*number(b)) +
                       " do not broadcast");
  if (number(b))
    std::swap(a, b);
  // Here b is unknown, and a may be.
  OpFoldResult one = n.getIndexAttr(1);
  Value bIsOne = areEqual(n, b, one);
  Value fits = arith::OrIOp::create(n, areEqual(n, a, b), bIsOne);
  OpFoldResult result = a;
  if (!number(a)) {
    Value aIsOne = areEqual(n, a, one);
    fits = arith::OrIOp::create(n, fits, aIsOne);
    result = arith::SelectOp::create(n, aIsOne, asValue(n, b), asValue(n, a)).getResult();
  }
  n.check(fits, "dimensions do not broadcast");
  return result;
}

FailureOr<Dims> convert::broadcast(Node &n, ArrayRef<Dims> operands) {
  size_t rank = 0;
  for (const Dims &dims : operands)
    rank = std::max(rank, dims.size());
  Dims result(rank, n.getIndexAttr(1));
  for (const Dims &dims : operands)
    for (auto [i, dim] : llvm::enumerate(dims)) {
      OpFoldResult &mine = result[rank - dims.size() + i];
      if (isStatic(dim, 1))
        continue;
      if (isStatic(mine, 1)) {
        mine = dim;
        continue;
      }
      FailureOr<OpFoldResult> met = meet(n, mine, dim);
      if (failed(met))
        return failure();
      mine = *met;
    }
  return result;
}

LogicalResult convert::keepsDims(Node &n, ArrayRef<OpFoldResult> mine, ArrayRef<OpFoldResult> all,
                                 const Twine &what) {
  for (auto [have, met] : llvm::zip_equal(mine, all)) {
    if (same(have, met))
      continue;
    if (number(have) && number(met))
      return n.malformed(what);
    n.check(areEqual(n, have, met), what);
  }
  return success();
}

/// A copy of `value` in the dimensions `to`, reading index 0 where its own dimension is 1.
static Value copyBroadcast(Node &n, Value value, ArrayRef<OpFoldResult> to) {
  Dims from = n.dims(value);
  Type element = getElementTypeOrSelf(value.getType());
  SmallVector<Value> single;
  for (OpFoldResult dim : from)
    single.push_back(areEqual(n, dim, n.getIndexAttr(1)));
  Value zero = indexOf(n, 0);
  return compute(n, to, element, [&](ValueRange at) {
    SmallVector<Value> source;
    for (auto [index, isOne] : llvm::zip_equal(at, single))
      source.push_back(arith::SelectOp::create(n, isOne, zero, index));
    return tensor::ExtractOp::create(n, value, source);
  });
}

/// `value` where it has the dimensions `to` already, else a broadcast copy.
static Value broadcastAtRunTime(Node &n, Value value, ArrayRef<OpFoldResult> to) {
  Dims from = n.dims(value);
  Type element = getElementTypeOrSelf(value.getType());
  Value plain;
  for (auto [mine, wanted] : llvm::zip_equal(from, to))
    if (!same(mine, wanted)) {
      Value here = areEqual(n, mine, wanted);
      plain = plain ? arith::AndIOp::create(n, plain, here).getResult() : here;
    }
  RankedTensorType type = typeOf(to, element);
  auto branch = scf::IfOp::create(n, type, plain, /*addThenBlock=*/true, /*addElseBlock=*/true);
  {
    OpBuilder::InsertionGuard guard(n);
    n.setInsertionPointToStart(branch.thenBlock());
    Value whole = value;
    if (value.getType() != type)
      whole = tensor::CastOp::create(n, type, value);
    scf::YieldOp::create(n, whole);
    n.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(n, copyBroadcast(n, value, to));
  }
  n.remember(branch.getResult(0), to);
  return branch.getResult(0);
}

std::pair<Value, AffineMap> convert::fit(Node &n, Value value, ArrayRef<OpFoldResult> dims) {
  Dims from = n.dims(value), to = from;
  size_t shift = dims.size() - from.size();
  SmallVector<AffineExpr> reads;
  bool atRunTime = false;
  for (auto [i, dim] : llvm::enumerate(from)) {
    OpFoldResult wanted = dims[shift + i];
    bool spreads = isStatic(dim, 1) && !isStatic(wanted, 1);
    reads.push_back(spreads ? n.getAffineConstantExpr(0) : n.getAffineDimExpr(shift + i));
    if (!spreads && !same(dim, wanted)) {
      to[i] = wanted;
      atRunTime = true;
    }
  }
  if (atRunTime)
    value = broadcastAtRunTime(n, value, to);
  return {value, AffineMap::get(dims.size(), 0, reads, n.getContext())};
}

/// The one number that all elements are, as a scalar constant; null where it is none.
static Value splat(Node &n, Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  auto elements = constant ? dyn_cast<SplatElementsAttr>(constant.getValue()) : SplatElementsAttr();
  if (!elements)
    return {};
  return arith::ConstantOp::create(n, elements.getSplatValue<TypedAttr>());
}

Value convert::pointwise(Node &n, ValueRange operands, ArrayRef<OpFoldResult> dims, Type element,
                         ScalarFn body) {
  SmallVector<Value> ins, splats;
  SmallVector<AffineMap> maps;
  for (Value operand : operands) {
    splats.push_back(splat(n, operand));
    if (splats.back())
      continue;
    auto [read, map] = fit(n, operand, dims);
    ins.push_back(read);
    maps.push_back(map);
  }
  maps.push_back(n.getMultiDimIdentityMap(dims.size()));
  SmallVector<utils::IteratorType> iterators(dims.size(), utils::IteratorType::parallel);
  return generic(n, ins, empty(n, dims, element), maps, iterators, [&](ValueRange args) {
    SmallVector<Value> scalars;
    unsigned next = 0;
    for (Value constant : splats)
      scalars.push_back(widen(n, constant ? constant : args[next++]));
    return SmallVector<Value>{narrow(n, body(scalars), element)};
  })[0];
}

/// The elementwise result as scalars, where all operands are made of scalars; else null.
static Value onScalars(Node &n, ValueRange operands, ArrayRef<OpFoldResult> dims, Type element,
                       ScalarFn body) {
  RankedTensorType type = typeOf(dims, element);
  if (!isa<IntegerType>(element) || !type.hasStaticShape() || type.getRank() > 1)
    return {};
  SmallVector<SmallVector<Value>> all;
  for (Value operand : operands) {
    auto scalars = scalarsOf(n, operand);
    if (!scalars)
      return {};
    all.push_back(*scalars);
  }
  SmallVector<Value> results;
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<Value> args;
    for (const SmallVector<Value> &scalars : all)
      args.push_back(scalars[scalars.size() == 1 ? 0 : i]);
    results.push_back(body(args));
  }
  return tensor::FromElementsOp::create(n, type, results);
}

FailureOr<Value> convert::elementwise(Node &n, ValueRange operands, Type element, ScalarFn body) {
  SmallVector<Dims> all;
  for (Value operand : operands)
    all.push_back(n.dims(operand));
  FailureOr<Dims> dims = broadcast(n, all);
  if (failed(dims))
    return failure();
  if (Value small = onScalars(n, operands, *dims, element, body))
    return small;
  return pointwise(n, operands, *dims, element, body);
}

Value convert::convertFloat(Node &n, Value value, Type element) {
  Type from = getElementTypeOrSelf(value.getType());
  if (from == element)
    return value;
  return pointwise(n, value, n.dims(value), element, [&](ValueRange args) -> Value {
    // The operand came in widened; what is left is a step to f64, or from it.
    Type have = args[0].getType(), want = computeType(element);
    if (have == want)
      return args[0];
    if (have.getIntOrFloatBitWidth() < want.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(n, want, args[0]);
    return arith::TruncFOp::create(n, want, args[0]);
  });
}
