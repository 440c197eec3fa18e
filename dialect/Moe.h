//===- Moe.h - The moe dialect ----------------------------------*- C++ -*-===//

#ifndef MOE_DIALECT_MOE_H
#define MOE_DIALECT_MOE_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/MoeDialect.h.inc"
#include "dialect/MoeEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "dialect/MoeAttrs.h.inc"

#define GET_OP_CLASSES
#include "dialect/MoeOps.h.inc"

namespace moe {

/// Names of the attributes that describe a model on its module.
/// `moe.layers`: array of dictionaries, one an MoE layer in graph order, with `name` (string),
/// `experts`, `top_k`, `hidden`, `intermediate` (i64), `gate`, `form`, `node` (strings), and
/// `quantisation` (string) where its weights are codes.
inline constexpr llvm::StringLiteral kLayersAttr = "moe.layers";
/// `moe.stage`: the stage (a name of `Stage`) that the module has reached.
inline constexpr llvm::StringLiteral kStageAttr = "moe.stage";

/// The nested module that --moe-keep-reference makes, with one function a layer, and the role
/// (`#moe<observed ...>`) of each of their arguments and results.
inline constexpr llvm::StringLiteral kReferenceName = "reference";
inline constexpr llvm::StringLiteral kRoleAttr = "moe.role";

/// What the offset of a piece counts in an element: its bytes, or its bits where it has fewer
/// than 8.
inline int64_t pieceUnits(mlir::Type element) {
  int64_t bits = element.getIntOrFloatBitWidth();
  return bits < 8 ? bits : bits / 8;
}

/// R of `moe.dispatch` (C3): rows for `slots` slots of `experts` experts in tiles of `tile` rows.
int64_t paddedRows(int64_t slots, int64_t experts, int64_t tile);

} // namespace moe

#endif // MOE_DIALECT_MOE_H
