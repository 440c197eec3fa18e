//===- BlockCode.cpp - A block's threads as one program -------------------===//

#include "lowering/nvptx/loops/BlockCode.h"
#include "lowering/nvptx/loops/Structured.h"
#include "lowering/nvptx/loops/Turns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

static bool contains(Operation *op, llvm::function_ref<bool(Operation *)> is) {
  return op
      ->walk([&](Operation *inner) {
        return is(inner) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}
static bool isLoad(Operation *op) { return isa<memref::LoadOp>(op); }
static bool isStore(Operation *op) { return isa<memref::StoreOp>(op); }
static bool isBuffer(Operation *op) { return isa<memref::MemorySpaceCastOp, memref::ViewOp>(op); }

/// Whether something in `op` is shared out.
static bool hasSharedWork(Operation *op) {
  return contains(op,
                  [](Operation *inner) { return isStructured(inner) || isParallelLoop(inner); });
}

/// `loop` as a loop from `team`'s rank on; the body's block.
static Block *takeTurns(Operation *loop, const Team &team) {
  ImplicitLocOpBuilder builder(loop->getLoc(), loop);
  Turns turns(loop);
  Block *body = nullptr;
  forEach(builder, team.rank, turns.count(builder), team.size, [&](Value number) {
    turns.inlineTurn(builder, number);
    body = builder.getInsertionBlock();
  });
  loop->erase();
  return body;
}

/// The structured operation `op` as loops of `team`.
static void share(Operation *op, const Team &team) {
  linalg::GenericOp generic = generalise(op);
  ImplicitLocOpBuilder builder(generic.getLoc(), generic);
  Structured(builder, generic).shareOut(team);
  generic.erase();
}

void moe::makeSerial(Block &block) {
  SmallVector<Operation *> found;
  for (Operation &op : block)
    op.walk([&](Operation *inner) {
      if (isStructured(inner) || isParallelLoop(inner))
        found.push_back(inner);
    });
  for (Operation *op : found) {
    ImplicitLocOpBuilder builder(op->getLoc(), op);
    if (isSelfCopy(op))
      op->erase();
    else if (isParallelLoop(op))
      takeTurns(op, teamOfOne(builder));
    else
      share(op, teamOfOne(builder));
  }
}

namespace {

class BlockCode {
public:
  BlockCode(gpu::GPUFuncOp kernel, const Team &team) : kernel(kernel), team(team) {}

  void run(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator()))
      emit(&op);
    ImplicitLocOpBuilder end(block.getParentOp()->getLoc(), kernel.getContext());
    if (block.mightHaveTerminator())
      end.setInsertionPoint(block.getTerminator());
    else
      end.setInsertionPointToEnd(&block);
    meet(end);
  }

private:
  /// All wait for all, where something happened that others may have to see.
  void meet(OpBuilder &builder) {
    if (wrote || read)
      gpu::BarrierOp::create(builder, kernel.getLoc());
    wrote = read = false;
  }
  void beforeRead(Operation *op) {
    OpBuilder builder(op);
    if (wrote)
      meet(builder);
    read = true;
  }
  void beforeWrite(Operation *op) {
    OpBuilder builder(op);
    meet(builder);
    wrote = true;
  }

  void emit(Operation *op) {
    if (isSelfCopy(op))
      return op->erase();
    if (isStructured(op)) {
      beforeWrite(op);
      return share(op, team);
    }
    if (isParallelLoop(op))
      return emitParallel(op);
    if (op->getNumRegions() != 0)
      return emitControl(op);
    if (isStore(op)) {
      beforeWrite(op);
      return oneThreadDoes(op);
    }
    if (isLoad(op))
      beforeRead(op);
  }

  void emitParallel(Operation *op) {
    // A buffer in a turn is the block's: then turns come one after the other.
    bool within = contains(op, isBuffer);
    for (Operation &inner : op->getRegion(0).front())
      within |= hasSharedWork(&inner);
    if (!within) {
      beforeWrite(op);
      takeTurns(op, team);
      return;
    }
    OpBuilder before(op);
    meet(before);
    ImplicitLocOpBuilder builder(op->getLoc(), op);
    run(*takeTurns(op, teamOfOne(builder)));
  }

  void emitControl(Operation *op) {
    if (hasSharedWork(op)) {
      OpBuilder before(op);
      meet(before);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          run(block);
      return;
    }
    if (contains(op, isStore)) {
      beforeWrite(op);
      return oneThreadDoes(op);
    }
    // All threads find the same numbers.
    if (contains(op, isLoad))
      beforeRead(op);
  }

  /// One thread runs `op`; what it finds is told through shared memory.
  void oneThreadDoes(Operation *op) {
    ImplicitLocOpBuilder builder(op->getLoc(), op);
    auto area = gpu::AddressSpaceAttr::get(builder.getContext(), gpu::AddressSpace::Workgroup);
    Value zero = indexOf(builder, 0), alone = isZero(builder, team.rank);
    SmallVector<Value> told;
    for (Type type : op->getResultTypes()) {
      Type element = type.isInteger(1) ? builder.getI8Type() : type;
      told.push_back(kernel.addWorkgroupAttribution(
          MemRefType::get({1}, element, MemRefLayoutAttrInterface(), area), op->getLoc()));
    }
    auto branch = scf::IfOp::create(builder, alone, /*withElseRegion=*/false);
    op->moveBefore(branch.thenYield());
    if (told.empty())
      return;
    ImplicitLocOpBuilder after(op->getLoc(), builder.getContext());
    after.setInsertionPointAfter(branch);
    meet(after);
    for (auto [result, memory] : llvm::zip_equal(op->getResults(), told)) {
      Value value = memref::LoadOp::create(after, memory, ValueRange{zero});
      if (result.getType().isInteger(1))
        value = arith::TruncIOp::create(after, result.getType(), value);
      result.replaceAllUsesWith(value);
      builder.setInsertionPoint(branch.thenYield());
      Value own = result;
      if (own.getType().isInteger(1))
        own = arith::ExtUIOp::create(builder, builder.getI8Type(), own);
      memref::StoreOp::create(builder, own, memory, ValueRange{zero});
    }
    read = true;
  }

  gpu::GPUFuncOp kernel;
  const Team &team;
  /// Since the threads last met.
  bool wrote = false, read = false;
};

} // namespace

void moe::shareOutCode(Block &block, gpu::GPUFuncOp kernel, const Team &team) {
  BlockCode(kernel, team).run(block);
}
