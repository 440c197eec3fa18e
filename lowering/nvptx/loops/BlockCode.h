//===- BlockCode.h - A block's threads as one program -----------*- C++ -*-===//
//
// Sequential code, run by all threads of a block together: structured operations are shared out,
// numbers are the same in every thread, one thread stores, barriers stand between what writes and
// what reads.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_BLOCKCODE_H
#define MOE_LOWERING_NVPTX_LOOPS_BLOCKCODE_H

#include "lowering/nvptx/loops/Team.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace moe {

/// Makes code of `team` of what stands in `block` of `kernel`, in place.
void shareOutCode(mlir::Block &block, mlir::gpu::GPUFuncOp kernel, const Team &team);

/// Makes loops of the same thread of all structured operations and parallel loops in `block`.
void makeSerial(mlir::Block &block);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_BLOCKCODE_H
