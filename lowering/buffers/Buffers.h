//===- Buffers.h - From the planned linalg stage to kernels -----*- C++ -*-===//
//
// What all targets share of the way behind the linalg stage: memrefs, and functions of what
// computes, each different one once. Where they part, a model is kernels and steps that call them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_BUFFERS_BUFFERS_H
#define MOE_LOWERING_BUFFERS_BUFFERS_H

#include "mlir/IR/Dialect.h"
#include "mlir/Pass/PassManager.h"

namespace moe {

/// Marks functions that run on the entry's thread. --host-bind-context gives them its context as
/// first argument.
inline constexpr llvm::StringLiteral kStepAttr = "moe.step";

/// What --moe-split-entry makes of cf.assert: a function of the condition and the place of the
/// message in the module's attribute of all messages, each with a zero at its end.
inline constexpr llvm::StringLiteral kAssertFunction = "moe_assert";
inline constexpr llvm::StringLiteral kMessagesAttr = "moe.messages";

/// Planned linalg stage -> kernels on memrefs.
void buildBufferPipeline(mlir::OpPassManager &manager);
/// Registers the dialects and external models that the pipeline needs.
void registerBufferDialects(mlir::DialectRegistry &registry);

} // namespace moe

#endif // MOE_LOWERING_BUFFERS_BUFFERS_H
