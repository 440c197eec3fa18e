//===- WarpScores.cpp - Logits to scores by a warp -------------------------===//
//
// The same arithmetic as lowering/linalg/Score.cpp. Every lane adds the whole row in ascending
// order, four elements a load: E additions that hide behind other warps, for the bits of the
// reference. A tree would take E / 32 + 5, and round otherwise.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/routing/GateCode.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

static constexpr int64_t kAtOnce = 4;

void moe::emitPadding(WarpCode &code, Array row, int64_t count) {
  int64_t padding = -count & (kAtOnce - 1);
  if (padding == 0)
    return;
  Value isMine = code.compare(arith::CmpIPredicate::ult, code.lane(), code.i32(padding));
  code.when(isMine, [&] {
    code.put(code.real(row.element, 0), row, code.add(code.i32(count), code.lane()));
  });
}

Value moe::emitSum(WarpCode &code, Array row, int64_t count) {
  auto addFour = [&](Value i, ValueRange sum) -> WarpCode::Values {
    Value four = code.vectorAt(row, i, kAtOnce), total = sum[0];
    for (int64_t part = 0; part < kAtOnce; ++part)
      total = arith::AddFOp::create(code, total,
                                    LLVM::ExtractElementOp::create(code, four, code.i32(part)));
    return {total};
  };
  return code.loop(code.i32(0), code.i32(count), kAtOnce, code.real(row.element, 0), addFour)[0];
}

/// The larger one; `a` where they cannot be compared or are equal.
static Value largerOf(WarpCode &code, Value a, Value b) {
  Value above = arith::CmpFOp::create(code, arith::CmpFPredicate::OGT, b, a);
  return code.select(above, b, a);
}

/// exp(x - max) / sum exp(x - max). A NaN or two infinities make all of it NaN.
static void emitSoftmax(WarpCode &code, Array row, int64_t count) {
  Value lowest = code.real(row.element, -std::numeric_limits<double>::infinity());
  Value max = code.loop(code.lane(), code.i32(count), kWarpLanes, lowest,
                        [&](Value i, ValueRange carried) -> WarpCode::Values {
                          return {largerOf(code, carried[0], code.at(row, i))};
                        })[0];
  for (int64_t mask = kWarpLanes / 2; mask > 0; mask /= 2)
    max = largerOf(code, max, code.fromPartner(max, mask));
  code.eachOfLane(count, [&](Value i) {
    Value power = math::ExpOp::create(code, arith::SubFOp::create(code, code.at(row, i), max));
    code.put(power, row, i);
  });
  code.syncWarp();
  Value sum = emitSum(code, row, count);
  code.syncWarp();
  code.eachOfLane(
      count, [&](Value i) { code.put(arith::DivFOp::create(code, code.at(row, i), sum), row, i); });
}

static Value emitSigmoid(WarpCode &code, Value x) {
  Value one = code.real(x.getType(), 1);
  Value power = math::ExpOp::create(code, arith::NegFOp::create(code, x));
  return arith::DivFOp::create(code, one, arith::AddFOp::create(code, one, power));
}

/// sqrt(log(1 + exp(x))), as sqrt(max(x, 0) + log(1 + exp(-|x|))): exp(x) overflows.
static Value emitSqrtSoftplus(WarpCode &code, Value x) {
  Value size = LLVM::FAbsOp::create(code, x);
  Value power = math::ExpOp::create(code, arith::NegFOp::create(code, size));
  Value positive = arith::MaximumFOp::create(code, x, code.real(x.getType(), 0));
  Value log = math::Log1pOp::create(code, power);
  return LLVM::SqrtOp::create(code, arith::AddFOp::create(code, positive, log));
}

void moe::emitScores(WarpCode &code, Score score, Array row, int64_t count) {
  auto each = [&](Value (*function)(WarpCode &, Value)) {
    code.eachOfLane(count, [&](Value i) { code.put(function(code, code.at(row, i)), row, i); });
  };
  switch (score) {
  case Score::Softmax:
    return emitSoftmax(code, row, count);
  case Score::Sigmoid:
    return each(emitSigmoid);
  case Score::SqrtSoftplus:
    return each(emitSqrtSoftplus);
  case Score::Identity:
  case Score::SparseMixer: // its two rounds score as they choose
    return;
  }
}
