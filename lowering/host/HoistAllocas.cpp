//===- HoistAllocas.cpp - Stack allocations out of loops ------------------===//
//
// An alloca in a loop grows the stack with every turn, and LLVM's passes only take those at a
// function's start into registers.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {
#define GEN_PASS_DEF_HOISTALLOCAS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

namespace {
struct HoistAllocas : moe::impl::HoistAllocasBase<HoistAllocas> {
  using HoistAllocasBase::HoistAllocasBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Block &entry = getOperation().getBody().front();
    SmallVector<memref::AllocaOp> found;
    getOperation().walk([&](memref::AllocaOp op) { found.push_back(op); });
    for (memref::AllocaOp op : llvm::reverse(found)) {
      if (op.getNumOperands() != 0) {
        op.emitError("a stack allocation of dynamic size is not supported; allocate outside of "
                     "the loop with memref.alloc");
        signalPassFailure();
        continue;
      }
      op->moveBefore(&entry, entry.begin());
    }
  }
};
} // namespace
