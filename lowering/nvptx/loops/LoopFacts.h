//===- LoopFacts.h - What the choice of a mapping looks at ------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_LOOPFACTS_H
#define MOE_LOWERING_NVPTX_LOOPS_LOOPFACTS_H

#include "lowering/nvptx/loops/LoopMapping.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace moe {

/// The one operation of `function` besides constants, where it is an outlined kernel of ours.
mlir::Operation *outlinedOperation(mlir::func::FuncOp function);

/// Facts about `op`, the one operation of a function, but who else uses that function's memory.
/// Structured operations are in their general form.
LoopFacts factsOf(mlir::Operation *op);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_LOOPFACTS_H
