//===- Norm.cpp - Normalization over the last axes ------------------------===//
//
// Statistics are computed in f32 (stash_type 1) and the result is rounded once at its end.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Transformer.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// The axes from `axis` on.
FailureOr<SmallVector<int64_t>> lastAxes(Node &n, int64_t rank) {
  std::optional<int64_t> axis = wrapAxis(n.op.intAttribute("axis", -1), rank);
  if (!axis)
    return n.malformed("axis outside of the input's rank");
  return llvm::to_vector(llvm::seq<int64_t>(*axis, rank));
}

/// Means over `axes` of what `before` makes of each element, with ones in place of the axes.
Value meanOver(Node &n, Value x, ArrayRef<int64_t> axes, ScalarFn before) {
  Dims dims = n.dims(x);
  OpFoldResult count = n.getIndexAttr(1);
  for (int64_t axis : axes)
    count = multiply(n, count, dims[axis]);
  Value whole = arith::IndexCastOp::create(n, n.getI64Type(), asValue(n, count));
  Value sum = reduce(n, x, axes, Fold::Sum, false, before);
  Type type = getElementTypeOrSelf(sum.getType());
  Value mean = pointwise(n, sum, n.dims(sum), type, [&](ValueRange args) -> Value {
    return arith::DivFOp::create(n, args[0], arith::SIToFPOp::create(n, type, whole));
  });
  return reshape(n, mean, withOnes(n, dims, axes));
}

Value product(Node &n, Value a, Value b) { return arith::MulFOp::create(n, a, b); }

/// 1 / sqrt(x + epsilon) of each element.
Value inverseRoot(Node &n, Value x, double epsilon) {
  Type type = getElementTypeOrSelf(x.getType());
  return pointwise(n, x, n.dims(x), type, [&](ValueRange args) -> Value {
    Value shifted = arith::AddFOp::create(n, args[0], scalar(n, type, epsilon));
    return arith::DivFOp::create(n, scalar(n, type, 1.0), math::SqrtOp::create(n, shifted));
  });
}

/// The input in dimensions that scale and bias broadcast to: they are the input's, and where its
/// type does not know them, this is checked at run time.
FailureOr<Value> fitInput(Node &n, Value x, ValueRange parameters) {
  Dims dims = n.dims(x);
  SmallVector<Dims> operands = {dims};
  for (Value parameter : parameters)
    operands.push_back(n.dims(parameter));
  FailureOr<Dims> all = broadcast(n, operands);
  if (failed(all))
    return failure();
  if (all->size() != dims.size())
    return n.malformed("scale or bias has a higher rank than the input");
  if (failed(keepsDims(n, dims, *all, "scale or bias does not broadcast to the input")))
    return failure();
  return castTo(n, x, *all);
}

/// x / sqrt(mean(x * x) + epsilon) * scale (+ bias), computed wide; also 1 / sqrt(...).
std::pair<Value, Value> rmsOf(Node &n, Value x, ArrayRef<int64_t> axes, ValueRange parameters,
                              double epsilon, Type element) {
  Value square = meanOver(n, x, axes, [&](ValueRange v) { return product(n, v[0], v[0]); });
  Value inverse = inverseRoot(n, square, epsilon);
  SmallVector<Value> operands = {x, inverse};
  operands.append(parameters.begin(), parameters.end());
  Value result = pointwise(n, operands, n.dims(x), element, [&](ValueRange args) {
    return product(n, product(n, args[0], args[1]), args[2]);
  });
  return {result, inverse};
}

} // namespace

FailureOr<Value> convert::rmsNormalized(Node &n, Value x, Value scale, double epsilon) {
  FailureOr<Value> fitted = fitInput(n, x, scale);
  if (failed(fitted))
    return failure();
  SmallVector<int64_t> axes = {static_cast<int64_t>(n.dims(x).size()) - 1};
  return rmsOf(n, *fitted, axes, scale, epsilon, getElementTypeOrSelf(x.getType())).first;
}

