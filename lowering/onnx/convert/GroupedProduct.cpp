//===- GroupedProduct.cpp - Products with constant matrices ---------------===//

#include "lowering/onnx/convert/GroupedProduct.h"

using namespace mlir;
using namespace moe;
using namespace moe::convert;

Value Epilogue::apply(Node &n, Value acc, Value biasScalar) const {
  Type type = acc.getType();
  if (alpha != 1.0)
    acc = arith::MulFOp::create(n, acc, scalar(n, type, alpha));
  if (!biasScalar)
    return acc;
  if (beta != 1.0)
    biasScalar = arith::MulFOp::create(n, biasScalar, scalar(n, type, beta));
  return arith::AddFOp::create(n, acc, biasScalar);
}

/// A view [.., ..] as a stored weight of one group.
static Value grouped(Node &n, const raise::WeightView &view) {
  return raise::stackWeights(n, n.getLoc(), view, n.op.getName());
}

Factor convert::quantFactor(Node &n, const raise::QuantView &view, Type element) {
  auto alongDepth = view.rank() == 2 ? view.blockedAlong(0) : std::nullopt;
  if (!alongDepth || element.isF64())
    return {};
  // Kernels read words of codes, and blocks are whole ones.
  QuantAttr quant = alongDepth->quant;
  if (quant.getBlock() < alongDepth->codes.shape[0] && quant.getBlock() % 16)
    return {};
  Factor factor{grouped(n, alongDepth->codes), grouped(n, alongDepth->scales), Value(), quant};
  if (alongDepth->zeroPoints)
    factor.zeroPoints = grouped(n, *alongDepth->zeroPoints);
  return factor;
}

static bool isFloatMatrix(Value b) {
  auto type = cast<RankedTensorType>(b.getType());
  return type.getRank() == 2 && isa<FloatType>(type.getElementType());
}

Factor convert::weightFactor(Node &n, Value b) {
  WeightOp weight = isFloatMatrix(b) ? weightOf(b) : WeightOp();
  return weight ? Factor{stackedWeight(n, weight), Value(), Value(), QuantAttr()} : Factor();
}

Factor convert::constantFactor(Node &n, unsigned input, Value b, bool isTransposed) {
  if (Factor factor = weightFactor(n, b))
    return factor;
  if (!isFloatMatrix(b))
    return {};
  auto view = raise::quantView(n.op.input(input));
  if (view && isTransposed)
    view = view->permuted({1, 0});
  return view ? quantFactor(n, *view, n.inElement(0)) : Factor();
}

Value convert::columnOf(Node &n, Value bias, OpFoldResult columns) {
  Dims dims = n.dims(bias);
  Operation *op = bias.getDefiningOp();
  if (!isa_and_present<WeightOp, arith::ConstantOp>(op) || dims.empty() || dims.size() > 2 ||
      !same(dims.back(), columns) || (dims.size() == 2 && !isStatic(dims[0], 1)))
    return {};
  if (dims.size() == 2)
    return bias;
  if (WeightOp weight = weightOf(bias))
    return stackedWeight(n, weight);
  auto elements = dyn_cast<DenseElementsAttr>(cast<arith::ConstantOp>(op).getValue());
  if (!elements)
    return {};
  auto type = elements.getType().clone({1, elements.getNumElements()});
  return arith::ConstantOp::create(n, cast<TypedAttr>(elements.reshape(type)));
}

Value convert::groupedProduct(Node &n, Value rows, const Factor &factor, const Epilogue &epilogue,
                              Type element) {
  Dims dims = {n.dims(rows)[0], n.getIndexAttr(factor.columns())};
  rows = castTo(n, rows, {n.dims(rows)[0], n.getIndexAttr(factor.depth())});
  Value init = empty(n, dims, element);
  SmallVector<Value> columns;
  if (epilogue.bias)
    columns.push_back(epilogue.bias);
  SmallVector<Value, 1> scales, zeroPoints;
  if (factor.scales)
    scales.push_back(factor.scales);
  if (factor.zeroPoints)
    zeroPoints.push_back(factor.zeroPoints);
  auto op = GroupedMatmulOp::create(n, init.getType(), rows, Value(), Value(), factor.weight,
                                    columns, init, scales, zeroPoints, 1, factor.quant);
  n.remember(op.getResult(), dims);
  if (epilogue.plain())
    return op.getResult();
  OpBuilder::InsertionGuard guard(n);
  SmallVector<Type> types(1 + columns.size(), op.getAccumulatorType());
  SmallVector<Location> places(types.size(), n.getLoc());
  Block *block = n.createBlock(&op.getEpilogue(), {}, types, places);
  Value bias = columns.empty() ? Value() : Value(block->getArgument(1));
  YieldOp::create(n, epilogue.apply(n, block->getArgument(0), bias));
  return op.getResult();
}
