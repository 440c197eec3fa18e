//===- LoopBody.h - The body of a linalg operation on lanes -----*- C++ -*-===//
//
// Clones the scalar body of a structured operation for one element, or for 16 at once along one
// loop. What does not depend on that loop stays scalar.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_LOOPBODY_H
#define MOE_LOWERING_CPU_LOOPBODY_H

#include "lowering/cpu/LoopSpace.h"

namespace moe {

/// Elements that are computed at once: one number for all variants, so that sums over lanes have
/// one order everywhere.
inline constexpr int64_t kLanes = 16;

/// Where in the loops a body stands.
struct Place {
  llvm::SmallVector<mlir::Value> counters; ///< by loop of the space
  /// The loop that lanes run along, and which of them are in use (null: all).
  std::optional<unsigned> laneLoop;
  mlir::Value mask;
};

class LoopBody {
public:
  LoopBody(mlir::ImplicitLocOpBuilder &builder, const LoopSpace &space);

  /// Whether the body can be computed for lanes along `loop`. Creates nothing.
  bool canUseLanes(unsigned loop) const;

  /// The values that the body yields at `place` for the block arguments' values: a vector where
  /// lanes make a difference, a scalar otherwise.
  llvm::SmallVector<mlir::Value> emit(const Place &place, llvm::ArrayRef<mlir::Value> arguments);

  /// `value` as a vector: itself, or the same in all lanes.
  mlir::Value spread(mlir::Value value);
  /// 0, 1, ..., 15 as index.
  mlir::Value laneNumbers();
  /// The lanes below `count` (an index).
  mlir::Value maskBelow(mlir::Value count);

private:
  mlir::Value indexAt(mlir::linalg::IndexOp op, const Place &place);
  mlir::Value load(mlir::memref::LoadOp op, const Place &place, const mlir::IRMapping &mapping);
  mlir::Value emitElementwise(mlir::Operation &op, const mlir::IRMapping &mapping);
  mlir::Value fused(mlir::Operation &op, const mlir::IRMapping &mapping);
  bool isFusedProduct(mlir::Operation &op) const;

  mlir::ImplicitLocOpBuilder &builder;
  const LoopSpace &space;
  /// Memory that the body itself loads from, made flat before the loops.
  llvm::DenseMap<mlir::Value, FlatMemory> tables;
  /// linalg.index of the lanes' loop, as the scalar of lane 0.
  llvm::DenseMap<mlir::Value, mlir::Value> firstOfRun;
};

} // namespace moe

#endif // MOE_LOWERING_CPU_LOOPBODY_H
