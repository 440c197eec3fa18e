//===- Pipeline.cpp - The way of one CPU variant --------------------------===//
//
// Two named pipelines, so that each stage can be printed and tested; the driver runs both. Compile
// time counts for graphs of thousands of operations: each pass stands here once, for a reason.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/cpu/BufferizationModels.h"
#include "lowering/cpu/Codegen.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Linalg/Transforms/AllInterfaces.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/IR/TensorInferTypeOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace moe;

void moe::buildCpuBufferPipeline(OpPassManager &manager) {
  // First: the analyses of bufferization are not linear in a function's length.
  manager.addPass(createSplitEntry());
  manager.addPass(createPrepareBuffers());
  // A slice that is filled and then inserted is filled in its place.
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions options;
  options.bufferizeFunctionBoundaries = true;
  options.functionBoundaryTypeConversion = bufferization::LayoutMapOption::IdentityLayoutMap;
  options.allowReturnAllocsFromLoops = true;
  options.bufferAlignment = 0; // the context aligns to 64 anyway
  manager.addPass(bufferization::createOneShotBufferizePass(options));
  manager.addPass(createWidenBits());
  manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  // Last: what is equal is lowered once by all that follows.
  manager.addPass(createOutlineKernels());
}

void moe::buildCpuTargetPipeline(OpPassManager &manager, const CpuVariant &variant) {
  manager.addPass(createEmitGroupedMatmul({variant.name.str()}));
  LowerLinalgOptions loops;
  loops.vectorBits = variant.vectorBits;
  manager.addNestedPass<func::FuncOp>(createLowerLinalg(loops));
  manager.addPass(createFreeBuffers());
}

void moe::buildCpuLlvmPipeline(OpPassManager &manager, const CpuVariant &) {
  manager.addPass(createExpandMath());
  manager.addPass(createBindContext());
  manager.addPass(createOutlineParallel());
  manager.addNestedPass<func::FuncOp>(createHoistAllocas());
  manager.addNestedPass<func::FuncOp>(createExpandReshapes());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createConvertToLlvm());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

void moe::buildCpuPipeline(OpPassManager &manager, const CpuVariant &variant) {
  buildCpuBufferPipeline(manager);
  buildCpuTargetPipeline(manager, variant);
  buildCpuLlvmPipeline(manager, variant);
}

namespace {
struct VariantOptions : PassPipelineOptions<VariantOptions> {
  Option<std::string> variant{*this, "variant", llvm::cl::desc("avx512 or avx2"),
                              llvm::cl::init("avx512")};
};

void registerPipeline(StringRef name, StringRef summary,
                      void (*build)(OpPassManager &, const CpuVariant &)) {
  registerPassPipeline(
      name, summary,
      [build](OpPassManager &manager, StringRef text,
              function_ref<LogicalResult(const Twine &)> report) -> LogicalResult {
        VariantOptions options;
        if (failed(options.parseFromString(text)))
          return failure();
        const CpuVariant *variant = findCpuVariant(options.variant);
        if (!variant)
          return report("unknown variant '" + options.variant + "': expected avx512 or avx2");
        build(manager, *variant);
        return success();
      },
      [](function_ref<void(const mlir::detail::PassOptions &)> visit) { visit(VariantOptions()); });
}
} // namespace

void moe::registerCpuPipelines() {
  registerPipeline("moe-to-cpu-target", "The planned linalg stage to memrefs, loops and vectors",
                   [](OpPassManager &manager, const CpuVariant &variant) {
                     buildCpuBufferPipeline(manager);
                     buildCpuTargetPipeline(manager, variant);
                   });
  registerPipeline("moe-to-cpu-llvm", "Memrefs, loops and vectors to the LLVM dialect",
                   buildCpuLlvmPipeline);
}

void moe::registerCpuDialects(DialectRegistry &registry) {
  registry.insert<affine::AffineDialect, arith::ArithDialect, bufferization::BufferizationDialect,
                  cf::ControlFlowDialect, func::FuncDialect, linalg::LinalgDialect,
                  LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect, MoeDialect,
                  scf::SCFDialect, tensor::TensorDialect, ub::UBDialect, vector::VectorDialect>();
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  bufferization::func_ext::registerBufferizableOpInterfaceExternalModels(registry);
  cf::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerAllDialectInterfaceImplementations(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerInferTypeOpInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
  registerMoeBufferizationModels(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}
