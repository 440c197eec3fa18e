//===- moe-opt.cpp - Runs passes and pipelines on MLIR text ---------------===//

#include "lowering/Compile.h"
#include "lowering/Lowerings.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "passes/Passes.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  moe::registerMoePasses();
  moe::registerMoeLoweringPasses();
  moe::registerMoePipelines();

  mlir::DialectRegistry registry;
  moe::registerMoeDialects(registry);
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "moe-opt: passes of the moe compiler\n", registry));
}
