//===- KernelBuffers.h - Memory of a kernel's own ---------------*- C++ -*-===//
//
// What a function allocates while it runs becomes a thread's own memory, a block's shared memory
// where it is small, or a slice for each block of memory that the host allocates before.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_KERNELBUFFERS_H
#define MOE_LOWERING_NVPTX_LOOPS_KERNELBUFFERS_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace moe {

class LoopKernel;

/// Bytes of a block's shared memory that buffers may take.
inline constexpr int64_t kSharedBudget = 32 << 10;

/// Bytes of all buffers in `root`; nothing where one is of dynamic size.
std::optional<int64_t> staticBytes(mlir::Operation *root);
/// Whether the host knows a bound of every buffer in `root` before it runs.
bool hasBoundedBuffers(mlir::Operation *root);

void placeBuffersInThread(LoopKernel &kernel);
/// Where slices are needed, each of `blocks` blocks (a value of the host) gets one.
void placeBuffersInBlock(LoopKernel &kernel, mlir::Value blocks);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_KERNELBUFFERS_H
