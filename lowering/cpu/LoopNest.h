//===- LoopNest.h - Loops, lanes and threads for a linalg operation -*- C++ -*-===//

#ifndef MOE_LOWERING_CPU_LOOPNEST_H
#define MOE_LOWERING_CPU_LOOPNEST_H

#include "lowering/cpu/LoopBody.h"

namespace moe {

/// How an operation is computed: the decision, apart from the rewrite.
struct LoopPlan {
  std::optional<unsigned> lane; ///< the loop that lanes run along; none: one element at a time
  bool lanesReduce = false;     ///< lanes hold partial results of a reduction
  std::optional<unsigned> row;  ///< a parallel loop of which `rows` steps share what they load
  std::optional<unsigned>
      column; ///< the innermost parallel loop; with lanes not of a reduction, `lane`
  int64_t rows = 1, columns = 1; ///< results (of a lane's width each) that are kept in registers
  int64_t block = 1;             ///< steps of `column` that one ticket takes

  /// A word for remarks.
  llvm::StringRef describe() const;
};

LoopPlan chooseLoopPlan(const LoopSpace &space, const LoopBody &body, unsigned vectorBits);

/// Emits loops that compute `space` as `plan` says. Work that is worth it becomes an `scf.parallel`
/// unless `serial`.
void emitLoopNest(mlir::ImplicitLocOpBuilder &builder, const LoopSpace &space, LoopBody &body,
                  const LoopPlan &plan, bool serial);

} // namespace moe

#endif // MOE_LOWERING_CPU_LOOPNEST_H
