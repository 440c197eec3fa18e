//===- LoopKernel.h - A kernel of an outlined function ----------*- C++ -*-===//
//
// The function stays while its kernel is made: as the host's side, which measures and launches, and
// which then takes the place of the function's calls.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_LOOPKERNEL_H
#define MOE_LOWERING_NVPTX_LOOPS_LOOPKERNEL_H

#include "lowering/nvptx/loops/Team.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace moe {

class LoopKernel {
public:
  /// A kernel with a copy of `original` and of what stands before it in `outlined`.
  LoopKernel(mlir::func::FuncOp outlined, mlir::Operation *original);

  mlir::gpu::GPUFuncOp function;
  mlir::Operation *original;         ///< in the host's function
  mlir::Operation *copy;             ///< in the kernel
  mlir::ImplicitLocOpBuilder host;   ///< stands before `original`
  mlir::ImplicitLocOpBuilder inside; ///< stands before `copy`

  /// One argument more: `value` of the host, in the kernel.
  mlir::Value pass(mlir::Value value);

  /// Results go to memory that the host reads after the launch; `rank` is a thread's of those that
  /// know them.
  void returnResults(mlir::Value rank);

  /// Launches where `work` is not zero, and ends the original.
  void launch(mlir::Value work, mlir::Value blocks, int64_t threads);

private:
  llvm::SmallVector<mlir::Value> operands;
  llvm::SmallVector<mlir::Value> results; ///< memory of the host's function, one number each
};

/// Puts the bodies of `functions`, one block each, in the place of their calls, and erases them.
void inlineCalls(llvm::ArrayRef<mlir::func::FuncOp> functions, mlir::ModuleOp module);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_LOOPKERNEL_H
