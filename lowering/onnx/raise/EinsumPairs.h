//===- EinsumPairs.h - Products of many tensors as products of two -*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_EINSUMPAIRS_H
#define MOE_LOWERING_ONNX_RAISE_EINSUMPAIRS_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

/// Replaces each Einsum of three operands or more by Einsums of two.
void splitEinsums(mlir::FunctionOpInterface function);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_EINSUMPAIRS_H
