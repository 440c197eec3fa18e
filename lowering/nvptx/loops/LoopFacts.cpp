//===- LoopFacts.cpp - What the choice of a mapping looks at --------------===//

#include "lowering/nvptx/loops/LoopFacts.h"
#include "dialect/Moe.h"
#include "lowering/Routing.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/nvptx/loops/ContractionTiles.h"
#include "lowering/nvptx/loops/KernelBuffers.h"
#include "lowering/nvptx/loops/TreeReduction.h"
#include "lowering/nvptx/loops/Turns.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

namespace {
/// What a size that only the run knows counts as.
constexpr int64_t kUnknownSize = 1024;
constexpr int64_t kMostElements = int64_t(1) << 62;
} // namespace

Operation *moe::outlinedOperation(func::FuncOp function) {
  if (!function->hasAttr(kStepAttr) || function.isExternal() || !function.getBody().hasOneBlock() ||
      function->hasAttr(kRoutingAttr))
    return nullptr;
  Operation *found = nullptr;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (op.hasTrait<OpTrait::ConstantLike>())
      continue;
    bool ours = isStructured(&op) || isa_and_present<scf::SCFDialect>(op.getDialect());
    if (found || !ours || llvm::any_of(op.getResultTypes(), llvm::IsaPred<BaseMemRefType>))
      return nullptr;
    found = &op;
  }
  return found;
}

static void addStructured(linalg::GenericOp op, LoopFacts &facts) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  auto count = [&](ArrayRef<unsigned> loops) -> std::optional<int64_t> {
    int64_t all = 1;
    for (unsigned loop : loops)
      if (ShapedType::isDynamic(sizes[loop]) || llvm::MulOverflow(all, sizes[loop], all))
        return std::nullopt;
    return all;
  };
  SmallVector<unsigned> reduced;
  for (auto [loop, type] : llvm::enumerate(op.getIteratorTypesArray()))
    if (type == utils::IteratorType::reduction)
      reduced.push_back(loop);
  facts.reduces = !reduced.empty();
  facts.length = count(reduced);
  facts.reducesSimply = facts.reduces && reducesSimply(op);
  for (OpOperand *input : op.getDpsInputOperands()) {
    ArrayRef<AffineExpr> places = op.getMatchingIndexingMap(input).getResults();
    auto last = places.empty() ? AffineDimExpr(nullptr) : dyn_cast<AffineDimExpr>(places.back());
    facts.alongMemory |= last && llvm::is_contained(reduced, last.getPosition());
  }
  if (auto product = Contraction::of(op)) {
    facts.product = true;
    facts.rows = count(product->loops.m);
    facts.columns = count(product->loops.n);
  }
}

/// What only the host can do: report, call, and keep memory from turn to turn.
static bool isForHost(Operation *op) {
  auto isMemory = llvm::IsaPred<BaseMemRefType>;
  return isa<cf::AssertOp, func::CallOp, ObserveOp, GroupedMatmulOp>(op) ||
         (isa<scf::ParallelOp>(op) && op->getNumResults() != 0) ||
         (isa_and_present<scf::SCFDialect>(op->getDialect()) &&
          (llvm::any_of(op->getResultTypes(), isMemory) ||
           (op->hasTrait<OpTrait::IsTerminator>() &&
            llvm::any_of(op->getOperandTypes(), isMemory))));
}

/// Elements that one turn of all loops around the structured operation `op` computes.
static int64_t elementsOf(Operation *op) {
  SmallVector<int64_t> sizes;
  if (auto copy = dyn_cast<memref::CopyOp>(op))
    sizes = llvm::to_vector(cast<MemRefType>(copy.getSource().getType()).getShape());
  else
    sizes = cast<linalg::LinalgOp>(op).getStaticLoopRanges();
  int64_t all = 1;
  for (int64_t size : sizes)
    if (llvm::MulOverflow(all, ShapedType::isDynamic(size) ? kUnknownSize : size, all))
      return kMostElements;
  return all;
}

static void addLoops(Operation *root, LoopFacts &facts) {
  root->walk([&](Operation *op) {
    facts.onlyHost |= isForHost(op);
    if (isSelfCopy(op))
      return;
    if (isStructured(op)) {
      ++facts.structured;
      facts.elements += std::min(elementsOf(op), kMostElements - facts.elements);
    } else if (op != root && isParallelLoop(op)) {
      ++facts.structured;
    }
    // In the body of a structured operation it is that operation's business.
    facts.loads |=
        isa<memref::LoadOp, memref::StoreOp>(op) && !op->getParentOfType<linalg::LinalgOp>();
  });
  facts.bounded = hasBoundedBuffers(root);
  facts.bufferBytes = staticBytes(root);
}

LoopFacts moe::factsOf(Operation *op) {
  LoopFacts facts;
  if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
    addStructured(generic, facts);
    return facts;
  }
  facts.kind = isParallelLoop(op) ? LoopKind::Parallel : LoopKind::Sequence;
  addLoops(op, facts);
  return facts;
}
