//===- BindSteps.h - How steps are called -----------------------*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_BINDSTEPS_H
#define MOE_LOWERING_HOST_BINDSTEPS_H

#include "mlir/IR/BuiltinOps.h"

namespace moe {

/// Gives each function marked `moe.step` the context as its first argument, and takes apart what
/// memrefs it takes. The entry must be bound already.
void bindSteps(mlir::ModuleOp module);

} // namespace moe

#endif // MOE_LOWERING_HOST_BINDSTEPS_H
