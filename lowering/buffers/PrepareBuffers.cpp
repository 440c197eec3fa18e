//===- PrepareBuffers.cpp - What bufferization needs to see ---------------===//
//
// One-shot bufferization writes where it may. It must know that inputs are the caller's, and it has
// no form for operations that join tensors: these are split into slices first. It visits functions
// in the order of their addresses, so what it would name on its way is named here.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/BufferUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace moe {
#define GEN_PASS_DEF_PREPAREBUFFERS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

/// Gives every constant tensor its global, numbered in the order of the module.
static LogicalResult nameConstants(ModuleOp module) {
  SymbolTableCollection symbols;
  auto result = module.walk([&](arith::ConstantOp constant) {
    if (!isa<RankedTensorType>(constant.getType()) || constant.use_empty())
      return WalkResult::advance();
    return WalkResult(bufferization::getGlobalFor(constant, symbols, /*alignment=*/0));
  });
  return failure(result.wasInterrupted());
}

namespace {
struct PrepareBuffers : moe::impl::PrepareBuffersBase<PrepareBuffers> {
  using PrepareBuffersBase::PrepareBuffersBase;

  void runOnOperation() override {
    for (ModuleOp kept : llvm::make_early_inc_range(getOperation().getOps<ModuleOp>()))
      kept.erase();
    auto readOnly = BoolAttr::get(&getContext(), false);
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isPrivate())
        continue; // what is called may write where its caller lets it
      for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
        if (isa<TensorType>(type))
          function.setArgAttr(i, bufferization::BufferizationDialect::kWritableAttrName, readOnly);
    }

    RewritePatternSet patterns(&getContext());
    tensor::populateDecomposeTensorConcatPatterns(patterns);
    walkAndApplyPatterns(getOperation(), std::move(patterns));
    if (failed(nameConstants(getOperation())))
      signalPassFailure();
  }
};
} // namespace
