//===- LowerLinalg.cpp - Structured operations on memory to loops ---------===//
//
// What is left of linalg after the grouped products are out: activations, norms, softmax,
// reductions, transposes, attention's products. All of them are linalg.generic to us.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/buffers/GeneraliseCopy.h"
#include "lowering/cpu/LoopNest.h"
#include "lowering/cpu/ParallelRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Remarks.h"

namespace moe {
#define GEN_PASS_DEF_LOWERLINALG
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

struct LowerLinalg : moe::impl::LowerLinalgBase<LowerLinalg> {
  using LowerLinalgBase::LowerLinalgBase;

  void runOnOperation() override {
    if (failed(makeParallelRows(getOperation())))
      return signalPassFailure();
    SmallVector<Operation *> found;
    getOperation().walk([&](Operation *op) {
      if (isa<linalg::LinalgOp, memref::CopyOp>(op))
        found.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (Operation *op : found)
      if (failed(lower(op, rewriter)))
        return signalPassFailure();
  }

private:
  LogicalResult lower(Operation *op, IRRewriter &rewriter) {
    rewriter.setInsertionPoint(op);
    linalg::GenericOp generic = generalise(op, rewriter);
    if (!generic)
      return op->emitError("internal error: '") << op->getName() << "' has no general form";
    ImplicitLocOpBuilder builder(generic.getLoc(), rewriter);
    builder.setInsertionPoint(generic);
    if (auto space = LoopSpace::of(builder, generic)) {
      LoopBody body(builder, *space);
      LoopPlan plan = chooseLoopPlan(*space, body, vectorBits);
      remark::passed(generic.getLoc(),
                     remark::RemarkOpts::name("loops").category("cpu-lower-linalg"))
          << plan.describe();
      bool serial = generic->getParentOfType<scf::ParallelOp>() != nullptr;
      emitLoopNest(builder, *space, body, plan, serial);
    } else if (failed(linalg::linalgOpToLoops(rewriter,
                                              cast<linalg::LinalgOp>(generic.getOperation())))) {
      return generic.emitError("internal error: no loops for this operation");
    }
    rewriter.eraseOp(generic);
    return success();
  }

  /// `op` as a linalg.generic in its place.
  linalg::GenericOp generalise(Operation *op, IRRewriter &rewriter) {
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      return generic;
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      return generaliseCopy(copy, rewriter);
    FailureOr<linalg::GenericOp> made =
        linalg::generalizeNamedOp(rewriter, cast<linalg::LinalgOp>(op));
    return failed(made) ? linalg::GenericOp() : *made;
  }
};

} // namespace
