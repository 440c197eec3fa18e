//===- Context.h - Reading moe_context in generated code --------*- C++ -*-===//
//
// The one place where offsets of `moe_context` enter the IR.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_HOST_CONTEXT_H
#define MOE_LOWERING_HOST_CONTEXT_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"

namespace moe {

/// The moe_context of the function around `op`: the first argument of the entry and of steps; null
/// elsewhere.
mlir::Value contextOf(mlir::Operation *op);

/// The pointer at `offset` of the context. Its fields do not change during a run.
mlir::Value loadContextField(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value context,
                             size_t offset);

/// Calls the function that the context holds at `offset`, with the context as first argument.
/// `result` is null for a function that returns nothing.
mlir::LLVM::CallOp callContext(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value context,
                               size_t offset, mlir::Type result, mlir::ValueRange arguments);

/// The address `bytes` after `base`.
mlir::Value addressAt(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value base,
                      int64_t bytes);

} // namespace moe

#endif // MOE_LOWERING_HOST_CONTEXT_H
