//===- RowScales.h - Rows that an Einsum scales -----------------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROWSCALES_H
#define MOE_LOWERING_ONNX_RAISE_ROWSCALES_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

/// Writes each Einsum of "r,rc->rc" as the product that it is.
void spellRowScales(mlir::FunctionOpInterface function);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROWSCALES_H
