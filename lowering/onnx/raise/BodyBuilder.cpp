//===- BodyBuilder.cpp - Writes the region of moe.expert ------------------===//

#include "lowering/onnx/raise/BodyBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

BodyBuilder::BodyBuilder(ExpertOp expert)
    : block(&expert.getBody().emplaceBlock()), builder(expert.getLoc(), expert.getContext()) {
  RankedTensorType rowsType = typeOf(expert.getRows());
  storage = rowsType.getElementType();
  compute = storage.isF64() ? storage : Type(builder.getF32Type());
  block->addArgument(RankedTensorType::get({ShapedType::kDynamic, rowsType.getDimSize(1)}, storage),
                     expert.getLoc());
  for (Value weight : expert.getWeights()) {
    RankedTensorType type = typeOf(weight);
    block->addArgument(RankedTensorType::get(type.getShape().drop_front(), type.getElementType()),
                       expert.getLoc());
  }
  builder.setInsertionPointToEnd(block);
  Value zero = arith::ConstantIndexOp::create(builder, 0);
  numRows = tensor::DimOp::create(builder, rows(), zero);
}

Value BodyBuilder::empty(int64_t columns, Type element) {
  return tensor::EmptyOp::create(builder, ArrayRef<int64_t>{ShapedType::kDynamic, columns}, element,
                                 ValueRange{numRows});
}

/// `value` in the storage type, which products read.
Value BodyBuilder::rounded(Value value) {
  if (typeOf(value).getElementType() == storage)
    return value;
  AffineMap identity = builder.getMultiDimIdentityMap(2);
  auto generic = linalg::GenericOp::create(
      builder, RankedTensorType::get(typeOf(value).getShape(), storage), value,
      empty(typeOf(value).getDimSize(1), storage), ArrayRef<AffineMap>{identity, identity},
      SmallVector<utils::IteratorType>(2, utils::IteratorType::parallel),
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        Value narrow = arith::TruncFOp::create(nested, loc, storage, args[0]);
        linalg::YieldOp::create(nested, loc, narrow);
      });
  return generic.getResult(0);
}

Value BodyBuilder::matmul(Value rows, Value weight) {
  Value zero = arith::ConstantOp::create(builder, builder.getFloatAttr(compute, 0.0));
  Value init = empty(typeOf(weight).getDimSize(1), compute);
  Value filled = linalg::FillOp::create(builder, zero, init).getResult(0);
  return linalg::MatmulOp::create(builder, ValueRange{rounded(rows), weight}, filled).getResult(0);
}

Value BodyBuilder::dequantize(Value codes, Value scales, Value zeroPoints, QuantAttr quant) {
  auto type = RankedTensorType::get(typeOf(codes).getShape(), builder.getF32Type());
  return DequantizeOp::create(builder, type, codes, scales, zeroPoints, quant);
}

Value BodyBuilder::elementwise(ArrayRef<Value> operands, Scalar scalar) {
  int64_t columns = typeOf(operands.front()).getShape().back();
  AffineMap identity = builder.getMultiDimIdentityMap(2);
  AffineMap perColumn = AffineMap::get(2, 0, builder.getAffineDimExpr(1));
  SmallVector<AffineMap> maps;
  for (Value operand : operands)
    maps.push_back(typeOf(operand).getRank() == 2 ? identity : perColumn);
  maps.push_back(identity);
  auto generic = linalg::GenericOp::create(
      builder, RankedTensorType::get({ShapedType::kDynamic, columns}, compute), operands,
      empty(columns, compute), maps,
      SmallVector<utils::IteratorType>(2, utils::IteratorType::parallel),
      [&](OpBuilder &nested, Location loc, ValueRange args) {
        ImplicitLocOpBuilder inner(loc, nested);
        SmallVector<Value> wide;
        for (Value arg : args.drop_back())
          wide.push_back(arg.getType() == compute
                             ? arg
                             : arith::ExtFOp::create(inner, compute, arg).getResult());
        linalg::YieldOp::create(inner, scalar(inner, wide));
      });
  return generic.getResult(0);
}

void BodyBuilder::yield(Value value) { YieldOp::create(builder, rounded(value)); }

} // namespace moe::raise
