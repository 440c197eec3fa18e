//===- ParallelRows.h - scf.forall as loops of the runtime ------*- C++ -*-===//

#ifndef MOE_LOWERING_CPU_PARALLELROWS_H
#define MOE_LOWERING_CPU_PARALLELROWS_H

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe {

/// Makes `scf.parallel` of every `scf.forall` in `function`, and stack memory of what its body
/// allocates. Reports what cannot be.
mlir::LogicalResult makeParallelRows(mlir::FunctionOpInterface function);

} // namespace moe

#endif // MOE_LOWERING_CPU_PARALLELROWS_H
