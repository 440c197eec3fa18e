//===- HostLoops.h - Control on the host, kernels inside --------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_HOSTLOOPS_H
#define MOE_LOWERING_NVPTX_LOOPS_HOSTLOOPS_H

#include "lowering/buffers/FunctionPool.h"

namespace moe {

/// Leaves the control flow of `op`, the one operation of an outlined function, to the host: what
/// computes inside becomes functions of its own, which are outlined as the function was.
void leaveLoopToHost(mlir::Operation *op, FunctionPool &pool,
                     llvm::SmallVectorImpl<mlir::func::FuncOp> &outlined);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_HOSTLOOPS_H
