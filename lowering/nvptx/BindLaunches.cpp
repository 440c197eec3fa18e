//===- BindLaunches.cpp - Kernels by number, and their parameters ---------===//
//
// The last step before host and device go their own ways: the host knows kernels by their numbers,
// the artifact lists them in that order.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/Routing.h"
#include "lowering/host/DeviceCalls.h"
#include "lowering/nvptx/Device.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/ADT/MapVector.h"
#include <map>

namespace moe {
#define GEN_PASS_DEF_BINDLAUNCHES
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

struct BindLaunches : moe::impl::BindLaunchesBase<BindLaunches> {
  using BindLaunchesBase::BindLaunchesBase;

  void runOnOperation() override {
    auto device = getOperation().lookupSymbol<gpu::GPUModuleOp>(kDeviceModule);
    WalkResult walked = getOperation().walk([&](gpu::LaunchFuncOp launch) {
      return WalkResult(device ? bind(launch, device)
                               : launch.emitError("there is no module of kernels"));
    });
    if (walked.wasInterrupted())
      return signalPassFailure();
    if (device)
      dropUnused(device);
    Builder builder(&getContext());
    SmallVector<Attribute> list;
    for (auto &[name, attributes] : kernels)
      list.push_back(attributes);
    getOperation()->setAttr(kKernelsAttr, builder.getArrayAttr(list));
    setLaunches(builder);
  }

private:
  /// Says which kernels stand for which layer.
  void setLaunches(Builder &builder) {
    SmallVector<Attribute> list;
    for (auto &[layer, numbers] : layers)
      list.push_back(builder.getDictionaryAttr(
          {builder.getNamedAttr("kernels", builder.getDenseI32ArrayAttr(numbers)),
           builder.getNamedAttr("layer", builder.getI64IntegerAttr(layer))}));
    if (!list.empty())
      getOperation()->setAttr(kLaunchesAttr, builder.getArrayAttr(list));
  }

  LogicalResult bind(gpu::LaunchFuncOp launch, gpu::GPUModuleOp device) {
    Operation *kernel = device.lookupSymbol(launch.getKernelName());
    std::optional<int64_t> threads = getConstantIntValue(launch.getBlockSizeX());
    Value dynamic = launch.getDynamicSharedMemorySize();
    std::optional<int64_t> shared = dynamic ? getConstantIntValue(dynamic) : 0;
    if (!kernel || !threads || !shared)
      return launch.emitError("expects a kernel of the module, and constant threads and shared "
                              "memory of a block");
    Builder builder(&getContext());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr("name", launch.getKernelName()),
         builder.getNamedAttr("shared", builder.getI64IntegerAttr(*shared)),
         builder.getNamedAttr("threads", builder.getI64IntegerAttr(*threads))});
    auto [found, isNew] = kernels.insert({launch.getKernelName(), attributes});
    if (found->second != attributes)
      return launch.emitError("starts kernel '")
             << launch.getKernelName().getValue() << "' with other threads or shared memory than "
             << found->second;
    if (isNew)
      kernel->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                      builder.getDenseI32ArrayAttr({static_cast<int32_t>(*threads)}));
    auto number = static_cast<int32_t>(found - kernels.begin());
    launch->setAttr(kKernelAttr, builder.getI32IntegerAttr(number));
    if (auto layer = launch->getAttrOfType<IntegerAttr>(kLayerAttr))
      layers[layer.getInt()].push_back(number);
    if (isa<LLVM::LLVMFuncOp>(kernel))
      passAddresses(launch);
    return success();
  }

  /// Kernels on bare pointers take the address of a memref's first element.
  static void passAddresses(gpu::LaunchFuncOp launch) {
    OpBuilder builder(launch);
    for (OpOperand &operand : launch.getKernelOperandsMutable())
      if (isa<MemRefType>(operand.get().getType()))
        operand.set(addressOf(builder, launch.getLoc(), operand.get()));
  }

  void dropUnused(gpu::GPUModuleOp device) {
    for (Operation &op : llvm::make_early_inc_range(*device.getBody())) {
      bool isKernel =
          op.hasAttr(gpu::GPUDialect::getKernelFuncAttrName()) || isa<gpu::GPUFuncOp>(op);
      if (isKernel && !kernels.count(cast<SymbolOpInterface>(op).getNameAttr()))
        op.erase();
    }
  }

  llvm::MapVector<StringAttr, DictionaryAttr> kernels;
  std::map<int64_t, SmallVector<int32_t>> layers; ///< kernels of each, by number
};

} // namespace
