//===- PrepareBuffers.cpp - What bufferization needs to see ---------------===//
//
// One-shot bufferization writes where it may. It must know that inputs are the caller's, and it has
// no form for operations that join tensors: these are split into slices first.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace moe {
#define GEN_PASS_DEF_PREPAREBUFFERS
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;

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
  }
};
} // namespace
