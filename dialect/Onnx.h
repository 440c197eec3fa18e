//===- Onnx.h - ONNX graphs as the importer produces them -------*- C++ -*-===//

#ifndef MOE_DIALECT_ONNX_H
#define MOE_DIALECT_ONNX_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/OnnxDialect.h.inc"

#define GET_TYPEDEF_CLASSES
#include "dialect/OnnxTypes.h.inc"

#define GET_OP_CLASSES
#include "dialect/OnnxOps.h.inc"

namespace moe::onnx {
/// Names of the attributes on functions and modules; see the dialect's description.
inline constexpr llvm::StringLiteral kNameAttr = "onnx.name";
inline constexpr llvm::StringLiteral kDimsAttr = "onnx.dims";
inline constexpr llvm::StringLiteral kElemAttr = "onnx.elem";
inline constexpr llvm::StringLiteral kFileAttr = "onnx.file";
inline constexpr llvm::StringLiteral kProducerAttr = "onnx.producer";
inline constexpr llvm::StringLiteral kOpsetAttr = "onnx.opset";
} // namespace moe::onnx

#endif // MOE_DIALECT_ONNX_H
