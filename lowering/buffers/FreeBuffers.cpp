//===- FreeBuffers.cpp - Memory goes back after its last use --------------===//
//
// Bufferization allocates and never frees. Each block's own allocations end behind their last use
// in it, seen through views, through results of scf operations and through calls; what a function
// returns is its caller's. What else leaves the block stays until the run ends, when the runtime
// takes everything back. One look at each use: linear.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/buffers/ReturnedBuffers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moe {
#define GEN_PASS_DEF_FREEBUFFERS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

/// Follows memory that `made` makes, under one or more names, through its aliases in its block.
class Lifetime {
public:
  Lifetime(Operation *made, ValueRange names, const ReturnedBuffers &returned)
      : block(made->getBlock()), last(made), returned(returned) {
    for (Value name : names)
      add(name);
  }

  /// The operation of the block after which nobody reads the memory; null if it leaves the block.
  Operation *end() {
    while (!open.empty()) {
      Value value = open.pop_back_val();
      for (OpOperand &use : value.getUses())
        if (!visit(use))
          return nullptr;
    }
    return last;
  }

private:
  void add(Value value) {
    if (isa<BaseMemRefType>(value.getType()) && seen.insert(value).second)
      open.push_back(value);
  }

  /// False if the use carries the memory out of the block, or where nobody can follow.
  bool visit(OpOperand &use) {
    Operation *user = use.getOwner();
    Operation *ancestor = block->findAncestorOpInBlock(*user);
    if (!ancestor || ancestor->hasTrait<OpTrait::IsTerminator>())
      return false;
    if (last->isBeforeInBlock(ancestor))
      last = ancestor;
    if (auto yield = dyn_cast<scf::YieldOp>(user))
      return followYield(yield, use.getOperandNumber());
    if (auto call = dyn_cast<func::CallOp>(user))
      return followCall(call, use.getOperandNumber());
    if (auto loop = dyn_cast<scf::ForOp>(user)) {
      add(loop.getTiedLoopRegionIterArg(&use));
      add(loop.getTiedLoopResult(&use));
      return true;
    }
    if (isa<ViewLikeOpInterface, arith::SelectOp, memref::ReshapeOp,
            memref::ExtractStridedMetadataOp>(user)) {
      for (Value result : user->getResults())
        add(result);
      return true;
    }
    // Whoever makes no memref of a memref only reads or writes through it.
    return llvm::none_of(user->getResultTypes(), llvm::IsaPred<BaseMemRefType>) &&
           (user->getNumRegions() == 0 || !isa<RegionBranchOpInterface>(user));
  }

  bool followYield(scf::YieldOp yield, unsigned position) {
    Operation *parent = yield->getParentOp();
    if (!isa<scf::IfOp, scf::ForOp>(parent))
      return false;
    add(parent->getResult(position));
    if (auto loop = dyn_cast<scf::ForOp>(parent))
      add(loop.getRegionIterArg(position));
    return true;
  }

  /// A called function's result may be its argument.
  bool followCall(func::CallOp call, unsigned position) {
    const FunctionBuffers *callee = returned.of(call);
    for (Value result : call.getResults()) {
      if (!isa<BaseMemRefType>(result.getType()))
        continue;
      if (!callee || callee->results[cast<OpResult>(result).getResultNumber()].unknown)
        return false;
      if (callee->results[cast<OpResult>(result).getResultNumber()].arguments.contains(position))
        add(result);
    }
    return true;
  }

  Block *block;
  Operation *last;
  const ReturnedBuffers &returned;
  SmallVector<Value> open;
  llvm::SmallPtrSet<Value, 8> seen;
};

struct FreeBuffers : moe::impl::FreeBuffersBase<FreeBuffers> {
  using FreeBuffersBase::FreeBuffersBase;

  void runOnOperation() override {
    ReturnedBuffers returned(getOperation());
    bool sound = true;
    SmallVector<std::pair<Value, Operation *>> ends;
    auto follow = [&](Operation *made, ValueRange names) {
      if (Operation *end = Lifetime(made, names, returned).end())
        ends.emplace_back(names.front(), end);
    };
    getOperation().walk([&](Operation *op) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
        sound &= succeeded(checkPlace(alloc));
        follow(alloc, alloc.getResult());
      } else if (auto call = dyn_cast<func::CallOp>(op)) {
        for (const SmallVector<Value> &names : returned.madeBy(call))
          follow(call, names);
      }
    });
    if (!sound)
      return signalPassFailure();
    for (auto [memory, end] : ends) {
      OpBuilder builder(&getContext());
      builder.setInsertionPointAfter(end);
      memref::DeallocOp::create(builder, memory.getLoc(), memory);
    }
  }

  LogicalResult checkPlace(memref::AllocOp alloc) {
    if (!alloc->getParentOfType<scf::ParallelOp>())
      return success();
    return alloc.emitError("an allocation in a parallel loop is not supported: threads of the "
                           "runtime do not allocate; allocate outside of the loop");
  }
};

} // namespace
