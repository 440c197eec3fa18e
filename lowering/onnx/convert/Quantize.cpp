//===- Quantize.cpp - QuantizeLinear and DequantizeLinear -----------------===//
//
// Computed in f32 whatever the types. A scale for a block of positions is one for the first of two
// axes that the blocked axis is split into; where blocks do not divide the axis, each element looks
// its scale up.
//
//===----------------------------------------------------------------------===//

#include "lowering/onnx/convert/Cast.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

namespace {
Type elementOf(Value value) { return getElementTypeOrSelf(value.getType()); }

/// The element that input `input` has in the graph.
Type graphElement(Node &n, unsigned input) { return elementOf(n.op.input(input)); }

/// Dimensions in which the tensor and its scales broadcast.
struct Blocks {
  Dims data, scale;
};

/// Nothing where each element has to look its scale up.
std::optional<Blocks> blocksOf(Node &n, const Dims &data, int64_t axis, int64_t block) {
  Dims scale = n.dims(n.in(1)), ones(data.size(), n.getIndexAttr(1));
  if (llvm::all_of(scale, [](OpFoldResult dim) { return isStatic(dim, 1); }))
    return Blocks{data, {}};
  if (block == 0) {
    ones[axis] = scale[0];
    return Blocks{data, ones};
  }
  std::optional<int64_t> length = number(data[axis]);
  if (!length || *length % block != 0)
    return std::nullopt;
  Blocks blocks{data, scale};
  blocks.data[axis] = n.getIndexAttr(*length / block);
  blocks.data.insert(blocks.data.begin() + axis + 1, n.getIndexAttr(block));
  blocks.scale[axis] = blocks.data[axis];
  blocks.scale.insert(blocks.scale.begin() + axis + 1, n.getIndexAttr(1));
  return blocks;
}

/// A scale or zero point for each element of the tensor, repeated along the blocks.
Value repeated(Node &n, Value param, const Dims &data, int64_t axis, int64_t block) {
  return compute(n, data, elementOf(param), [&](ValueRange at) -> Value {
    SmallVector<Value> place(at);
    place[axis] = arith::DivUIOp::create(n, at[axis], indexOf(n, block));
    return tensor::ExtractOp::create(n, param, place);
  });
}

/// One generic over the tensor, its scale and its zero point (null where there is none).
LogicalResult withScales(Node &n,
                         llvm::function_ref<Value(Value x, Value scale, Value zero)> body) {
  Dims data = n.dims(n.in(0));
  int64_t block = n.op.intAttribute("block_size", 0);
  int64_t axis = wrapAxis(n.op.intAttribute("axis", 1), data.size()).value_or(0);
  std::optional<Blocks> blocks = blocksOf(n, data, axis, block);
  SmallVector<Value> operands = {blocks ? reshape(n, n.in(0), blocks->data) : n.in(0)};
  for (unsigned input : {1u, 2u}) {
    if (!n.has(input))
      continue;
    Value param = n.in(input);
    bool isOne = llvm::all_of(n.dims(param), [](OpFoldResult dim) { return isStatic(dim, 1); });
    if (isOne)
      operands.push_back(reshape(n, param, {}));
    else
      operands.push_back(blocks ? reshape(n, param, blocks->scale)
                                : repeated(n, param, data, axis, block));
  }
  FailureOr<Value> result = elementwise(n, operands, n.outElement(0), [&](ValueRange args) {
    return body(args[0], decoded(n, args[1], graphElement(n, 1)),
                args.size() > 2 ? args[2] : Value());
  });
  return failed(result) ? failure() : n.set(0, reshape(n, *result, data));
}

/// The difference of two elements of input 0's type, as f32. That of integers is exact.
Value difference(Node &n, Value x, Value zero, Type type) {
  IntegerType wide = n.getI32Type();
  if (isa<FloatType>(type)) {
    x = decoded(n, x, type);
    return zero ? arith::SubFOp::create(n, x, decoded(n, zero, type)).getResult() : x;
  }
  x = castScalar(n, x, type, wide);
  if (zero)
    x = arith::SubIOp::create(n, x, castScalar(n, zero, type, wide));
  return castScalar(n, x, wide, n.getF32Type());
}

LogicalResult dequantize(Node &n) {
  Type type = graphElement(n, 0), to = elementOf(n.op.getResult(0));
  if (!to.isF16() && !to.isBF16() && !to.isF32())
    return n.unsupported("a result of this element type");
  return withScales(n, [&](Value x, Value scale, Value zero) -> Value {
    return arith::MulFOp::create(n, difference(n, x, zero, type), scale);
  });
}

/// The type that x / scale is rounded to: `precision`, or the scale's.
Type quotientType(Node &n) {
  switch (n.op.intAttribute("precision", 0)) {
  case 1:
    return n.getF32Type();
  case 10:
    return n.getF16Type();
  case 16:
    return n.getBF16Type();
  default:
    return isSmall(graphElement(n, 1)) ? n.getF32Type() : graphElement(n, 1);
  }
}

LogicalResult quantize(Node &n) {
  Type from = graphElement(n, 0), to = elementOf(n.op.getResult(0)), precision = quotientType(n);
  bool good = llvm::all_of(ArrayRef<Type>{from, precision}, [](Type type) {
    return type.isF16() || type.isBF16() || type.isF32() || type.isInteger(32);
  });
  if (!good)
    return n.unsupported("input or scale of this element type");
  SmallRounding rounding{n.op.intAttribute("saturate", 1) != 0};
  return withScales(n, [&](Value x, Value scale, Value zero) -> Value {
    x = castScalar(n, x, from, n.getF32Type());
    Value quotient = arith::DivFOp::create(n, x, scale);
    quotient = widen(n, narrow(n, quotient, precision));
    bool whole = isa<IntegerType>(to);
    if (whole)
      quotient = math::RoundEvenOp::create(n, quotient);
    if (zero)
      quotient = arith::AddFOp::create(n, quotient, castScalar(n, zero, to, n.getF32Type()));
    if (whole)
      return toWhole(n, quotient, cast<IntegerType>(to));
    return encodeSmall(n, quotient, cast<FloatType>(to), rounding);
  });
}

LogicalResult convertQuantize(Node &n) {
  Type to = elementOf(n.op.getResult(0));
  if (!isa<IntegerType>(to) && !isSmall(to))
    return n.unsupported("a result of this element type");
  return quantize(n);
}

const Table::Row rows[] = {
    {"", "DequantizeLinear", 10, dequantize},
    {"", "QuantizeLinear", 10, convertQuantize},
};
} // namespace

ArrayRef<Table::Row> convert::quantizeRows() { return rows; }
