//===- moe-opt.cpp - Runs passes and pipelines on MLIR text ---------------===//

#include "lowering/Lowerings.h"
#include "lowering/cpu/Codegen.h"
#include "passes/Passes.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  moe::registerMoePasses();
  moe::registerMoeLoweringPasses();
  moe::registerCpuPipelines();

  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<moe::MoeDialect, moe::onnx::OnnxDialect>();
  moe::registerCpuDialects(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "moe-opt: passes of the moe compiler\n", registry));
}
