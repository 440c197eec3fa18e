//===- SplitMemory.cpp - What the host reads and writes -------------------===//
//
// Behind the kernels, all buffers are the device's. Where the host itself loads, stores or reads a
// shape, the number travels; a small buffer that only the host touches becomes its own.
//
//===----------------------------------------------------------------------===//

#include "dialect/Moe.h"
#include "lowering/Lowerings.h"
#include "lowering/host/DeviceCalls.h"
#include "lowering/nvptx/HostBuffers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {
#define GEN_PASS_DEF_SPLITMEMORY
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

namespace {

struct SplitMemory : moe::impl::SplitMemoryBase<SplitMemory> {
  using SplitMemoryBase::SplitMemoryBase;

  void runOnOperation() override {
    HostBuffers onHost(getOperation());
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (onHost.contains(function))
        continue;
      SmallVector<memref::AllocOp> own;
      function.walk([&](memref::AllocOp alloc) {
        if (onHost.contains(alloc))
          own.push_back(alloc);
      });
      for (memref::AllocOp alloc : own)
        keepOnHost(alloc);
      SmallVector<Operation *> ops; // what is added below is right as it is
      function.walk([&](Operation *op) { ops.push_back(op); });
      for (Operation *op : ops)
        move(op, onHost);
    }
  }

private:
  static void keepOnHost(memref::AllocOp alloc) {
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    OpBuilder builder(alloc);
    Value own = memref::AllocaOp::create(builder, alloc.getLoc(), alloc.getType());
    alloc.replaceAllUsesWith(own);
    alloc.erase();
  }

  static void move(Operation *op, const HostBuffers &onHost) {
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      if (!onHost.contains(load.getMemRef()))
        fetchElement(load);
    } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
      if (!onHost.contains(store.getMemRef()))
        uploadElement(store);
    } else if (auto reshape = dyn_cast<memref::ReshapeOp>(op)) {
      if (!onHost.contains(reshape.getShape()) && fitsHost(reshape.getShape().getType()))
        reshape.getShapeMutable().assign(fetch(op, reshape.getShape()));
    } else if (isa<gpu::LaunchFuncOp, ObserveOp, func::ReturnOp, func::CallOp>(op)) {
      auto call = dyn_cast<func::CallOp>(op);
      if (call && onHost.contains(call))
        return;
      for (OpOperand &operand : op->getOpOperands())
        uploadOperand(operand, onHost);
    }
  }

  static Value one(OpBuilder &builder, Location loc, Type element) {
    return memref::AllocaOp::create(builder, loc, MemRefType::get({}, element));
  }

  static Value bytesOf(OpBuilder &builder, Location loc, MemRefType type) {
    int64_t width = type.getElementType().isIndex() ? 8 : type.getElementTypeBitWidth() / 8;
    return arith::ConstantIndexOp::create(builder, loc, type.getNumElements() * width);
  }

  static void fetchElement(memref::LoadOp load) {
    OpBuilder builder(load);
    Location loc = load.getLoc();
    Value host = one(builder, loc, load.getType());
    createFetch(builder, loc, addressOf(builder, loc, host),
                addressOf(builder, loc, load.getMemRef(), load.getIndices()),
                bytesOf(builder, loc, cast<MemRefType>(host.getType())));
    load.getMemrefMutable().assign(host);
    load.getIndicesMutable().clear();
  }

  static void uploadElement(memref::StoreOp store) {
    OpBuilder builder(store);
    Location loc = store.getLoc();
    Value host = one(builder, loc, store.getValueToStore().getType());
    Value device = addressOf(builder, loc, store.getMemRef(), store.getIndices());
    store.getMemrefMutable().assign(host);
    store.getIndicesMutable().clear();
    builder.setInsertionPointAfter(store);
    createUpload(builder, loc, device, addressOf(builder, loc, host),
                 bytesOf(builder, loc, cast<MemRefType>(host.getType())));
  }

  /// A copy of `device` on the host's stack.
  static Value fetch(Operation *before, Value device) {
    OpBuilder builder(before);
    Location loc = before->getLoc();
    auto type = cast<MemRefType>(device.getType());
    Value host = memref::AllocaOp::create(builder, loc,
                                          MemRefType::get(type.getShape(), type.getElementType()));
    createFetch(builder, loc, addressOf(builder, loc, host), addressOf(builder, loc, device),
                bytesOf(builder, loc, type));
    return host;
  }

  /// A constant of the host that a kernel reads after all, or that leaves the function.
  static void uploadOperand(OpOperand &operand, const HostBuffers &onHost) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type || !onHost.contains(operand.get()) || !type.hasStaticShape())
      return;
    OpBuilder builder(operand.getOwner());
    Location loc = operand.getOwner()->getLoc();
    Value device = memref::AllocOp::create(builder, loc,
                                           MemRefType::get(type.getShape(), type.getElementType()));
    createUpload(builder, loc, addressOf(builder, loc, device),
                 addressOf(builder, loc, operand.get()), bytesOf(builder, loc, type));
    operand.set(device);
  }
};

} // namespace
