//===- OutlineKernels.cpp - What a model computes, as functions -----------===//
//
// Behind this pass a model is two things: kernels, each different from the others, and steps that
// allocate, call kernels and free. Loops, vectors and machine code are made of kernels only, which
// are few however often the model repeats them; functions stay of bounded size.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/Lowerings.h"
#include "lowering/Routing.h"
#include "lowering/buffers/FunctionPool.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace moe {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// Operations of a kernel, nested ones included. Beyond this, what is within is looked at by
/// itself.
static constexpr unsigned kMostOps = 400;

static unsigned countOps(Operation *op) {
  unsigned count = 0;
  op->walk([&](Operation *) { ++count; });
  return count;
}

/// Whether `op` computes on memory, makes no memory that others see, and is of bounded size.
static bool isKernel(Operation *op) {
  if (!isa<linalg::LinalgOp, memref::CopyOp, GroupedMatmulOp>(op) &&
      !isa_and_present<scf::SCFDialect>(op->getDialect()))
    return false;
  if (op->hasTrait<OpTrait::IsTerminator>() ||
      llvm::any_of(op->getResultTypes(), llvm::IsaPred<BaseMemRefType>))
    return false;
  if (isa<scf::ParallelOp, scf::ForallOp>(op))
    return true; // nothing below may be a kernel
  return countOps(op) <= kMostOps &&
         !op->walk([](ObserveOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// A place in a slice is an argument's own business: a constant one would make a kernel each.
static Value forgetOffset(OpBuilder &builder, Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  auto layout = type ? dyn_cast<StridedLayoutAttr>(type.getLayout()) : StridedLayoutAttr();
  if (!layout || ShapedType::isDynamic(layout.getOffset()))
    return value;
  auto anywhere =
      StridedLayoutAttr::get(builder.getContext(), ShapedType::kDynamic, layout.getStrides());
  auto general =
      MemRefType::get(type.getShape(), type.getElementType(), anywhere, type.getMemorySpace());
  return memref::CastOp::create(builder, value.getLoc(), general, value);
}

/// Bufferization casts what a loop carries to any layout, for which products have no kernels:
/// before the cast more is known.
static Value beforeCast(Value value) {
  auto cast = value.getDefiningOp<memref::CastOp>();
  return cast && memref::CastOp::canFoldIntoConsumerOp(cast) ? cast.getSource() : value;
}

namespace {
struct OutlineKernels : moe::impl::OutlineKernelsBase<OutlineKernels> {
  using OutlineKernelsBase::OutlineKernelsBase;

  void runOnOperation() override {
    FunctionPool pool(getOperation(), "moe_kernel_");
    SmallVector<Region *> open;
    // A target takes routing as the whole that it is.
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function->hasAttr(kRoutingAttr))
        open.push_back(&function.getBody());
    // Functions that come later are kernels.
    while (!open.empty()) {
      Region *region = open.pop_back_val();
      for (Block &block : *region)
        for (Operation &op : llvm::make_early_inc_range(block)) {
          if (isKernel(&op)) {
            outline(&op, pool);
            continue;
          }
          for (Region &inner : op.getRegions())
            open.push_back(&inner);
        }
    }
  }

  /// Makes a call of `op`.
  void outline(Operation *op, FunctionPool &pool) {
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands())
      operand.set(forgetOffset(builder, beforeCast(operand.get())));
    // Of which layer it is, the call says: equal kernels serve many.
    Attribute layer = op->removeDiscardableAttr(kLayerAttr);
    Captured captured = capture(op);
    func::FuncOp kernel = pool.get(op, captured, SmallVector<Value>(op->getResults()));
    auto call = func::CallOp::create(builder, op->getLoc(), kernel, captured.arguments);
    if (layer)
      call->setAttr(kLayerAttr, layer);
    op->replaceAllUsesWith(call);
    op->erase();
  }
};
} // namespace
