//===- Pipeline.cpp - Host code to the LLVM dialect ------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/host/HostCode.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"

using namespace mlir;
using namespace moe;

void moe::buildHostLlvmPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createHoistAllocas());
  manager.addNestedPass<func::FuncOp>(createExpandReshapes());
  manager.addPass(memref::createExpandStridedMetadataPass());
  manager.addPass(createConvertToLlvm());
  manager.addPass(createReconcileUnrealizedCastsPass());
}
