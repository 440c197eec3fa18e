//===- Epilogue.cpp - An epilogue's scalar code on vectors ----------------===//
//
// Operations of arith and math mean the same on vectors as on scalars, so each is made again with
// vector types; constants and values from outside become splats. No activation is known by name.
//
//===----------------------------------------------------------------------===//

#include "lowering/cpu/Epilogue.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace moe;

LogicalResult moe::verifyElementwise(GroupedMatmulOp op) {
  Block *block = op.getEpilogueBlock();
  if (!block)
    return success();
  bool clean = true;
  for (Operation &inner : block->without_terminator()) {
    if (isa<arith::ConstantOp>(inner) || OpTrait::hasElementwiseMappableTraits(&inner))
      continue;
    inner.emitOpError("is unsupported in the epilogue of 'moe.grouped_matmul': expected "
                      "elementwise operations of arith and math");
    clean = false;
  }
  return success(clean);
}

/// A scalar for all lanes; vectors as they are.
static Value splat(Emitter &e, Value value, int64_t lanes) {
  if (isa<VectorType>(value.getType()))
    return value;
  return vector::BroadcastOp::create(e, e.vectorOf(lanes, value.getType()), value);
}

/// The same operation on vectors.
static Value widen(Emitter &e, Operation &scalar, IRMapping &known, int64_t lanes) {
  if (auto constant = dyn_cast<arith::ConstantOp>(scalar)) {
    VectorType type = e.vectorOf(lanes, constant.getType());
    return arith::ConstantOp::create(e, type, SplatElementsAttr::get(type, constant.getValue()));
  }
  SmallVector<Value> operands;
  for (Value operand : scalar.getOperands())
    operands.push_back(splat(e, known.lookupOrDefault(operand), lanes));
  Type type = e.vectorOf(lanes, scalar.getResult(0).getType());
  OperationState state(scalar.getLoc(), scalar.getName(), operands, {type}, scalar.getAttrs());
  return e.create(state)->getResult(0);
}

Value moe::emitEpilogue(Emitter &e, GroupedMatmulOp op, ArrayRef<Value> arguments, int64_t lanes) {
  Block *block = op.getEpilogueBlock();
  if (!block)
    return arguments.front();
  IRMapping known;
  known.map(block->getArguments(), arguments);
  for (Operation &scalar : block->without_terminator())
    known.map(scalar.getResult(0), widen(e, scalar, known, lanes));
  Value value = cast<YieldOp>(block->getTerminator()).getValue();
  return splat(e, known.lookupOrDefault(value), lanes);
}
