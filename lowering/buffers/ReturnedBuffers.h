//===- ReturnedBuffers.h - Whose memory a function returns ------*- C++ -*-===//

#ifndef MOE_LOWERING_BUFFERS_RETURNEDBUFFERS_H
#define MOE_LOWERING_BUFFERS_RETURNEDBUFFERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallSet.h"

namespace moe {

/// What one result of a function may be.
struct ReturnedBuffer {
  mlir::Value allocation;                  ///< the one allocation it always is, or null
  llvm::SmallSet<unsigned, 2> arguments{}; ///< arguments that it may be
  bool unknown = false;                    ///< or something that nobody can follow
};

/// All results of a function; of those that are no memory nothing is said.
struct FunctionBuffers {
  llvm::SmallVector<ReturnedBuffer> results;
};

/// The same of all functions of a module: what a call makes, and what it hands on.
class ReturnedBuffers {
public:
  explicit ReturnedBuffers(mlir::ModuleOp module);

  /// Null for a function without a body.
  const FunctionBuffers *of(mlir::func::CallOp call) const;
  /// The memory that the call makes and its caller owns: each with all results that are it.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> madeBy(mlir::func::CallOp call) const;

private:
  llvm::DenseMap<mlir::StringAttr, FunctionBuffers> functions;
};

} // namespace moe

#endif // MOE_LOWERING_BUFFERS_RETURNEDBUFFERS_H
