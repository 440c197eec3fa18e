//===- ReturnedBuffers.cpp - Whose memory a function returns --------------===//

#include "lowering/buffers/ReturnedBuffers.h"
#include "dialect/Moe.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace moe;

namespace {
/// Goes from a returned value back to all that it may be.
class Origins {
public:
  explicit Origins(Value returned) { open.insert(returned); }

  ReturnedBuffer find() {
    // The list grows while it is gone through.
    for (size_t i = 0; i < open.size(); ++i)
      visit(open[i]);
    // Only what is always one allocation, made whenever the function runs, is the caller's to free.
    bool owned = allocations.size() == 1 && found.arguments.empty() && !others && !found.unknown &&
                 isa<func::FuncOp>(allocations.front()->getParentOp());
    if (owned)
      found.allocation = allocations.front().getResult();
    return found;
  }

private:
  void visit(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return visitArgument(argument);
    Operation *op = value.getDefiningOp();
    unsigned number = cast<OpResult>(value).getResultNumber();
    if (auto alloc = dyn_cast<memref::AllocOp>(op)) {
      allocations.push_back(alloc);
    } else if (isa<memref::GetGlobalOp, WeightOp>(op)) {
      others = true;
    } else if (auto view = dyn_cast<ViewLikeOpInterface>(op)) {
      open.insert(view.getViewSource());
    } else if (auto select = dyn_cast<arith::SelectOp>(op)) {
      open.insert(select.getTrueValue());
      open.insert(select.getFalseValue());
    } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
      open.insert(branch.thenYield().getOperand(number));
      open.insert(branch.elseYield().getOperand(number));
    } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
      open.insert(loop.getInitArgs()[number]);
      open.insert(loop.getYieldedValues()[number]);
    } else if (isa<UnrealizedConversionCastOp, memref::ReshapeOp>(op)) {
      open.insert(op->getOperand(0));
    } else {
      found.unknown = true;
    }
  }

  void visitArgument(BlockArgument argument) {
    Operation *parent = argument.getOwner()->getParentOp();
    if (isa<func::FuncOp>(parent)) {
      found.arguments.insert(argument.getArgNumber());
    } else if (auto loop = dyn_cast<scf::ForOp>(parent)) {
      unsigned number = argument.getArgNumber() - loop.getNumInductionVars();
      open.insert(loop.getInitArgs()[number]);
      open.insert(loop.getYieldedValues()[number]);
    } else {
      found.unknown = true;
    }
  }

  llvm::SetVector<Value> open;
  SmallVector<memref::AllocOp> allocations;
  bool others = false;
  ReturnedBuffer found;
};
} // namespace

ReturnedBuffers::ReturnedBuffers(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || !function.getBody().hasOneBlock())
      continue;
    FunctionBuffers &buffers = functions[function.getSymNameAttr()];
    for (Value value : function.getBody().front().getTerminator()->getOperands())
      buffers.results.push_back(isa<BaseMemRefType>(value.getType()) ? Origins(value).find()
                                                                     : ReturnedBuffer());
  }
}

const FunctionBuffers *ReturnedBuffers::of(func::CallOp call) const {
  auto found = functions.find(call.getCalleeAttr().getAttr());
  return found == functions.end() ? nullptr : &found->second;
}

SmallVector<SmallVector<Value>> ReturnedBuffers::madeBy(func::CallOp call) const {
  llvm::MapVector<Value, SmallVector<Value>> made;
  if (const FunctionBuffers *callee = of(call))
    for (auto [result, buffer] : llvm::zip_equal(call.getResults(), callee->results))
      if (buffer.allocation)
        made[buffer.allocation].push_back(result);
  SmallVector<SmallVector<Value>> all;
  for (auto &[allocation, names] : made)
    all.push_back(names);
  return all;
}
