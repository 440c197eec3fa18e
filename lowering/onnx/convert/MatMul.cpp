//===- MatMul.cpp - Products ----------------------------------------------===//
//
// A product with a constant matrix is a grouped product of one group: the dense parts of a model
// get the kernels of the experts. What is left is linalg. Accumulated in f32 for f16 and bf16.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/GroupedProduct.h"
#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// [M, K] by [K, N], or [B, M, K] by [B, K, N]; the result is of the width of computation.
template <typename Op> Value namedProduct(Node &n, Value a, Value b, const Dims &dims) {
  Type type = computeType(getElementTypeOrSelf(a.getType()));
  Value init = filled(n, dims, scalar(n, type, 0));
  Value result = Op::create(n, ValueRange{a, b}, ValueRange{init})->getResult(0);
  n.remember(result, dims);
  return result;
}

/// Products whose outer dimensions broadcast: one generic.
Value broadcastProduct(Node &n, Value a, Value b, const Dims &outer) {
  Dims mine = n.dims(a), others = n.dims(b), dims = outer;
  int64_t batch = outer.size();
  dims.append({mine[mine.size() - 2], others.back()});
  Dims readA = outer, readB = outer;
  readA.append(mine.end() - 2, mine.end());
  readB.append(others.end() - 2, others.end());
  AffineExpr m = n.getAffineDimExpr(batch), c = n.getAffineDimExpr(batch + 1);
  AffineExpr k = n.getAffineDimExpr(batch + 2);
  auto mapOf = [&](AffineMap fitted, AffineExpr row, AffineExpr column) {
    SmallVector<AffineExpr> reads(fitted.getResults().drop_back(2));
    reads.append({row, column});
    return AffineMap::get(batch + 3, 0, reads, n.getContext());
  };
  auto [valueA, mapA] = fit(n, a, readA);
  auto [valueB, mapB] = fit(n, b, readB);
  SmallVector<AffineExpr> writes;
  for (int64_t i = 0; i < batch + 2; ++i)
    writes.push_back(n.getAffineDimExpr(i));
  AffineMap maps[] = {mapOf(mapA, m, k), mapOf(mapB, k, c),
                      AffineMap::get(batch + 3, 0, writes, n.getContext())};
  SmallVector<utils::IteratorType> iterators(batch + 3, utils::IteratorType::parallel);
  iterators.back() = utils::IteratorType::reduction;
  Type type = computeType(getElementTypeOrSelf(a.getType()));
  Value init = filled(n, dims, scalar(n, type, 0));
  return generic(n, {valueA, valueB}, init, maps, iterators, [&](ValueRange args) {
    Value product = foldOnce(n, Fold::Product, widen(n, args[0]), widen(n, args[1]), false);
    return SmallVector<Value>{foldOnce(n, Fold::Sum, args[2], product, false)};
  })[0];
}

/// The reduced dimensions are one: known, or checked at run time.
LogicalResult checkReduced(Node &n, OpFoldResult a, OpFoldResult b) {
  if (same(a, b))
    return success();
  if (number(a) && number(b))
    return n.malformed("reduced dimensions are " + Twine(*number(a)) + " and " + Twine(*number(b)));
  n.check(arith::CmpIOp::create(n, arith::CmpIPredicate::eq, asValue(n, a), asValue(n, b)),
          "reduced dimensions differ");
  return success();
}

/// The product of operands of rank 2 and more, in the width of computation.
FailureOr<Value> wideProduct(Node &n, Value a, Value b) {
  Dims mine = n.dims(a), others = n.dims(b);
  ArrayRef<OpFoldResult> batchA = ArrayRef<OpFoldResult>(mine).drop_back(2);
  ArrayRef<OpFoldResult> batchB = ArrayRef<OpFoldResult>(others).drop_back(2);
  OpFoldResult m = mine[mine.size() - 2], k = mine.back(), c = others.back();
  Dims whole(batchA);
  whole.append({m, c});
  if (batchB.empty()) {
    OpFoldResult rows = multiply(n, product(n, batchA), m);
    Value flat = reshape(n, a, {rows, k});
    return reshape(n, namedProduct<linalg::MatmulOp>(n, flat, b, {rows, c}), whole);
  }
  if (batchA.size() == batchB.size() && llvm::equal(batchA, batchB, same)) {
    OpFoldResult batch = product(n, batchA);
    Value left = reshape(n, a, {batch, m, k});
    Value right = reshape(n, b, {batch, others[others.size() - 2], c});
    Value result = namedProduct<linalg::BatchMatmulOp>(n, left, right, {batch, m, c});
    return reshape(n, result, whole);
  }
  FailureOr<Dims> outer = broadcast(n, {Dims(batchA), Dims(batchB)});
  if (failed(outer))
    return failure();
  return broadcastProduct(n, a, b, *outer);
}

