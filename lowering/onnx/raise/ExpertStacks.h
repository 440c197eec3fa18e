//===- ExpertStacks.h - An accumulator for each expert, all of them summed -*- C++ -*-===//
//
// NLLB-MoE lays the tokens out once for each expert, times 0 where it was not chosen, writes each
// expert's rows over its own copy, and sums the copies. As all rows that are not 0 are written
// over, it is one accumulator that all experts add to.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_EXPERTSTACKS_H
#define MOE_LOWERING_ONNX_RAISE_EXPERTSTACKS_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

/// Lets all writes to such a stack add to one accumulator, and experts read the tokens themselves.
void joinExpertStacks(mlir::FunctionOpInterface function);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_EXPERTSTACKS_H
