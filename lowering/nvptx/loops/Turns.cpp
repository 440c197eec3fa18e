//===- Turns.cpp - Parallel loops as numbered turns -----------------------===//

#include "lowering/nvptx/loops/Turns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

bool moe::isParallelLoop(Operation *op) {
  return isa<scf::ForallOp, scf::ParallelOp>(op) && op->getNumResults() == 0;
}

Turns::Turns(Operation *loop) : loop(loop) {
  if (auto forall = dyn_cast<scf::ForallOp>(loop)) {
    lower = forall.getMixedLowerBound();
    upper = forall.getMixedUpperBound();
    step = forall.getMixedStep();
    return;
  }
  auto parallel = cast<scf::ParallelOp>(loop);
  lower = getAsOpFoldResult(parallel.getLowerBound());
  upper = getAsOpFoldResult(parallel.getUpperBound());
  step = getAsOpFoldResult(parallel.getStep());
}

SmallVector<Value> Turns::sizes(ImplicitLocOpBuilder &builder) {
  auto value = [&](OpFoldResult number) {
    return getValueOrCreateConstantIndexOp(builder, builder.getLoc(), number);
  };
  SmallVector<Value> found;
  for (auto [from, to, by] : llvm::zip_equal(lower, upper, step)) {
    Value length = value(to);
    if (!isConstantIntValue(from, 0))
      length = arith::SubIOp::create(builder, length, value(from));
    // Bounds are signed: below the first there is nothing.
    if (!getConstantIntValue(length))
      length = arith::MaxSIOp::create(builder, length, indexOf(builder, 0));
    if (!isConstantIntValue(by, 1))
      length = arith::CeilDivUIOp::create(builder, length, value(by));
    found.push_back(length);
  }
  return found;
}

Value Turns::count(ImplicitLocOpBuilder &builder) {
  Value all = indexOf(builder, 1);
  for (Value size : sizes(builder))
    all = product(builder, all, size);
  return all;
}

void Turns::inlineTurn(ImplicitLocOpBuilder &builder, Value number) {
  auto value = [&](OpFoldResult given) {
    return getValueOrCreateConstantIndexOp(builder, builder.getLoc(), given);
  };
  SmallVector<Value> lengths = sizes(builder);
  Block *body = &loop->getRegion(0).front();
  for (unsigned i = lengths.size(); i-- > 0;) {
    Value at = number;
    if (i > 0) {
      at = arith::RemUIOp::create(builder, number, lengths[i]);
      number = arith::DivUIOp::create(builder, number, lengths[i]);
    }
    if (!isConstantIntValue(step[i], 1))
      at = arith::MulIOp::create(builder, at, value(step[i]));
    if (!isConstantIntValue(lower[i], 0))
      at = arith::AddIOp::create(builder, at, value(lower[i]));
    body->getArgument(i).replaceAllUsesWith(at);
  }
  body->getTerminator()->erase();
  builder.getInsertionBlock()->getOperations().splice(builder.getInsertionPoint(),
                                                      body->getOperations());
}
