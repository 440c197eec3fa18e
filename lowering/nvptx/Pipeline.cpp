//===- Pipeline.cpp - The way of a GPU target -----------------------------===//
//
// It parts from the CPU's behind the linalg stage, shares the way to kernels on memrefs, and comes
// back to it for the host's code.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/nvptx/Codegen.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace moe;

void moe::buildNvptxTargetPipeline(OpPassManager &manager, StringRef precision) {
  // First, on tensors: products then multiply by the device's own layout.
  manager.addPass(createPlaceWeights());
  buildBufferPipeline(manager);
  manager.addPass(createEmitRouting());
  EmitProductsOptions products;
  products.precision = precision.str();
  manager.addPass(createEmitProducts(products));
  manager.addPass(createEmitLoops());
  manager.addPass(createFreeBuffers());
  // After the kernels: what is left on memory is the host's.
  manager.addPass(createSplitMemory());
  manager.addPass(createBindLaunches());
}

/// Kernels to the LLVM dialect.
static void buildDevicePipeline(OpPassManager &manager) {
  OpPassManager &device = manager.nest<gpu::GPUModuleOp>();
  device.addPass(createConvertVectorToSCFPass());
  device.addPass(createSCFToControlFlowPass());
  device.addPass(memref::createExpandStridedMetadataPass());
  device.addPass(createLowerAffinePass());
  device.addPass(createConvertKernels());
  device.addPass(createConvertNVVMToLLVMPass());
  device.addPass(createReconcileUnrealizedCastsPass());
  device.addPass(createCanonicalizerPass());
  device.addPass(createCSEPass());
}

void moe::buildNvptxLlvmPipeline(OpPassManager &manager) {
  // What of small numbers runs on the host is a loop there.
  manager.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  // Both sides: neither the host's code nor a kernel calls a library.
  manager.addPass(createExpandMath());
  buildDevicePipeline(manager);
  manager.addPass(createBindContext());
  buildHostLlvmPipeline(manager);
}

namespace {
struct PrecisionOptions : PassPipelineOptions<PrecisionOptions> {
  Option<std::string> precision{*this, "precision", llvm::cl::desc("of f32 products: f32 or tf32"),
                                llvm::cl::init("f32")};
};
} // namespace

void moe::registerNvptxPipelines() {
  PassPipelineRegistration<PrecisionOptions>(
      "moe-to-nvptx-target", "The planned linalg stage to kernels and their launches",
      [](OpPassManager &manager, const PrecisionOptions &options) {
        buildNvptxTargetPipeline(manager, options.precision);
      });
  PassPipelineRegistration<>("moe-to-nvptx-llvm", "Kernels and launches to the LLVM dialect",
                             buildNvptxLlvmPipeline);
}

void moe::registerNvptxDialects(DialectRegistry &registry) {
  registerBufferDialects(registry);
  registry.insert<gpu::GPUDialect, NVVM::NVVMDialect>();
  registerAllToLLVMIRTranslations(registry);
}
