//===- HostLoops.cpp - Control on the host, kernels inside ----------------===//
//
// For loops whose turns are work enough for the whole device, as blocks of rows in attention, and
// for what a kernel cannot do: its memory would be of a size that nobody knows before, or it calls
// and checks. Right in every case: the host reads what control depends on.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/loops/HostLoops.h"
#include "dialect/Moe.h"
#include "lowering/nvptx/loops/Structured.h"
#include "lowering/nvptx/loops/Turns.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

/// Whether `op` computes, and control flow inside of it needs no host.
static bool isKernel(Operation *op) {
  if (isStructured(op))
    return true;
  if (!isa_and_present<scf::SCFDialect>(op->getDialect()) ||
      op->hasTrait<OpTrait::IsTerminator>() ||
      llvm::any_of(op->getResultTypes(), llvm::IsaPred<BaseMemRefType>))
    return false;
  // Loops of numbers only; what else is inside is looked at by itself.
  return !op->walk([&](Operation *inner) {
              bool opened =
                  isStructured(inner) || isParallelLoop(inner) ||
                  isa<memref::AllocOp, cf::AssertOp, func::CallOp, ObserveOp, GroupedMatmulOp>(
                      inner);
              return opened ? WalkResult::interrupt() : WalkResult::advance();
            }).wasInterrupted();
}

/// A parallel loop as a loop of the host.
static Block *makeSequence(Operation *loop) {
  ImplicitLocOpBuilder builder(loop->getLoc(), loop);
  Turns turns(loop);
  Block *body = nullptr;
  Team one = teamOfOne(builder);
  forEach(builder, one.rank, turns.count(builder), one.size, [&](Value number) {
    turns.inlineTurn(builder, number);
    body = builder.getInsertionBlock();
  });
  loop->erase();
  return body;
}

static void outline(Operation *op, FunctionPool &pool, SmallVectorImpl<func::FuncOp> &outlined) {
  OpBuilder builder(op);
  Captured captured = capture(op);
  func::FuncOp function = pool.get(op, captured, SmallVector<Value>(op->getResults()));
  auto call = func::CallOp::create(builder, op->getLoc(), function, captured.arguments);
  op->replaceAllUsesWith(call);
  op->erase();
  if (!llvm::is_contained(outlined, function))
    outlined.push_back(function);
}

void moe::leaveLoopToHost(Operation *op, FunctionPool &pool,
                          SmallVectorImpl<func::FuncOp> &outlined) {
  SmallVector<Block *> open;
  auto enter = [&](Operation *control) {
    for (Region &region : control->getRegions())
      for (Block &block : region)
        open.push_back(&block);
  };
  if (isParallelLoop(op))
    open.push_back(makeSequence(op));
  else
    enter(op);
  while (!open.empty())
    for (Operation &inner : llvm::make_early_inc_range(*open.pop_back_val())) {
      if (isSelfCopy(&inner))
        inner.erase();
      else if (isKernel(&inner))
        outline(&inner, pool, outlined);
      else if (isParallelLoop(&inner))
        open.push_back(makeSequence(&inner));
      else
        enter(&inner);
    }
}
