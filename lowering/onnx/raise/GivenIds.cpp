//===- GivenIds.cpp - Choices that the graph itself computes --------------===//

#include "lowering/onnx/raise/GivenIds.h"
#include "lowering/onnx/raise/Graph.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace moe::raise {

/// Whether any id is out of range, as one bit: all of `ids` into one place.
static Value anyOutOfRange(OpBuilder &builder, Location loc, Value ids, int64_t experts) {
  auto bit = [&](bool value) {
    return arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value));
  };
  auto empty = tensor::EmptyOp::create(builder, loc, ArrayRef<int64_t>{}, builder.getI1Type());
  Value none =
      linalg::FillOp::create(builder, loc, ValueRange(bit(false)), ValueRange(empty)).getResult(0);
  AffineMap maps[] = {builder.getMultiDimIdentityMap(2),
                      AffineMap::get(2, 0, builder.getContext())};
  SmallVector<utils::IteratorType> loops(2, utils::IteratorType::reduction);
  auto check = [&](OpBuilder &b, Location loc, ValueRange args) {
    // Seen without a sign, id + 1 of all negative ids but -1 lies beyond every expert.
    Value one = arith::ConstantOp::create(b, loc, b.getIntegerAttr(args[0].getType(), 1));
    Value limit = arith::ConstantOp::create(b, loc, b.getIntegerAttr(args[0].getType(), experts));
    Value next = arith::AddIOp::create(b, loc, args[0], one);
    Value bad = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ugt, next, limit);
    linalg::YieldOp::create(b, loc, arith::OrIOp::create(b, loc, args[1], bad).getResult());
  };
  auto any = linalg::GenericOp::create(builder, loc, none.getType(), ids, none, maps, loops, check);
  return tensor::ExtractOp::create(builder, loc, any.getResult(0), ValueRange{});
}

/// `ids` with elements that the check takes: i32 and i64 as they are, others as i64.
static Value asSigned(OpBuilder &builder, Location loc, Value ids) {
  auto type = cast<RankedTensorType>(ids.getType());
  if (type.getElementType().isSignlessInteger(32) || type.getElementType().isSignlessInteger(64))
    return ids;
  constexpr int64_t int64 = 7; // of TensorProto.DataType
  auto to = builder.getDictionaryAttr(builder.getNamedAttr("to", builder.getI64IntegerAttr(int64)));
  Type result = type.clone(builder.getI64Type());
  return onnx::NodeOp::create(builder, loc, result, "Cast", "", 13, "", to, ArrayAttr(), ids, 0)
      .getResult(0);
}

static Value truncated(OpBuilder &builder, Location loc, Value ids) {
  auto type = cast<RankedTensorType>(ids.getType());
  if (type.getElementType().isInteger(32))
    return ids;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, ids);
  Value out = tensor::EmptyOp::create(builder, loc, sizes, builder.getI32Type());
  SmallVector<AffineMap> maps(2, builder.getMultiDimIdentityMap(2));
  SmallVector<utils::IteratorType> loops(2, utils::IteratorType::parallel);
  auto each = [](OpBuilder &b, Location loc, ValueRange args) {
    Value small = arith::TruncIOp::create(b, loc, b.getI32Type(), args[0]);
    linalg::YieldOp::create(b, loc, small);
  };
  return linalg::GenericOp::create(builder, loc, out.getType(), ids, out, maps, loops, each)
      .getResult(0);
}

Value checkedIds(OpBuilder &builder, Location loc, Value given, int64_t experts) {
  Value ids = asSigned(builder, loc, given);
  Value bad = anyOutOfRange(builder, loc, ids, experts);
  Value yes = arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
  cf::AssertOp::create(builder, loc, arith::XOrIOp::create(builder, loc, bad, yes),
                       "a token is sent to an expert that does not exist");
  return truncated(builder, loc, ids);
}

} // namespace moe::raise
