//===- Structured.h - A structured operation where code is made -*- C++ -*-===//
//
// The loops of a linalg.generic on memory, and its body for one element. Who runs which of the
// elements is the caller's business. Indices have 64 bits; the back end divides in 32 where the
// numbers fit at run time.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_STRUCTURED_H
#define MOE_LOWERING_NVPTX_LOOPS_STRUCTURED_H

#include "lowering/nvptx/loops/Team.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace moe {

/// Whether `op` is one that `generalise` takes.
bool isStructured(mlir::Operation *op);
/// Whether `op` copies memory onto itself, as bufferization leaves behind what it did in place.
bool isSelfCopy(mlir::Operation *op);

/// The structured operation or copy `op` as a linalg.generic in its place; null where it has none.
/// Dense memory that is run through element by element becomes one-dimensional.
mlir::linalg::GenericOp generalise(mlir::Operation *op);

class Structured {
public:
  /// Sizes are read where `builder` stands.
  Structured(mlir::ImplicitLocOpBuilder &builder, mlir::linalg::GenericOp op);

  mlir::linalg::GenericOp op;
  /// Loops with a result each, the one along the output's memory last; and those that reduce.
  llvm::SmallVector<unsigned> parallel, reduction;
  llvm::SmallVector<mlir::Value> sizes;

  mlir::Value count(llvm::ArrayRef<unsigned> loops);
  /// Counters of all loops, zero.
  llvm::SmallVector<mlir::Value> origin();
  /// Takes `number` apart into the counters of `loops`, the last one fastest.
  void split(mlir::Value number, llvm::ArrayRef<unsigned> loops,
             llvm::MutableArrayRef<mlir::Value> counters);

  mlir::Value load(mlir::OpOperand &operand, mlir::ValueRange counters);
  /// The outputs as they are; null where the body does not look at them.
  llvm::SmallVector<mlir::Value> start(mlir::ValueRange counters);
  /// The body at `counters` upon the outputs' values.
  llvm::SmallVector<mlir::Value> step(mlir::ValueRange counters, mlir::ValueRange outputs);
  void finish(mlir::ValueRange counters, mlir::ValueRange outputs);

  /// The output at `counters`, all of it, by this thread.
  void emitOutput(const llvm::SmallVector<mlir::Value> &counters);
  /// All outputs, shared out among `team`.
  void shareOut(const Team &team);

private:
  llvm::SmallVector<mlir::Value> place(mlir::OpOperand &operand, mlir::ValueRange counters);
  llvm::SmallVector<mlir::Value> reduce(llvm::SmallVector<mlir::Value> counters,
                                        llvm::SmallVector<mlir::Value> outputs);
  bool isFusedProduct(mlir::Operation &op);
  mlir::Value fuse(mlir::Operation &op, const mlir::IRMapping &mapping);

  mlir::ImplicitLocOpBuilder &builder;
};

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_STRUCTURED_H
