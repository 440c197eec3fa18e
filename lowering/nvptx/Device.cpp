//===- Device.cpp - Kernels of a device and their launches ----------------===//

#include "lowering/nvptx/Device.h"
#include "lowering/Routing.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace moe;

gpu::GPUModuleOp moe::getDeviceModule(ModuleOp module) {
  if (auto found = module.lookupSymbol<gpu::GPUModuleOp>(kDeviceModule))
    return found;
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  UnitAttr::get(module.getContext()));
  auto builder = OpBuilder::atBlockEnd(module.getBody());
  return gpu::GPUModuleOp::create(builder, module.getLoc(), kDeviceModule);
}

/// The layer of the operation that `builder` stands before, or that the branch stands before which
/// it stands at the end of; null where there is none.
static Attribute layerAt(OpBuilder &builder) {
  Block *block = builder.getInsertionBlock();
  auto point = builder.getInsertionPoint();
  while (block && (point == block->end() || point->hasTrait<OpTrait::IsTerminator>())) {
    auto branch = dyn_cast_or_null<scf::IfOp>(block->getParentOp());
    if (!branch)
      return {};
    block = branch->getBlock();
    point = std::next(Block::iterator(branch));
  }
  return block ? point->getAttr(kLayerAttr) : Attribute();
}

gpu::LaunchFuncOp moe::createLaunch(OpBuilder &builder, Location loc, Operation *kernel,
                                    const Launch &launch, ValueRange operands) {
  Attribute layer = layerAt(builder);
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
  auto made = gpu::LaunchFuncOp::create(builder, loc, symbol, grid,
                                        gpu::KernelDim3{index(launch.threads), index(1), index(1)},
                                        shared, operands);
  if (layer)
    made->setAttr(kLayerAttr, layer);
  return made;
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
