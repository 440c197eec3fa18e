//===- LoopSpace.h - A linalg operation as loops over flat memory -*- C++ -*-===//
//
// What code is generated from: the loops of a structured operation with their lengths, and for each
// operand how far one step of each loop moves in its memory. Loops of length 1 are gone, loops that
// run through memory as one are one.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_LOOPSPACE_H
#define MOE_LOWERING_CPU_LOOPSPACE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moe {

/// A number that may be known now.
struct Extent {
  mlir::Value value;
  std::optional<int64_t> known;
};

/// One loop.
struct Loop {
  Extent size;
  bool parallel;
  llvm::SmallVector<unsigned> dims; ///< the operation's loops that it stands for
};

/// One operand: memory, or a scalar.
struct Access {
  mlir::BlockArgument argument;    ///< what the body calls it
  mlir::Value scalar;              ///< the value itself, where it is no memory
  mlir::Value flat;                ///< memory as one dimension
  llvm::SmallVector<Extent> steps; ///< elements that a step of each loop moves; 0 known: none
  /// One step of loop i is as long as all of loop i + 1, whatever the lengths are.
  llvm::SmallVector<bool> chained;
  bool output;

  bool moves(unsigned loop) const { return !(steps[loop].known && *steps[loop].known == 0); }
  bool contiguous(unsigned loop) const { return steps[loop].known && *steps[loop].known == 1; }
};

/// Memory as one dimension, with its strides.
struct FlatMemory {
  mlir::Value flat;
  llvm::SmallVector<Extent> strides;
};
FlatMemory flatten(mlir::ImplicitLocOpBuilder &builder, mlir::Value memref);

class LoopSpace {
public:
  /// The loops of `op`; nothing where an index is not a sum of multiples of loops.
  static std::optional<LoopSpace> of(mlir::ImplicitLocOpBuilder &builder,
                                     mlir::linalg::GenericOp op);

  llvm::SmallVector<Loop> loops;
  llvm::SmallVector<Access> accesses;
  mlir::Block *body;

  /// Loops that are parallel (or reductions), in order.
  llvm::SmallVector<unsigned> select(bool parallel) const;
  bool usesIndex() const;

private:
  void dropUnitLoops();
  void mergeLoops(mlir::ImplicitLocOpBuilder &builder);
  bool mergeable(unsigned loop) const;
};

/// Arithmetic on extents that folds what is known.
Extent known(mlir::ImplicitLocOpBuilder &builder, int64_t number);
Extent times(mlir::ImplicitLocOpBuilder &builder, Extent a, Extent b);
Extent ceilDivide(mlir::ImplicitLocOpBuilder &builder, Extent a, int64_t b);

} // namespace moe

#endif // MOE_LOWERING_CPU_LOOPSPACE_H