namespace {
/// RMSNormalization, and ONNX Runtime's form of it with 1 / sqrt(...) as second output.
LogicalResult rmsNorm(Node &n) {
  auto axes = lastAxes(n, n.rank(0));
  FailureOr<Value> x = fitInput(n, n.in(0), n.in(1));
  if (failed(axes) || failed(x))
    return failure();
  double epsilon = n.op.floatAttribute("epsilon", 1e-5);
  auto [result, inverse] = rmsOf(n, *x, *axes, n.in(1), epsilon, n.outElement(0));
  if (n.wants(1) && failed(n.set(1, convertFloat(n, inverse, n.outElement(1)))))
    return failure();
  return n.set(0, result);
}

/// input + skip (+ bias), in the dimensions of the input.
FailureOr<Value> skipSum(Node &n, unsigned bias) {
  SmallVector<Value> parts = {n.in(0), n.in(1)};
  if (n.has(bias))
    parts.push_back(n.in(bias));
  return elementwise(n, parts, n.inElement(0), [&](ValueRange args) {
    Value all = args[0];
    for (Value part : args.drop_front())
      all = arith::AddFOp::create(n, all, part);
    return all;
  });
}

/// The same of input + skip (+ bias); the sum is the fourth output.
LogicalResult skipRmsNorm(Node &n) {
  FailureOr<Value> sum = skipSum(n, 3);
  if (failed(sum) || failed(sum = fitInput(n, *sum, n.in(2))))
    return failure();
  SmallVector<int64_t> axes = {static_cast<int64_t>(n.rank(0)) - 1};
  double epsilon = n.op.floatAttribute("epsilon", 1e-5);
  auto [result, inverse] = rmsOf(n, *sum, axes, n.in(2), epsilon, n.outElement(0));
  if (n.wants(1))
    return n.unsupported("the mean as an output");
  if (n.wants(2) && failed(n.set(2, convertFloat(n, inverse, n.outElement(2)))))
    return failure();
  if (n.wants(3) && failed(n.set(3, *sum)))
    return failure();
  return n.set(0, result);
}

/// What a normalization gives out: result, mean and 1 / deviation.
struct Normalized {
  Value result, mean, inverse;
};

/// (x - mean) / sqrt(variance + epsilon) * scale + bias.
FailureOr<Normalized> layerNormOf(Node &n, Value given, ArrayRef<int64_t> axes, Value scale,
                                  Value bias) {
  SmallVector<Value> parameters = {scale};
  if (bias)
    parameters.push_back(bias);
  FailureOr<Value> fitted = fitInput(n, given, parameters);
  if (failed(fitted))
    return failure();
  Value x = *fitted;
  Dims dims = n.dims(x);
  Value mean = meanOver(n, x, axes, [](ValueRange v) { return v[0]; });
  Type wide = getElementTypeOrSelf(mean.getType());
  Value centred = pointwise(n, {x, mean}, dims, wide, [&](ValueRange args) -> Value {
    return arith::SubFOp::create(n, args[0], args[1]);
  });
  Value variance = meanOver(n, centred, axes, [&](ValueRange v) { return product(n, v[0], v[0]); });
  Value inverse = inverseRoot(n, variance, n.op.floatAttribute("epsilon", 1e-5));
  SmallVector<Value> operands = {centred, inverse};
  operands.append(parameters);
  Value result = pointwise(n, operands, dims, n.outElement(0), [&](ValueRange args) -> Value {
    Value scaled = product(n, product(n, args[0], args[1]), args[2]);
    return args.size() > 3 ? arith::AddFOp::create(n, scaled, args[3]).getResult() : scaled;
  });
  return Normalized{result, mean, inverse};
}

/// Hands out what `layerNormOf` found.
LogicalResult setAll(Node &n, FailureOr<Normalized> all) {
  if (failed(all) || failed(n.set(0, all->result)))
    return failure();
  for (auto [output, value] : {std::pair(1u, all->mean), std::pair(2u, all->inverse)})
    if (n.wants(output) && failed(n.set(output, convertFloat(n, value, n.outElement(output)))))
      return failure();
  return success();
}

LogicalResult layerNorm(Node &n) {
  auto axes = lastAxes(n, n.rank(0));
  if (failed(axes))
    return failure();
  return setAll(n, layerNormOf(n, n.in(0), *axes, n.in(1), n.in(2)));
}

/// The same of input + skip (+ bias); the sum is the fourth output.
LogicalResult skipLayerNorm(Node &n) {
  FailureOr<Value> sum = skipSum(n, 4);
  if (failed(sum))
    return failure();
  SmallVector<int64_t> axes = {static_cast<int64_t>(n.rank(0)) - 1};
  if (n.wants(3) && failed(n.set(3, *sum)))
    return failure();
  return setAll(n, layerNormOf(n, *sum, axes, n.in(2), n.in(3)));
}

const Table::Row rows[] = {
    {"", "LayerNormalization", 1,
     layerNorm}, // before 17 it is ONNX Runtime's, with the same meaning
    {"", "RMSNormalization", 23, rmsNorm},
    {"", "SimplifiedLayerNormalization", 1, rmsNorm}, // ONNX Runtime's, in ONNX's own domain
    {"com.microsoft", "SimplifiedLayerNormalization", 1, rmsNorm},
    {"com.microsoft", "SkipLayerNormalization", 1, skipLayerNorm},
    {"com.microsoft", "SkipSimplifiedLayerNormalization", 1, skipRmsNorm},
};
} // namespace

ArrayRef<Table::Row> convert::normRows() { return rows; }
