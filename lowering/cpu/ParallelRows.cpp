//===- ParallelRows.cpp - scf.forall as loops of the runtime --------------===//
//
// Routing, gathering and combining come as scf.forall over tokens or rows. A row's work is small,
// so that rows are taken by the dozen; its temporary memory is on the worker's stack, as workers do
// not allocate.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/ParallelRows.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace {
/// Rows of a grain.
constexpr int64_t kRows = 16;
/// What a worker's stack has room for.
constexpr int64_t kStackBytes = 512 * 1024;
} // namespace

static LogicalResult moveToStack(scf::ParallelOp loop, RewriterBase &rewriter) {
  int64_t held = 0;
  WalkResult result = loop.walk([&](memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    int64_t bytes = 0;
    if (!type.hasStaticShape() || !type.getElementType().isIntOrIndexOrFloat()) {
      alloc.emitError("an allocation of dynamic size in a parallel loop is not supported; allocate "
                      "outside of the loop");
      return WalkResult::interrupt();
    }
    int64_t bits = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
    if (llvm::MulOverflow(type.getNumElements(), bits, bytes) ||
        (held += bytes / 8) > kStackBytes) {
      alloc.emitError("a parallel loop's temporary memory of more than ")
          << kStackBytes << " bytes is not supported; allocate outside of the loop";
      return WalkResult::interrupt();
    }
    rewriter.setInsertionPoint(alloc);
    rewriter.replaceOpWithNewOp<memref::AllocaOp>(alloc, type, rewriter.getI64IntegerAttr(64));
    return WalkResult::advance();
  });
  return failure(result.wasInterrupted());
}

LogicalResult moe::makeParallelRows(FunctionOpInterface function) {
  SmallVector<scf::ForallOp> found;
  function.walk([&](scf::ForallOp loop) { found.push_back(loop); });
  IRRewriter rewriter(function.getContext());
  for (scf::ForallOp forall : found) {
    scf::ParallelOp loop;
    rewriter.setInsertionPoint(forall);
    if (failed(scf::forallToParallelLoop(rewriter, forall, &loop)))
      return forall.emitError("internal error: no parallel loop for this operation");
    loop->setAttr("moe.grain", rewriter.getI64IntegerAttr(kRows));
    if (failed(moveToStack(loop, rewriter)))
      return failure();
  }
  return success();
}
