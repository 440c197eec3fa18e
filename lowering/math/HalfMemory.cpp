//===- HalfMemory.cpp - Numbers of 16 bits in memory ----------------------===//

#include "lowering/math/HalfMemory.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

static bool isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isF16() || element.isBF16();
}

/// `type` with i16 for its elements.
static Type asBits(Type type) {
  Type i16 = IntegerType::get(type.getContext(), 16);
  if (auto memref = dyn_cast<MemRefType>(type))
    return MemRefType::Builder(memref).setElementType(i16);
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.clone(i16);
  return i16;
}

bool moe::accessesHalfMemory(Operation *op) {
  return isa<memref::LoadOp, memref::StoreOp, vector::LoadOp, vector::StoreOp, vector::MaskedLoadOp,
             vector::MaskedStoreOp, vector::GatherOp>(op) &&
         llvm::any_of(op->getOperands(), [](Value operand) {
           return isa<MemRefType>(operand.getType()) && isHalf(operand.getType());
         });
}

void moe::accessAsBits(ImplicitLocOpBuilder &builder, Operation *op) {
  builder.setInsertionPoint(op);
  builder.setLoc(op->getLoc());
  OperationState state(op->getLoc(), op->getName());
  for (Value operand : op->getOperands()) {
    Type type = operand.getType();
    if (isa<MemRefType>(type) && isHalf(type))
      operand = UnrealizedConversionCastOp::create(builder, asBits(type), operand).getResult(0);
    else if (isHalf(type))
      operand = arith::BitcastOp::create(builder, asBits(type), operand);
    state.addOperands(operand);
  }
  for (Type type : op->getResultTypes())
    state.addTypes(asBits(type));
  state.propertiesAttr = op->getPropertiesAsAttribute();
  Operation *access = builder.create(state);
  for (auto [old, bits] : llvm::zip_equal(op->getResults(), access->getResults()))
    old.replaceAllUsesWith(arith::BitcastOp::create(builder, old.getType(), bits));
  op->erase();
}
