//===- Guards.h - Experts that are skipped where nobody chose them -*- C++ -*-===//
//
// `if rows.shape[0] > 0: y = y.index_add(...)`. Where the branch that skips gives what the other
// one gives of no rows, the question changes nothing but the time. Such a branch is opened, for the
// patterns to see one graph, and closed again where no layer came of it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_GUARDS_H
#define MOE_LOWERING_ONNX_RAISE_GUARDS_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

class Guards {
public:
  /// Writes each branch that may be skipped without a question, in front of it.
  void open(mlir::FunctionOpInterface function);
  /// Whether `op` is a question that may still be needed.
  bool hold(mlir::Operation *op) const { return held.contains(op); }
  /// `op` is about to be erased.
  void erased(mlir::Operation *op) { gone.insert(op->result_begin(), op->result_end()); }
  /// Asks again wherever what was opened is still there.
  void close();

private:
  struct Opened {
    onnx::NodeOp node;
    llvm::SmallVector<mlir::Value> results;
  };
  llvm::SmallVector<Opened> all;
  llvm::DenseSet<mlir::Operation *> held;
  llvm::DenseSet<mlir::Value> gone;
};

/// What follows when the answer to a question is that nobody chose: used by `Guards`.
class Nobody {
public:
  /// The question that `condition` asks; nothing where it is another than whether anybody chose.
  static std::optional<Nobody> askedBy(mlir::Value condition);

  /// Whether the condition is true where somebody chose.
  bool ifTrue = true;
  /// Whether `a` and `b` are the same where nobody chose.
  bool same(mlir::Value a, mlir::Value b);

private:
  enum class State { Any, Empty, Zero };

  bool startFrom(mlir::Value counted, bool isMask);
  State stateOf(mlir::Value value, unsigned depth = 0);
  State stateOfNode(onnx::NodeOp node, unsigned depth);
  bool isUnwritten(onnx::NodeOp scatter, unsigned depth);
  bool isAbsorbed(mlir::Value sum, mlir::Value kept, mlir::Value added);
  mlir::Value resolved(mlir::Value value);

  llvm::DenseMap<mlir::Value, State> states;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_GUARDS_H
