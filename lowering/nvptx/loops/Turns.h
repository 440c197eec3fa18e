//===- Turns.h - Parallel loops as numbered turns ---------------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_TURNS_H
#define MOE_LOWERING_NVPTX_LOOPS_TURNS_H

#include "lowering/nvptx/loops/Team.h"

namespace moe {

/// An scf.forall or scf.parallel without results, as counters of a number of turns.
struct Turns {
  explicit Turns(mlir::Operation *loop);
  /// How many there are.
  mlir::Value count(mlir::ImplicitLocOpBuilder &builder);
  /// Moves the body of turn `number` to where `builder` stands. The loop is left empty.
  void inlineTurn(mlir::ImplicitLocOpBuilder &builder, mlir::Value number);

private:
  mlir::Operation *loop;
  llvm::SmallVector<mlir::OpFoldResult> lower, upper, step;
  llvm::SmallVector<mlir::Value> sizes(mlir::ImplicitLocOpBuilder &builder);
};

/// Whether `op` is such a loop.
bool isParallelLoop(mlir::Operation *op);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_TURNS_H
