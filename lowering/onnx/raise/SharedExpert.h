//===- SharedExpert.h - Finds experts that every token goes to --*- C++ -*-===//
//
// A shared expert stands beside a layer and is no part of it; people want to hear of it all the
// same.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SHAREDEXPERT_H
#define MOE_LOWERING_ONNX_RAISE_SHAREDEXPERT_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

enum class SharedExpert { None, Plain, Gated };

/// Whether an MLP of the same `tokens` is added to the layer's `result`, as it is or times the
/// sigmoid of one number a token.
SharedExpert findSharedExpert(mlir::Value result, mlir::Value tokens);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SHAREDEXPERT_H
