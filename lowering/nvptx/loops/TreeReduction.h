//===- TreeReduction.h - A block for each result ----------------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_TREEREDUCTION_H
#define MOE_LOWERING_NVPTX_LOOPS_TREEREDUCTION_H

#include "lowering/nvptx/loops/Structured.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace moe {

/// Whether each result of `op` is one operation over all it reduces, which may be done in any
/// order.
bool reducesSimply(mlir::linalg::GenericOp op);

/// Results of `space` in turns of `blocks`; the threads of a block take every 256th element each
/// and meet in a tree, so that the order depends on the number of elements only. Expects
/// `reducesSimply`.
void emitTrees(mlir::ImplicitLocOpBuilder &builder, Structured &space, mlir::gpu::GPUFuncOp kernel,
               const Team &blocks);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_TREEREDUCTION_H
