//===- Context.cpp - Reading moe_context in generated code ----------------===//

#include "lowering/host/Context.h"
#include "lowering/buffers/Buffers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "runtime/moe_abi.h"

using namespace mlir;

Value moe::contextOf(Operation *op) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  if (!function || (function.getName() != MOE_ENTRY_SYMBOL && !function->hasAttr(kStepAttr)))
    return {};
  return function.getFunctionBody().front().getArgument(0);
}

Value moe::addressAt(OpBuilder &builder, Location loc, Value base, int64_t bytes) {
  if (bytes == 0)
    return base;
  // A constant operand where the number does not fit a GEP's own 32 bits.
  Value distance = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), bytes);
  return LLVM::GEPOp::create(builder, loc, base.getType(), builder.getI8Type(), base,
                             ValueRange{distance});
}

Value moe::loadContextField(OpBuilder &builder, Location loc, Value context, size_t offset) {
  Value address = addressAt(builder, loc, context, static_cast<int64_t>(offset));
  auto load = LLVM::LoadOp::create(builder, loc, context.getType(), address);
  load.setInvariant(true);
  return load;
}

LLVM::CallOp moe::callContext(OpBuilder &builder, Location loc, Value context, size_t offset,
                              Type result, ValueRange arguments) {
  SmallVector<Value> operands = {loadContextField(builder, loc, context, offset), context};
  llvm::append_range(operands, arguments);
  SmallVector<Type> types;
  for (Value operand : llvm::drop_begin(operands))
    types.push_back(operand.getType());
  if (!result)
    result = LLVM::LLVMVoidType::get(builder.getContext());
  return LLVM::CallOp::create(builder, loc, LLVM::LLVMFunctionType::get(result, types), operands);
}
