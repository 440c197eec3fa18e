//===- Device.cpp - Kernels of a device and their launches ----------------===//

#include "lowering/nvptx/Device.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

gpu::GPUModuleOp moe::getDeviceModule(ModuleOp module) {
  if (auto found = module.lookupSymbol<gpu::GPUModuleOp>(kDeviceModule))
    return found;
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  UnitAttr::get(module.getContext()));
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  return gpu::GPUModuleOp::create(builder, module.getLoc(), kDeviceModule);
}

void moe::createLaunch(OpBuilder &builder, Location loc, Operation *kernel, const Launch &launch,
                       ValueRange operands) {
  auto index = [&](int64_t number) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, number);
  };
  gpu::KernelDim3 grid = {index(1), index(1), index(1)};
  Value *dims[] = {&grid.x, &grid.y, &grid.z};
  for (auto [into, given] : llvm::zip_equal(dims, launch.grid))
    if (given)
      *into = given;
  auto symbol =
      SymbolRefAttr::get(builder.getStringAttr(kDeviceModule), {FlatSymbolRefAttr::get(kernel)});
  Value shared;
  if (launch.sharedBytes)
    shared = arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(launch.sharedBytes)));
  gpu::LaunchFuncOp::create(builder, loc, symbol, grid,
                            gpu::KernelDim3{index(launch.threads), index(1), index(1)}, shared,
                            operands);
}

Value moe::ceilDiv(OpBuilder &builder, Location loc, Value value, int64_t by) {
  Value more = arith::AddIOp::create(builder, loc, value,
                                     arith::ConstantIndexOp::create(builder, loc, by - 1));
  return arith::DivUIOp::create(builder, loc, more,
                                arith::ConstantIndexOp::create(builder, loc, by));
}

SmallVector<func::CallOp> moe::callsOf(ModuleOp module, func::FuncOp function) {
  SmallVector<func::CallOp> calls;
  module.walk([&](func::CallOp call) {
    if (call.getCallee() == function.getSymName())
      calls.push_back(call);
  });
  return calls;
}