/// a x b as numpy's matmul, times alpha; `factor` is b where it is a constant matrix.
FailureOr<Value> multiplyBy(Node &n, Value a, Value b, const Factor &factor, double alpha,
                            Type element) {
  Dims mine = n.dims(a), others = n.dims(b);
  if (mine.empty() || others.empty())
    return n.malformed("a factor is a scalar");
  bool row = mine.size() == 1, column = others.size() == 1;
  if (row)
    mine.insert(mine.begin(), n.getIndexAttr(1));
  if (column)
    others.push_back(n.getIndexAttr(1));
  Dims whole = mine;
  whole.back() = others.back();
  if (failed(checkReduced(n, mine.back(), others[others.size() - 2])))
    return failure();
  Value result;
  if (factor) {
    OpFoldResult rows = product(n, ArrayRef<OpFoldResult>(mine).drop_back());
    Epilogue epilogue{alpha, 1.0, Value()};
    Value flat = reshape(n, a, {rows, mine.back()});
    result = reshape(n, groupedProduct(n, flat, factor, epilogue, element), whole);
  } else {
    FailureOr<Value> wide = wideProduct(n, reshape(n, a, mine), reshape(n, b, others));
    if (failed(wide))
      return failure();
    result = *wide;
    whole = n.dims(result);
    Type type = getElementTypeOrSelf(result.getType());
    if (type != element || alpha != 1.0)
      result = pointwise(n, result, whole, element, [&](ValueRange args) {
        return Epilogue{alpha, 1.0, Value()}.apply(n, args[0], Value());
      });
  }
  if (row)
    whole.erase(whole.end() - 2);
  if (column)
    whole.pop_back();
  return row || column ? reshape(n, result, whole) : result;
}

} // namespace

FailureOr<Value> convert::multiplyTensors(Node &n, Value a, Value b, double alpha, Type element) {
  return multiplyBy(n, a, b, weightFactor(n, b), alpha, element);
}

namespace {
LogicalResult convertMatMul(Node &n) {
  FailureOr<Value> result =
      multiplyBy(n, n.in(0), n.in(1), constantFactor(n, 1, n.in(1), false), 1.0, n.outElement(0));
  return failed(result) ? failure() : n.set(0, *result);
}

/// Swaps the last two dimensions: a view of a weight, else a copy.
Value swapLast(Node &n, Value value) {
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(value.getType()).getRank()));
  std::swap(permutation.end()[-1], permutation.end()[-2]);
  if (WeightOp weight = weightOf(value))
    if (Value view = permutedWeight(n, weight, permutation))
      return view;
  return transpose(n, value, permutation);
}

LogicalResult fusedMatMul(Node &n) {
  if (n.op.intAttribute("transBatchA", 0) || n.op.intAttribute("transBatchB", 0))
    return n.unsupported("transposed batch dimensions");
  Value factors[2] = {n.in(0), n.in(1)};
  for (auto [factor, key] : llvm::zip_equal(factors, ArrayRef<const char *>{"transA", "transB"}))
    if (n.op.intAttribute(key, 0) && cast<RankedTensorType>(factor.getType()).getRank() > 1)
      factor = swapLast(n, factor);
  double alpha = n.op.floatAttribute("alpha", 1.0);
  FailureOr<Value> result = multiplyBy(
      n, factors[0], factors[1], constantFactor(n, 1, factors[1], n.op.intAttribute("transB", 0)),
      alpha, n.outElement(0));
  return failed(result) ? failure() : n.set(0, *result);
}

/// alpha * product + beta * C for products that linalg computes: C broadcasts to the product.
LogicalResult addBias(Node &n, Value wide, const Epilogue &epilogue) {
  SmallVector<Value> operands = {wide};
  if (epilogue.bias)
    operands.push_back(epilogue.bias);
  Type element = n.outElement(0);
  Value result = pointwise(n, operands, n.dims(wide), element, [&](ValueRange args) {
    return epilogue.apply(n, args[0], args.size() > 1 ? args[1] : Value());
  });
  return n.set(0, result);
}

LogicalResult convertGemm(Node &n) {
  if (!isa<FloatType>(n.inElement(0)))
    return n.unsupported("integers");
  if (n.rank(0) != 2 || n.rank(1) != 2)
    return n.malformed("a factor is no matrix");
  Value a = n.in(0), b = n.in(1);
  if (n.op.intAttribute("transA", 0))
    a = swapLast(n, a);
  if (n.op.intAttribute("transB", 0))
    b = swapLast(n, b);
  Epilogue epilogue{n.op.floatAttribute("alpha", 1.0), n.op.floatAttribute("beta", 1.0), n.in(2)};
  if (failed(checkReduced(n, n.dims(a)[1], n.dims(b)[0])))
    return failure();
  if (epilogue.bias) {
    Dims product = {n.dims(a)[0], n.dims(b)[1]};
    FailureOr<Dims> all = broadcast(n, {product, n.dims(epilogue.bias)});
    if (failed(all))
      return failure();
    if (all->size() != 2)
      return n.malformed("C has more than two dimensions");
    if (failed(keepsDims(n, product, *all, "C does not broadcast to the product")))
      return failure();
  }
  Value column = epilogue.bias ? columnOf(n, epilogue.bias, n.dims(b)[1]) : Value();
  Factor weight = constantFactor(n, 1, b, n.op.intAttribute("transB", 0));
  if (weight && (column || !epilogue.bias)) {
    epilogue.bias = column;
    return n.set(0, groupedProduct(n, a, weight, epilogue, n.outElement(0)));
  }
  Type wide = computeType(n.inElement(0));
  Value result;
  if (weight) {
    result = groupedProduct(n, a, weight, Epilogue(), wide);
  } else {
    FailureOr<Value> product = wideProduct(n, a, b);
    if (failed(product))
      return failure();
    result = *product;
  }
  if (epilogue.plain() && wide == n.outElement(0))
    return n.set(0, result);
  return addBias(n, result, epilogue);
}

const Table::Row rows[] = {
    {"", "Gemm", 7, convertGemm},
    {"", "MatMul", 1, convertMatMul},
    {"com.microsoft", "FusedMatMul", 1, fusedMatMul},
};
} // namespace

ArrayRef<Table::Row> convert::matMulRows() { return rows; }
