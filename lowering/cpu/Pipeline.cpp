//===- Pipeline.cpp - The way of one CPU variant --------------------------===//
//
// Two named pipelines, so that each stage can be printed and tested; the driver runs both. Compile
// time counts for graphs of thousands of operations: each pass stands here once, for a reason.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/cpu/Codegen.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace moe;

void moe::buildCpuKernelPipeline(OpPassManager &manager) {
  // Routing is computed as all else is, and fuses with what surrounds it.
  manager.addPass(createInlineRouting());
  manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  buildBufferPipeline(manager);
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
  buildHostLlvmPipeline(manager);
}

void moe::buildCpuPipeline(OpPassManager &manager, const CpuVariant &variant) {
  buildCpuKernelPipeline(manager);
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
                     buildCpuKernelPipeline(manager);
                     buildCpuTargetPipeline(manager, variant);
                   });
  registerPipeline("moe-to-cpu-llvm", "Memrefs, loops and vectors to the LLVM dialect",
                   buildCpuLlvmPipeline);
}

void moe::registerCpuDialects(DialectRegistry &registry) {
  registerBufferDialects(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}
