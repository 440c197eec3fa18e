//===- SplitMemory.cpp - What the host reads and writes -------------------===//
//
// Behind the kernels, all buffers are the device's. Where the host itself loads, stores or reads a
// shape, the number travels; a small buffer that only the host touches becomes its own.
//
//===----------------------------------------------------------------------===//

#include "lowering/Lowerings.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/host/DeviceCalls.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace moe {
#define GEN_PASS_DEF_SPLITMEMORY
#include "lowering/Lowerings.h.inc"
} // namespace moe

using namespace mlir;
using namespace moe;

/// The most elements of a buffer that may lie on the host's stack.
static constexpr int64_t kMostOnHost = 64;

static bool isSmall(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && memref.getNumElements() <= kMostOnHost &&
         memref.getLayout().isIdentity();
}

/// Whether `function` computes on numbers of the host: no kernel was made of it.
static bool runsOnHost(func::FuncOp function) {
  if (!function->hasAttr(kStepAttr) || function.isExternal())
    return false;
  bool allSmall = llvm::all_of(function.getArgumentTypes(), [](Type type) {
    return !isa<BaseMemRefType>(type) || isSmall(type);
  });
  return allSmall &&
         !function
              .walk([](Operation *op) {
                return isa<gpu::LaunchFuncOp, memref::AllocOp, func::CallOp, ObserveOp>(op)
                           ? WalkResult::interrupt()
                           : WalkResult::advance();
              })
              .wasInterrupted();
}

namespace {

/// Where memory lies, by what it is a view of.
class Places {
public:
  explicit Places(const llvm::DenseSet<StringAttr> &onHost) : onHost(onHost) {}

  static Value rootOf(Value value) {
    while (Operation *op = value.getDefiningOp()) {
      auto view = dyn_cast<ViewLikeOpInterface>(op);
      if (!view)
        break;
      value = view.getViewSource();
    }
    return value;
  }

  bool isHost(Value memref) const {
    Value root = rootOf(memref);
    if (auto global = root.getDefiningOp<memref::GetGlobalOp>())
      return global.getName() != kDeviceWeights;
    return root.getDefiningOp<memref::AllocaOp>() != nullptr;
  }

  /// Whether nobody but the host touches what `alloc` makes.
  bool onlyHostUses(Value memref) const {
    return llvm::all_of(memref.getUses(), [&](OpOperand &use) {
      Operation *user = use.getOwner();
      // A shape is read where the view is made; its reader's memory is another's.
      if (auto reshape = dyn_cast<memref::ReshapeOp>(user))
        if (use.getOperandNumber() == reshape.getShapeMutable().getOperandNumber())
          return true;
      if (isa<ViewLikeOpInterface>(user))
        return llvm::all_of(user->getResults(), [&](Value view) { return onlyHostUses(view); });
      if (auto call = dyn_cast<func::CallOp>(user))
        return onHost.contains(call.getCalleeAttr().getAttr());
      return isa<memref::LoadOp, memref::StoreOp, memref::DimOp, memref::DeallocOp>(user);
    });
  }

private:
  const llvm::DenseSet<StringAttr> &onHost;
};

struct SplitMemory : moe::impl::SplitMemoryBase<SplitMemory> {
  using SplitMemoryBase::SplitMemoryBase;

  void runOnOperation() override {
    llvm::DenseSet<StringAttr> onHost;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (runsOnHost(function))
        onHost.insert(function.getSymNameAttr());
    Places places(onHost);
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (onHost.contains(function.getSymNameAttr()))
        continue;
      function.walk([&](memref::AllocOp alloc) { keepOnHost(alloc, places); });
      SmallVector<Operation *> ops; // what is added below is right as it is
      function.walk([&](Operation *op) { ops.push_back(op); });
      for (Operation *op : ops)
        move(op, places, onHost);
    }
  }

private:
  static void keepOnHost(memref::AllocOp alloc, const Places &places) {
    if (!isSmall(alloc.getType()) || !places.onlyHostUses(alloc))
      return;
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    OpBuilder builder(alloc);
    Value own = memref::AllocaOp::create(builder, alloc.getLoc(), alloc.getType());
    alloc.replaceAllUsesWith(own);
    alloc.erase();
  }

  void move(Operation *op, const Places &places, const llvm::DenseSet<StringAttr> &onHost) {
    if (auto load = dyn_cast<memref::LoadOp>(op)) {
      if (!places.isHost(load.getMemRef()))
        fetchElement(load);
    } else if (auto store = dyn_cast<memref::StoreOp>(op)) {
      if (!places.isHost(store.getMemRef()))
        uploadElement(store);
    } else if (auto reshape = dyn_cast<memref::ReshapeOp>(op)) {
      if (!places.isHost(reshape.getShape()) && isSmall(reshape.getShape().getType()))
        reshape.getShapeMutable().assign(fetch(op, reshape.getShape()));
    } else if (auto call = dyn_cast<func::CallOp>(op)) {
      if (onHost.contains(call.getCalleeAttr().getAttr()))
        runOnCopies(call, places);
    } else if (auto launch = dyn_cast<gpu::LaunchFuncOp>(op)) {
      for (OpOperand &operand : launch.getKernelOperandsMutable())
        uploadOperand(operand, places);
    } else if (auto observe = dyn_cast<ObserveOp>(op)) {
      uploadOperand(op->getOpOperand(0), places);
    } else if (isa<func::ReturnOp>(op)) {
      for (OpOperand &operand : op->getOpOperands())
        uploadOperand(operand, places);
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

  /// Whether `EffectT` happens to what `memref` describes; a view counts as all there is.
  template <typename EffectT> static bool hasEffect(Value memref) {
    return llvm::any_of(memref.getUsers(), [&](Operation *user) {
      auto effects = dyn_cast<MemoryEffectOpInterface>(user);
      return !effects || isa<ViewLikeOpInterface>(user) ||
             effects.getEffectOnValue<EffectT>(memref).has_value();
    });
  }

  void runOnCopies(func::CallOp call, const Places &places) {
    auto callee = getOperation().lookupSymbol<func::FuncOp>(call.getCallee());
    OpBuilder builder(call);
    Location loc = call.getLoc();
    for (OpOperand &operand : call->getOpOperands()) {
      Value device = operand.get();
      auto type = dyn_cast<MemRefType>(device.getType());
      if (!type || places.isHost(device))
        continue;
      Value inside = callee.getArgument(operand.getOperandNumber());
      Value host = memref::AllocaOp::create(
          builder, loc, MemRefType::get(type.getShape(), type.getElementType()));
      Value bytes = bytesOf(builder, loc, type);
      if (hasEffect<MemoryEffects::Read>(inside))
        createFetch(builder, loc, addressOf(builder, loc, host), addressOf(builder, loc, device),
                    bytes);
      operand.set(host);
      if (!hasEffect<MemoryEffects::Write>(inside))
        continue;
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPointAfter(call);
      createUpload(builder, loc, addressOf(builder, loc, device), addressOf(builder, loc, host),
                   bytes);
    }
  }

  /// A constant of the host that a kernel reads after all, or that leaves the function.
  static void uploadOperand(OpOperand &operand, const Places &places) {
    auto type = dyn_cast<MemRefType>(operand.get().getType());
    if (!type || !places.isHost(operand.get()) || !type.hasStaticShape())
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
