//===- BranchLoops.h - Structured loops to branches -------------*- C++ -*-===//

#ifndef MOE_LOWERING_HOST_BRANCHLOOPS_H
#define MOE_LOWERING_HOST_BRANCHLOOPS_H

#include "mlir/IR/BuiltinOps.h"

namespace moe {

/// Makes branches of all scf operations in `module`.
mlir::LogicalResult branchLoops(mlir::ModuleOp module);

} // namespace moe

#endif // MOE_LOWERING_HOST_BRANCHLOOPS_H
