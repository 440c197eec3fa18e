//===- Lowerings.h - Passes that cross a border -----------------*- C++ -*-===//

#ifndef MOE_LOWERING_LOWERINGS_H
#define MOE_LOWERING_LOWERINGS_H

#include "dialect/Moe.h"
#include "dialect/Onnx.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

namespace moe {

#define GEN_PASS_DECL
#include "lowering/Lowerings.h.inc"

#define GEN_PASS_REGISTRATION
#include "lowering/Lowerings.h.inc"

} // namespace moe

#endif // MOE_LOWERING_LOWERINGS_H
