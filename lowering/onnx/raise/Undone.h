//===- Undone.h - Nodes that undo each other --------------------*- C++ -*-===//
//
// Exporters turn an accumulator before and after each write to it. What is turned and turned back
// is the value itself; without such pairs all patterns see one chain.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_UNDONE_H
#define MOE_LOWERING_ONNX_RAISE_UNDONE_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

/// Lets the users of a Transpose that undoes another one use the value before both.
void dropUndone(mlir::FunctionOpInterface function);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_UNDONE_H
