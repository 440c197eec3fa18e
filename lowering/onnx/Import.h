//===- Import.h - ONNX files as onnx.node graphs ----------------*- C++ -*-===//
//
// Structural: knows protobuf, types, tensors and names, and but one operator (Constant, whose
// numbers may be weights). Every other node becomes an `onnx.node`; a node without a name gets the
// name of its first output. What comes out is described in `dialect/Onnx.td`.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_IMPORT_H
#define MOE_LOWERING_ONNX_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace moe {

/// Reads the model at `path`. Null after errors; all problems of the file are reported.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::StringRef path, mlir::MLIRContext *context);

/// The same for a model in memory, whose identifier is its path: weights refer to that file, and
/// external data is looked for beside it.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(llvm::MemoryBufferRef file,
                                             mlir::MLIRContext *context);

} // namespace moe

#endif // MOE_LOWERING_ONNX_IMPORT_H
