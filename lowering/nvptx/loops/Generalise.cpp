//===- Generalise.cpp - One form for all structured operations ------------===//

#include "lowering/buffers/GeneraliseCopy.h"
#include "lowering/nvptx/loops/Structured.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace moe;

bool moe::isStructured(Operation *op) { return isa<linalg::LinalgOp, memref::CopyOp>(op); }

bool moe::isSelfCopy(Operation *op) {
  auto copy = dyn_cast<memref::CopyOp>(op);
  return copy && copy.getSource() == copy.getTarget();
}

/// Whether `operand` is run through in the order of its memory, or is the same for all elements.
static bool runsThrough(linalg::GenericOp op, OpOperand &operand) {
  auto type = dyn_cast<MemRefType>(operand.get().getType());
  AffineMap map = op.getMatchingIndexingMap(&operand);
  if (map.getNumResults() == 0)
    return !op.isDpsInit(&operand);
  return type && type.getLayout().isIdentity() && map.isIdentity();
}

static bool canFlatten(linalg::GenericOp op) {
  auto isParallel = [](utils::IteratorType type) { return type == utils::IteratorType::parallel; };
  return op.getNumLoops() > 1 && llvm::all_of(op.getIteratorTypesArray(), isParallel) &&
         !op.hasIndexSemantics() && llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
           return runsThrough(op, operand);
         });
}

/// `op` over one dimension.
static linalg::GenericOp flatten(linalg::GenericOp op, IRRewriter &rewriter) {
  SmallVector<ReassociationIndices> all = {
      llvm::to_vector<2>(llvm::seq<int64_t>(0, op.getNumLoops()))};
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  AffineMap line = rewriter.getMultiDimIdentityMap(1);
  AffineMap same = AffineMap::get(1, 0, rewriter.getContext());
  for (OpOperand &operand : op->getOpOperands()) {
    bool moves = op.getMatchingIndexingMap(&operand).getNumResults() != 0;
    maps.push_back(moves ? line : same);
    operands.push_back(
        moves ? memref::CollapseShapeOp::create(rewriter, op.getLoc(), operand.get(), all)
              : operand.get());
  }
  ArrayRef<Value> values = operands;
  unsigned inputs = op.getNumDpsInputs();
  auto flat = linalg::GenericOp::create(rewriter, op.getLoc(), values.take_front(inputs),
                                        values.drop_front(inputs), maps,
                                        ArrayRef(utils::IteratorType::parallel));
  rewriter.inlineRegionBefore(op.getRegion(), flat.getRegion(), flat.getRegion().begin());
  rewriter.eraseOp(op);
  return flat;
}

linalg::GenericOp moe::generalise(Operation *op) {
  IRRewriter rewriter(op);
  linalg::GenericOp generic = dyn_cast<linalg::GenericOp>(op);
  if (auto copy = dyn_cast<memref::CopyOp>(op)) {
    generic = generaliseCopy(copy, rewriter);
  } else if (!generic) {
    auto made = linalg::generalizeNamedOp(rewriter, cast<linalg::LinalgOp>(op));
    if (failed(made))
      return {};
    generic = *made;
  }
  rewriter.setInsertionPoint(generic);
  return canFlatten(generic) ? flatten(generic, rewriter) : generic;
}
