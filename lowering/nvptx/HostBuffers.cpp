//===- HostBuffers.cpp - What the host keeps for itself -------------------===//

#include "lowering/nvptx/HostBuffers.h"
#include "dialect/Moe.h"
#include "lowering/Routing.h"
#include "lowering/buffers/Buffers.h"
#include "lowering/host/DeviceCalls.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace moe;

/// The most numbers of a buffer, and of all that a function of the host takes.
static constexpr int64_t kMostNumbers = 64;

bool moe::fitsHost(Type type) {
  auto memref = dyn_cast<MemRefType>(type);
  return memref && memref.hasStaticShape() && memref.getNumElements() <= kMostNumbers &&
         memref.getLayout().isIdentity();
}

/// Whether `function` computes on a few integers, and nothing else.
static bool isShapeArithmetic(func::FuncOp function) {
  if (!function->hasAttr(kStepAttr) || !function.isPrivate() || function.isExternal() ||
      function->hasAttr(kRoutingAttr))
    return false;
  int64_t numbers = 0;
  for (Type type : function.getArgumentTypes()) {
    auto memref = dyn_cast<MemRefType>(type);
    if (isa<BaseMemRefType>(type) && (!fitsHost(type) || !memref.getElementType().isIntOrIndex()))
      return false;
    numbers += memref ? memref.getNumElements() : 0;
  }
  bool makesMemory = llvm::any_of(function.getResultTypes(), llvm::IsaPred<BaseMemRefType>);
  bool doesMore = function
                      .walk([](Operation *op) {
                        return isa<gpu::LaunchFuncOp, memref::AllocOp, memref::GetGlobalOp,
                                   func::CallOp, ObserveOp>(op)
                                   ? WalkResult::interrupt()
                                   : WalkResult::advance();
                      })
                      .wasInterrupted();
  return numbers > 0 && numbers <= kMostNumbers && !makesMemory && !doesMore;
}

static Value rootOf(Value memref) {
  while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
    memref = view.getViewSource();
  return memref;
}

bool HostBuffers::onlyHostUses(Value memref) const {
  return llvm::all_of(memref.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    // A shape is read where the view is made; the view is of another's memory.
    if (auto reshape = dyn_cast<memref::ReshapeOp>(user))
      if (use.getOperandNumber() == reshape.getShapeMutable().getOperandNumber())
        return true;
    if (isa<ViewLikeOpInterface>(user))
      return llvm::all_of(user->getResults(), [&](Value view) { return onlyHostUses(view); });
    if (auto call = dyn_cast<func::CallOp>(user))
      return contains(call);
    return isa<memref::LoadOp, memref::StoreOp, memref::DimOp, memref::DeallocOp>(user);
  });
}

bool HostBuffers::contains(Value memref) const {
  Value root = rootOf(memref);
  if (auto global = root.getDefiningOp<memref::GetGlobalOp>())
    return global.getName() != kDeviceWeights;
  if (auto alloc = root.getDefiningOp<memref::AllocOp>())
    return fitsHost(alloc.getType()) && onlyHostUses(root);
  return root.getDefiningOp<memref::AllocaOp>() != nullptr;
}

HostBuffers::HostBuffers(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (isShapeArithmetic(function))
      functions.insert(function.getSymNameAttr());
  SmallVector<func::CallOp> calls;
  module.walk([&](func::CallOp call) {
    if (contains(call))
      calls.push_back(call);
  });
  // One that has to go to the device takes its buffers there, and so other functions.
  bool changed = true;
  while (changed) {
    changed = false;
    for (func::CallOp call : calls) {
      auto isElsewhere = [&](Value operand) {
        return isa<MemRefType>(operand.getType()) && !contains(operand);
      };
      if (contains(call) && llvm::any_of(call.getOperands(), isElsewhere))
        changed |= functions.remove(call.getCalleeAttr().getAttr());
    }
  }
}
