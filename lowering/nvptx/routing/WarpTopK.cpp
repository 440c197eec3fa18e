//===- WarpTopK.cpp - The best of a row, one after the other, by a warp ----===//
//
// As lowering/linalg/TopK.cpp: floats are compared as integers, so that one comparison settles NaN,
// the two zeros and what is taken. A lane looks at its own elements in ascending order, then all
// meet: the largest key first, the smallest index among those that have it.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/routing/GateCode.h"

using namespace mlir;
using namespace moe;

Value moe::emitNoKey(WarpCode &code, Type keyType) {
  unsigned width = keyType.getIntOrFloatBitWidth();
  return code.integer(keyType, llvm::APInt::getSignedMinValue(width).getSExtValue());
}

Value moe::emitScoreKey(WarpCode &code, Value score) {
  unsigned width = score.getType().getIntOrFloatBitWidth();
  Type type = code.getIntegerType(width);
  Value largest = code.integer(type, llvm::APInt::getSignedMaxValue(width).getSExtValue());
  // -0 + 0 is 0.
  Value x = arith::AddFOp::create(code, score, code.real(score.getType(), 0));
  Value bits = arith::BitcastOp::create(code, type, x);
  Value flipped = arith::XOrIOp::create(code, bits, largest);
  Value negative = code.compare(arith::CmpIPredicate::slt, bits, code.integer(type, 0));
  Value isNan = arith::CmpFOp::create(code, arith::CmpFPredicate::UNO, x, x);
  return code.select(isNan, largest, code.select(negative, flipped, bits));
}

Value moe::emitBestOf(WarpCode &code, Array keys, Value begin, int64_t count) {
  Value none = emitNoKey(code, keys.element);
  Value nowhere = code.i32(std::numeric_limits<int32_t>::max());
  auto best =
      code.loop(code.lane(), code.i32(count), kWarpLanes, {none, nowhere},
                [&](Value i, ValueRange best) -> WarpCode::Values {
                  Value index = code.add(begin, i), key = code.at(keys, index);
                  Value wins = code.compare(arith::CmpIPredicate::sgt, key, best[0]);
                  return {code.select(wins, key, best[0]), code.select(wins, index, best[1])};
                });
  Value largest = code.largest(best[0]);
  Value mine = code.compare(arith::CmpIPredicate::eq, best[0], largest);
  return code.smallest(code.select(mine, best[1], nowhere));
}

void moe::emitTakeOut(WarpCode &code, Array keys, Value begin, Value index) {
  Value place = code.sub(index, begin);
  Value owner = arith::AndIOp::create(code, place, code.i32(kWarpLanes - 1));
  code.when(code.compare(arith::CmpIPredicate::eq, owner, code.lane()),
            [&] { code.put(emitNoKey(code, keys.element), keys, index); });
}
