//===- Team.cpp - Threads that do one piece of work -----------------------===//

#include "lowering/nvptx/loops/Team.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

Team moe::gridTeam(ImplicitLocOpBuilder &builder) {
  Team blocks = teamOfBlocks(builder), block = blockTeam(builder);
  Value first = arith::MulIOp::create(builder, blocks.rank, block.size);
  return {arith::AddIOp::create(builder, first, block.rank),
          arith::MulIOp::create(builder, blocks.size, block.size)};
}

Team moe::blockTeam(ImplicitLocOpBuilder &builder) {
  return {gpu::ThreadIdOp::create(builder, gpu::Dimension::x), indexOf(builder, kTeamThreads)};
}

Team moe::teamOfBlocks(ImplicitLocOpBuilder &builder) {
  return {gpu::BlockIdOp::create(builder, gpu::Dimension::x),
          gpu::GridDimOp::create(builder, gpu::Dimension::x)};
}

Team moe::teamOfOne(ImplicitLocOpBuilder &builder) {
  return {indexOf(builder, 0), indexOf(builder, 1), /*alone=*/true};
}

void moe::forEach(ImplicitLocOpBuilder &builder, Value from, Value to, Value step,
                  LoopBodyFn emitBody) {
  auto loop = scf::ForOp::create(builder, from, to, step);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  emitBody(loop.getInductionVar());
}

SmallVector<Value> moe::carryThrough(ImplicitLocOpBuilder &builder, Value from, Value to,
                                     Value step, ValueRange start, CarryBodyFn emitBody) {
  auto loop = scf::ForOp::create(builder, from, to, step, start);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> next = emitBody(loop.getInductionVar(), loop.getRegionIterArgs());
  if (start.empty())
    return {}; // the loop has its terminator
  scf::YieldOp::create(builder, next);
  return llvm::to_vector(ValueRange(loop.getResults()));
}

void moe::onlyIf(ImplicitLocOpBuilder &builder, Value condition, llvm::function_ref<void()> then) {
  auto branch = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenYield());
  then();
}

Value moe::indexOf(ImplicitLocOpBuilder &builder, int64_t number) {
  return arith::ConstantIndexOp::create(builder, number);
}

Value moe::isZero(ImplicitLocOpBuilder &builder, Value index) {
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::eq, index, indexOf(builder, 0));
}

Value moe::product(ImplicitLocOpBuilder &builder, Value a, Value b) {
  std::optional<int64_t> left = getConstantIntValue(a), right = getConstantIntValue(b);
  int64_t both;
  if (left && right && !llvm::MulOverflow(*left, *right, both))
    return indexOf(builder, both);
  if (left == 1 || right == 0)
    return b;
  if (right == 1 || left == 0)
    return a;
  return arith::MulIOp::create(builder, a, b);
}
