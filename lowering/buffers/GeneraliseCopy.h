//===- GeneraliseCopy.h - A copy as a structured operation ------*- C++ -*-===//

#ifndef MOE_LOWERING_BUFFERS_GENERALISECOPY_H
#define MOE_LOWERING_BUFFERS_GENERALISECOPY_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {

/// Replaces `copy` by the `linalg.generic` that says the same.
mlir::linalg::GenericOp generaliseCopy(mlir::memref::CopyOp copy, mlir::IRRewriter &rewriter);

} // namespace moe

#endif // MOE_LOWERING_BUFFERS_GENERALISECOPY_H
