//===- Experts.cpp - Experts that no grouped product could be made of -----===//
//
// Slow and right: one expert after the other, its body on its own rows. --moe-group-experts said
// why it comes to this.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

/// weights[expert, ...], without the leading dimension.
static Value emitWeightOf(Emit &emit, Value weights, Value expert, Type type) {
  int64_t rank = cast<RankedTensorType>(weights.getType()).getRank();
  SmallVector<OpFoldResult> offsets(rank, emit.getIndexAttr(0)),
      strides(rank, emit.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(emit, emit.getLoc(), weights);
  offsets.front() = expert;
  sizes.front() = emit.getIndexAttr(1);
  return tensor::ExtractSliceOp::create(emit, cast<RankedTensorType>(type), weights, offsets, sizes,
                                        strides);
}

/// The weights as the body reads them: codes in a byte each.
static SmallVector<Value> storedWeights(Emit &emit, ExpertOp op) {
  SmallVector<Value> stored(op.getWeights());
  for (auto dequantize : op.getBody().front().getOps<DequantizeOp>())
    for (Value operand : dequantize->getOperands())
      if (auto share = dyn_cast<BlockArgument>(operand); share && share.getArgNumber() > 0) {
        Value &weight = stored[share.getArgNumber() - 1];
        weight = emitInBytes(emit, weight, dequantize.getQuant().getIsSigned());
      }
  return stored;
}

/// The body on the rows `begin .. begin + count - 1`, put into `out`.
static Value emitBody(Emit &emit, ExpertOp op, ArrayRef<Value> stored, Value expert, Value begin,
                      Value count, Value out) {
  Block &body = op.getBody().front();
  SmallVector<OpFoldResult> offsets{begin, emit.getIndexAttr(0)};
  SmallVector<OpFoldResult> strides(2, emit.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes{count, emit.size(op.getRows(), 1)};
  IRMapping mapping;
  mapping.map(body.getArgument(0), Value(tensor::ExtractSliceOp::create(
                                       emit, cast<RankedTensorType>(body.getArgument(0).getType()),
                                       op.getRows(), offsets, sizes, strides)));
  for (auto [argument, weights] : llvm::zip_equal(body.getArguments().drop_front(), stored)) {
    Type type = cast<ShapedType>(argument.getType()).clone(getElementTypeOrSelf(weights.getType()));
    mapping.map(argument, emitWeightOf(emit, weights, expert, type));
  }
  for (Operation &inner : body.without_terminator()) {
    if (auto dequantize = dyn_cast<DequantizeOp>(inner))
      mapping.map(dequantize,
                  emitDequantize(emit, dequantize.getQuant(), mapping.lookup(dequantize.getCodes()),
                                 mapping.lookup(dequantize.getScales()),
                                 mapping.lookupOrNull(dequantize.getZeroPoints())));
    else
      emit.clone(inner, mapping);
  }
  Value result = mapping.lookupOrDefault(cast<YieldOp>(body.getTerminator()).getValue());
  sizes[1] = emit.size(out, 1);
  return tensor::InsertSliceOp::create(emit, result, out, offsets, sizes, strides);
}

Value moe::emitExpert(Emit &emit, ExpertOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  int64_t experts = cast<RankedTensorType>(op.getOffsets().getType()).getDimSize(0) - 1;
  // The number of columns is the body's; rows come with the operand.
  Value out = emit.empty({emit.size(op.getRows(), 0), emit.getIndexAttr(type.getDimSize(1))},
                         type.getElementType());
  SmallVector<Value> stored = storedWeights(emit, op);
  auto offset = [&](Value at) -> Value {
    return arith::IndexCastOp::create(emit, emit.getIndexType(), emit.at(op.getOffsets(), at));
  };
  auto oneExpert = [&](Value expert, ValueRange carried) -> Emit::Values {
    Value begin = offset(expert);
    Value end = offset(arith::AddIOp::create(emit, expert, emit.index(1)));
    Value count = arith::SubIOp::create(emit, end, begin);
    return {emitBody(emit, op, stored, expert, begin, count, carried[0])};
  };
  return emit.loop(emit.index(experts), out, oneExpert)[0];
}
