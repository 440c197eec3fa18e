//===- ChannelNorm.cpp - Normalization by channels ------------------------===//
//
// The statistics are given (batch), or are those of a channel or a group of channels of one image.
// Computed in f32 for f16 and bf16 and rounded once at the end.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Build.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
/// One number a channel, or a group, for [batch, channels, ...].
FailureOr<Value> perChannel(Node &n, Value value, OpFoldResult channels, size_t rank) {
  if (n.dims(value).size() != 1 ||
      failed(keepsDims(n, n.dims(value), channels, "a parameter has other channels")))
    return n.malformed("a parameter is not one number a channel");
  Dims column(rank - 1, n.getIndexAttr(1));
  column[0] = channels;
  return reshape(n, value, column);
}

Value inverseRoot(Node &n, Value variance, double epsilon) {
  Type type = variance.getType();
  Value shifted = arith::AddFOp::create(n, variance, scalar(n, type, epsilon));
  return arith::DivFOp::create(n, scalar(n, type, 1), math::SqrtOp::create(n, shifted));
}

/// (x - mean) / sqrt(variance + epsilon) * scale + bias with given statistics.
LogicalResult batchNorm(Node &n) {
  if (n.op.intAttribute("training_mode", 0))
    return n.unsupported("training (attribute 'training_mode')");
  for (unsigned output = 1; output < n.op.getNumResults(); ++output)
    if (n.wants(output))
      return n.unsupported("running statistics as outputs");
  Dims dims = n.dims(n.in(0));
  if (dims.size() < 2)
    return n.malformed("an input without batch and channels");
  SmallVector<Value> operands = {n.in(0)};
  for (unsigned input : {1, 2, 3, 4}) {
    FailureOr<Value> column = perChannel(n, n.in(input), dims[1], dims.size());
    if (failed(column))
      return failure();
    operands.push_back(*column);
  }
  double epsilon = n.op.floatAttribute("epsilon", 1e-5);
  Value result = pointwise(n, operands, dims, n.outElement(0), [&](ValueRange args) -> Value {
    Value centred = arith::SubFOp::create(n, args[0], args[3]);
    Value scaled = arith::MulFOp::create(n, args[1], inverseRoot(n, args[4], epsilon));
    return arith::AddFOp::create(n, arith::MulFOp::create(n, centred, scaled), args[2]);
  });
  return n.set(0, result);
}

/// The mean of each element over the last axis of [batch, groups, size], as [batch, groups, 1].
Value meanOf(Node &n, Value x, ScalarFn before) {
  Dims dims = n.dims(x);
  Value sum = reduce(n, x, {2}, Fold::Sum, false, before);
  Type type = getElementTypeOrSelf(sum.getType());
  Value whole = arith::IndexCastOp::create(n, n.getI64Type(), asValue(n, dims[2]));
  Value mean = pointwise(n, sum, n.dims(sum), type, [&](ValueRange args) -> Value {
    return arith::DivFOp::create(n, args[0], arith::SIToFPOp::create(n, type, whole));
  });
  return reshape(n, mean, withOnes(n, dims, {2}));
}

/// `x` with the mean and deviation of each of `groups` runs of channels taken out, computed wide.
Value normalized(Node &n, Value x, OpFoldResult groups, double epsilon) {
  Dims dims = n.dims(x);
  OpFoldResult inner = divide(n, dims[1], groups);
  for (OpFoldResult dim : ArrayRef<OpFoldResult>(dims).drop_front(2))
    inner = multiply(n, inner, dim);
  Dims runs = {dims[0], groups, inner};
  Value flat = reshape(n, x, runs);
  Value mean = meanOf(n, flat, [](ValueRange v) { return v[0]; });
  Type wide = getElementTypeOrSelf(mean.getType());
  Value centred = pointwise(n, {flat, mean}, runs, wide, [&](ValueRange args) -> Value {
    return arith::SubFOp::create(n, args[0], args[1]);
  });
  Value variance = meanOf(
      n, centred, [&](ValueRange v) -> Value { return arith::MulFOp::create(n, v[0], v[0]); });
  Value result = pointwise(n, {centred, variance}, runs, wide, [&](ValueRange args) -> Value {
    return arith::MulFOp::create(n, args[0], inverseRoot(n, args[1], epsilon));
  });
  return reshape(n, result, dims);
}

/// x * scale + bias, each one number a channel.
LogicalResult scaled(Node &n, Value x, Value scale, Value bias) {
  Dims dims = n.dims(n.in(0));
  FailureOr<Value> factor = perChannel(n, scale, dims[1], dims.size());
  FailureOr<Value> addend = perChannel(n, bias, dims[1], dims.size());
  if (failed(factor) || failed(addend))
    return failure();
  return n.set(
      0, pointwise(n, {x, *factor, *addend}, dims, n.outElement(0), [&](ValueRange args) -> Value {
        Value product = arith::MulFOp::create(n, args[0], args[1]);
        return arith::AddFOp::create(n, product, args[2]);
      }));
}

LogicalResult instanceNorm(Node &n) {
  Dims dims = n.dims(n.in(0));
  if (dims.size() < 3)
    return n.malformed("an input without an image");
  Value x = normalized(n, n.in(0), dims[1], n.op.floatAttribute("epsilon", 1e-5));
  return scaled(n, x, n.in(1), n.in(2));
}

/// Before opset 21 scale and bias are one number a group.
template <bool perGroup> LogicalResult groupNorm(Node &n) {
  Dims dims = n.dims(n.in(0));
  int64_t groups = n.op.intAttribute("num_groups", 0);
  if (dims.size() < 3 || groups < 1)
    return n.malformed("an input without an image, or attribute 'num_groups'");
  OpFoldResult count = n.getIndexAttr(groups), size = divide(n, dims[1], count);
  if (failed(keepsDims(n, multiply(n, size, count), dims[1], "groups do not divide the channels")))
    return failure();
  Value x = normalized(n, n.in(0), count, n.op.floatAttribute("epsilon", 1e-5));
  Value scale = n.in(1), bias = n.in(2);
  if (perGroup)
    for (Value *parameter : {&scale, &bias}) {
      if (failed(keepsDims(n, n.dims(*parameter), count, "a parameter is not one number a group")))
        return failure();
      Value each = reshape(n, *parameter, {count, n.getIndexAttr(1)});
      Dims grown = {count, size};
      *parameter = reshape(n,
                           pointwise(n, each, grown, getElementTypeOrSelf(each.getType()),
                                     [](ValueRange args) { return args[0]; }),
                           dims[1]);
    }
  return scaled(n, x, scale, bias);
}

const Table::Row rows[] = {
    {"", "BatchNormalization", 9, batchNorm},
    {"", "GroupNormalization", 18, groupNorm<true>},
    {"", "GroupNormalization", 21, groupNorm<false>},
    {"", "InstanceNormalization", 6, instanceNorm},
};
} // namespace

ArrayRef<Table::Row> convert::channelNormRows() { return rows; }
