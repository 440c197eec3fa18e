//===- BranchLoops.cpp - Structured loops to branches ---------------------===//
//
// MLIR's own pass splits blocks from the front: each split moves all that follows, which for a
// block of 100,000 operations takes minutes. From the back each operation moves once.
//
//===----------------------------------------------------------------------===//

#include "lowering/host/BranchLoops.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Iterators.h"
#include "mlir/Rewrite/PatternApplicator.h"

using namespace mlir;

LogicalResult moe::branchLoops(ModuleOp module) {
  RewritePatternSet set(module.getContext());
  populateSCFToControlFlowConversionPatterns(set);
  FrozenRewritePatternSet patterns(std::move(set));
  PatternApplicator applicator(patterns);
  applicator.applyDefaultCostModel();

  // Outer operations before inner ones, the last before the first.
  SmallVector<Operation *> found;
  module.walk<WalkOrder::PreOrder, ReverseIterator>([&](Operation *op) {
    if (isa_and_present<scf::SCFDialect>(op->getDialect()) && op->getNumRegions() != 0)
      found.push_back(op);
  });
  PatternRewriter rewriter(module.getContext());
  for (Operation *op : found) {
    rewriter.setInsertionPoint(op);
    if (failed(applicator.matchAndRewrite(op, rewriter)))
      return op->emitError("internal error: '") << op->getName() << "' has no form as branches";
  }
  return success();
}
