//===- FunctionPool.cpp - Equal functions once ----------------------------===//

#include "lowering/buffers/FunctionPool.h"
#include "lowering/buffers/Buffers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace moe;

/// A number that equal functions share.
static size_t hashOf(func::FuncOp function) {
  llvm::hash_code hash = hash_value(function.getFunctionType());
  function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) {
    hash = llvm::hash_combine(
        hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::ignoreHashValue,
                                                OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

static bool areEqual(func::FuncOp a, func::FuncOp b) {
  return a.getFunctionType() == b.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

func::FuncOp FunctionPool::get(ArrayRef<Operation *> ops, const Captured &captured,
                               ArrayRef<Value> results) {
  OpBuilder builder(module.getContext());
  Location loc = ops.front()->getLoc();
  FunctionType type = builder.getFunctionType(TypeRange(ValueRange(captured.arguments)),
                                              TypeRange(ValueRange(results)));
  auto made = func::FuncOp::create(loc, (prefix + llvm::Twine(count)).str(), type);
  made.setPrivate();
  // Within its caller it would be there once a call.
  made->setAttr("llvm.linkage",
                LLVM::LinkageAttr::get(module.getContext(), LLVM::Linkage::Internal));
  made->setAttr("passthrough", builder.getStrArrayAttr({"noinline"}));
  made->setAttr(kStepAttr, builder.getUnitAttr());
  Block *block = made.addEntryBlock();
  builder.setInsertionPointToStart(block);
  IRMapping inside;
  inside.map(ValueRange(captured.arguments), block->getArguments());
  for (Operation *op : captured.constants)
    builder.clone(*op, inside);
  for (Operation *op : ops)
    builder.clone(*op, inside);
  SmallVector<Value> returned;
  for (Value value : results)
    returned.push_back(inside.lookup(value));
  func::ReturnOp::create(builder, loc, returned);

  auto &known = byHash[hashOf(made)];
  for (func::FuncOp other : known) {
    if (!areEqual(other, made))
      continue;
    made->erase();
    return other;
  }
  known.push_back(made);
  module.push_back(made);
  ++count;
  return made;
}

/// Whether loops do not depend on what `operand` is.
static bool onlyCompares(OpOperand &operand) {
  auto type = dyn_cast<IntegerType>(operand.get().getType());
  return type && type.getWidth() > 1 &&
         isa<arith::CmpIOp, linalg::FillOp, linalg::YieldOp, func::CallOp>(operand.getOwner());
}

Captured moe::capture(ArrayRef<Operation *> ops) {
  llvm::DenseSet<Operation *> within(ops.begin(), ops.end());
  llvm::SetVector<Value> used;
  llvm::DenseSet<Value> shaping;
  Block *block = ops.front()->getBlock();
  auto use = [&](OpOperand &operand) {
    Value value = operand.get();
    Block *home = value.getParentBlock();
    Operation *definer = value.getDefiningOp();
    // In the block of `ops`, or in one of them, or around them all.
    bool inside = home == block ? definer && within.contains(definer)
                                : block->findAncestorOpInBlock(*home->getParentOp()) != nullptr;
    if (inside)
      return;
    used.insert(value);
    if (!onlyCompares(operand))
      shaping.insert(value);
  };
  for (Operation *root : ops)
    root->walk<WalkOrder::PreOrder>([&](Operation *op) {
      for (OpOperand &operand : op->getOpOperands())
        use(operand);
    });

  Captured captured;
  for (Value value : used) {
    Operation *definer = value.getDefiningOp();
    if (definer && definer->hasTrait<OpTrait::ConstantLike>() && shaping.contains(value))
      captured.constants.push_back(definer);
    else
      captured.arguments.push_back(value);
  }
  return captured;
}
