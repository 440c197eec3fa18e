//===- RoutingKernel.h - Kernels of routing and what they are given -*- C++ -*-===//
//
// Host and kernel see the same list of operands; an operand that a routing does not need is null on
// both sides.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_ROUTINGKERNEL_H
#define MOE_LOWERING_NVPTX_ROUTING_ROUTINGKERNEL_H

#include "dialect/Moe.h"
#include "lowering/nvptx/Device.h"
#include "lowering/nvptx/routing/WarpCode.h"

namespace moe {

/// Static shared memory of a block.
inline constexpr int64_t kSharedBytes = 48 << 10;

/// What a kernel reads and writes. On the host memrefs and sizes of type index; in a kernel the
/// addresses of first elements and i64.
struct RoutingOperands {
  // Gate
  mlir::Value logits, bias, weights;
  mlir::Value workspace; ///< bytes for rows that shared memory has no room for
  // Positions; T, R and T * k are below 2^31
  mlir::Value experts; ///< T x k
  mlir::Value kept;    ///< T x k: the expert, or -1 where a slot is dropped
  mlir::Value slots;   ///< R
  mlir::Value offsets; ///< E + 1
  mlir::Value rowOf;   ///< T x k: the row of a slot, or -1
  mlir::Value counts;  ///< chunks x E
  // Rows
  mlir::Value tokens, rows, result;
  // Sizes
  mlir::Value numTokens, numRows, numColumns;
  mlir::Value numSlots;         ///< that `rowOf` has
  mlir::Value chunk, numChunks; ///< slots of a chunk; chunks

  llvm::SmallVector<mlir::Value *> all() {
    return {&logits,  &bias,       &weights, &workspace, &experts, &kept,   &slots,
            &offsets, &rowOf,      &counts,  &tokens,    &rows,    &result, &numTokens,
            &numRows, &numColumns, &chunk,   &numChunks, &numSlots};
  }
};

/// A kernel of the device module while its body is written.
struct RoutingKernel {
  /// A kernel for operands like those of `host`.
  RoutingKernel(mlir::ModuleOp module, mlir::Location loc, const llvm::Twine &name, int64_t threads,
                RoutingOperands host);

  /// Memory for `bytes` bytes that the block's threads share.
  mlir::Value shared(int64_t bytes);
  /// Ends the body.
  mlir::Operation *finish();

  mlir::LLVM::LLVMFuncOp function;
  WarpCode code;
  RoutingOperands inside;
  int64_t threads;
};

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_ROUTINGKERNEL_H
