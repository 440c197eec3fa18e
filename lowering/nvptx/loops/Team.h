//===- Team.h - Threads that do one piece of work ---------------*- C++ -*-===//
//
// The same code is emitted for a whole grid, for a block whose threads meet at barriers, and for a
// thread alone: what differs is a thread's rank among how many.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_TEAM_H
#define MOE_LOWERING_NVPTX_LOOPS_TEAM_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// Threads of a block of every kernel here but those of one thread.
inline constexpr int64_t kTeamThreads = 256;

struct Team {
  mlir::Value rank; ///< of this thread, index
  mlir::Value size; ///< how many threads, index

  /// Whether the team is one thread; it has nothing to share and nobody to wait for.
  bool alone = false;
};

/// All threads of all blocks of `kTeamThreads`.
Team gridTeam(mlir::ImplicitLocOpBuilder &builder);
/// The `kTeamThreads` threads of a block.
Team blockTeam(mlir::ImplicitLocOpBuilder &builder);
/// The blocks as such: rank and number.
Team teamOfBlocks(mlir::ImplicitLocOpBuilder &builder);
Team teamOfOne(mlir::ImplicitLocOpBuilder &builder);

using LoopBodyFn = llvm::function_ref<void(mlir::Value)>;
using CarryBodyFn =
    llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value, mlir::ValueRange)>;

/// A loop from `from` to below `to`; what `emitBody` makes stands in it.
void forEach(mlir::ImplicitLocOpBuilder &builder, mlir::Value from, mlir::Value to,
             mlir::Value step, LoopBodyFn emitBody);
/// The same with values that are carried from turn to turn.
llvm::SmallVector<mlir::Value> carryThrough(mlir::ImplicitLocOpBuilder &builder, mlir::Value from,
                                            mlir::Value to, mlir::Value step,
                                            mlir::ValueRange start, CarryBodyFn emitBody);
/// What `then` makes happens where `condition` holds.
void onlyIf(mlir::ImplicitLocOpBuilder &builder, mlir::Value condition,
            llvm::function_ref<void()> then);

mlir::Value indexOf(mlir::ImplicitLocOpBuilder &builder, int64_t number);
mlir::Value isZero(mlir::ImplicitLocOpBuilder &builder, mlir::Value index);
/// `a` * `b`, folded where one is a constant 0 or 1, or both are constants.
mlir::Value product(mlir::ImplicitLocOpBuilder &builder, mlir::Value a, mlir::Value b);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_TEAM_H
