//===- FunctionPool.h - Equal functions once --------------------*- C++ -*-===//
//
// A model repeats itself: layers, and experts within them. What was cut out of it is made once and
// called many times, so that compile time follows what is different and not what is there.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_BUFFERS_FUNCTIONPOOL_H
#define MOE_LOWERING_BUFFERS_FUNCTIONPOOL_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace moe {

/// What operations use from outside of themselves, in the order of first use.
struct Captured {
  llvm::SmallVector<mlir::Value> arguments;
  llvm::SmallVector<mlir::Operation *> constants; ///< made anew in the function
};

/// What `ops` (of one block) use. Constants that shape loops are made anew; a number that is only
/// compared or stored, and may differ from expert to expert, is an argument.
Captured capture(llvm::ArrayRef<mlir::Operation *> ops);

/// The functions of one kind in a module, each different from the others.
class FunctionPool {
public:
  /// Names are `prefix` and a number.
  FunctionPool(mlir::ModuleOp module, llvm::StringRef prefix) : module(module), prefix(prefix) {}

  /// A function of `ops` (of one block, in their order) that returns `results`: an earlier one
  /// where it is equal. The operations are copied.
  mlir::func::FuncOp get(llvm::ArrayRef<mlir::Operation *> ops, const Captured &captured,
                         llvm::ArrayRef<mlir::Value> results);

private:
  mlir::ModuleOp module;
  llvm::StringRef prefix;
  unsigned count = 0;
  llvm::DenseMap<size_t, llvm::SmallVector<mlir::func::FuncOp, 1>> byHash;
};

} // namespace moe

#endif // MOE_LOWERING_BUFFERS_FUNCTIONPOOL_H
