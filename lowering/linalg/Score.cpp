//===- Score.cpp - Logits to scores ---------------------------------------===//
//
// Sums run in the order of the experts, whatever surrounds them, so that a token's scores are the
// same bits in any batch and on any number of threads.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace moe;

/// exp(x - max) / sum exp(x - max). A NaN or two infinities make all of it NaN.
static Value emitSoftmax(Emit &emit, Value row) {
  Type type = getElementTypeOrSelf(row);
  OpFoldResult length = emit.size(row, 0);
  Value count = emit.asValue(length);
  Value lowest = emit.real(type, -std::numeric_limits<double>::infinity());
  Value max = emit.loop(count, lowest, [&](Value i, ValueRange carried) -> Emit::Values {
    Value x = emit.at(row, i);
    Value above = arith::CmpFOp::create(emit, arith::CmpFPredicate::OGT, x, carried[0]);
    return {arith::SelectOp::create(emit, above, x, carried[0])};
  })[0];
  Value powers = emit.map(row, emit.empty(length, type), [&](ValueRange x) -> Value {
    return math::ExpOp::create(emit, arith::SubFOp::create(emit, x[0], max));
  });
  Value sum = emit.loop(count, emit.real(type, 0), [&](Value i, ValueRange sum) -> Emit::Values {
    return {arith::AddFOp::create(emit, sum[0], emit.at(powers, i))};
  })[0];
  return emit.map(powers, emit.empty(length, type), [&](ValueRange power) -> Value {
    return arith::DivFOp::create(emit, power[0], sum);
  });
}

static Value emitSigmoid(Emit &emit, Value x) {
  Value one = emit.real(x.getType(), 1);
  Value power = math::ExpOp::create(emit, arith::NegFOp::create(emit, x));
  return arith::DivFOp::create(emit, one, arith::AddFOp::create(emit, one, power));
}

/// sqrt(log(1 + exp(x))), as sqrt(max(x, 0) + log(1 + exp(-|x|))): exp(x) overflows.
static Value emitSqrtSoftplus(Emit &emit, Value x) {
  Value size = math::AbsFOp::create(emit, x);
  Value power = math::ExpOp::create(emit, arith::NegFOp::create(emit, size));
  Value positive = arith::MaximumFOp::create(emit, x, emit.real(x.getType(), 0));
  Value log = math::Log1pOp::create(emit, power);
  return math::SqrtOp::create(emit, arith::AddFOp::create(emit, positive, log));
}

Value moe::emitScore(Emit &emit, GateAttr gate, Value row) {
  auto each = [&](Value (*score)(Emit &, Value)) {
    Value out = emit.empty(emit.size(row, 0), getElementTypeOrSelf(row));
    return emit.map(row, out, [&](ValueRange x) { return score(emit, x[0]); });
  };
  switch (gate.getScore()) {
  case Score::Softmax:
    return emitSoftmax(emit, row);
  case Score::Sigmoid:
    return each(emitSigmoid);
  case Score::SqrtSoftplus:
    return each(emitSqrtSoftplus);
  case Score::Identity:
  case Score::SparseMixer: // its two rounds score as they choose
    return row;
  }
  llvm_unreachable("all scores are named above");
}
