//===- TopK.cpp - The best of a row, one after the other ------------------===//
//
// Floats are compared as integers in the same order. One comparison then settles NaN, the two zeros
// and what is taken already, and a tie keeps the lower index because only a larger key wins.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moe;

Value moe::emitTaken(Emit &emit, Type keyType) {
  unsigned width = keyType.getIntOrFloatBitWidth();
  return emit.integer(keyType, llvm::APInt::getSignedMinValue(width).getSExtValue());
}

/// The bits of a float order it among the positive ones; flipped, among the negative ones.
static Value emitKey(Emit &emit, Value score) {
  unsigned width = score.getType().getIntOrFloatBitWidth();
  Type type = emit.getIntegerType(width);
  Value largest = emit.integer(type, llvm::APInt::getSignedMaxValue(width).getSExtValue());
  // -0 + 0 is 0.
  Value x = arith::AddFOp::create(emit, score, emit.real(score.getType(), 0));
  Value bits = arith::BitcastOp::create(emit, type, x);
  Value flipped = arith::XOrIOp::create(emit, bits, largest);
  Value negative =
      arith::CmpIOp::create(emit, arith::CmpIPredicate::slt, bits, emit.integer(type, 0));
  Value ordered = arith::SelectOp::create(emit, negative, flipped, bits);
  Value isNan = arith::CmpFOp::create(emit, arith::CmpFPredicate::UNO, x, x);
  return arith::SelectOp::create(emit, isNan, largest, ordered);
}

Value moe::emitKeys(Emit &emit, Value scores) {
  unsigned width = getElementTypeOrSelf(scores).getIntOrFloatBitWidth();
  Value out = emit.empty(emit.size(scores, 0), emit.getIntegerType(width));
  return emit.map(scores, out, [&](ValueRange score) { return emitKey(emit, score[0]); });
}

Value moe::emitBest(Emit &emit, Value keys, Value begin, Value count) {
  Value taken = emitTaken(emit, getElementTypeOrSelf(keys));
  auto better = [&](Value i, ValueRange best) -> Emit::Values {
    Value at = arith::AddIOp::create(emit, begin, i);
    Value key = emit.at(keys, at);
    Value wins = arith::CmpIOp::create(emit, arith::CmpIPredicate::sgt, key, best[0]);
    return {arith::SelectOp::create(emit, wins, key, best[0]),
            arith::SelectOp::create(emit, wins, at, best[1])};
  };
  return emit.loop(count, {taken, begin}, better)[1];
}

Value moe::emitTake(Emit &emit, Value keys, Value index) {
  return emit.put(emitTaken(emit, getElementTypeOrSelf(keys)), keys, index);
}
