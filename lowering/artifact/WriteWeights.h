//===- WriteWeights.h - The weights of an artifact --------------*- C++ -*-===//

#ifndef MOE_LOWERING_ARTIFACT_WRITEWEIGHTS_H
#define MOE_LOWERING_ARTIFACT_WRITEWEIGHTS_H

#include "mlir/IR/BuiltinOps.h"

namespace moe {

/// Writes all of `bytes` at `position` of a file. Any number of threads may do so at a time.
std::error_code writeAt(int file, llvm::ArrayRef<char> bytes, uint64_t position);

/// Where weights go.
struct WeightPlace {
  int file;
  uint64_t start, size; ///< the section; the file is already so long, and empty there
};

/// Writes the weights of a planned module to their places. Every byte of the section goes to `hash`
/// in order, gaps included; `progress` gets the bytes done, and of all. Errors of the file come
/// back in `error`, others are reported.
mlir::LogicalResult writeWeights(mlir::ModuleOp planned, WeightPlace place,
                                 llvm::function_ref<void(llvm::ArrayRef<char>)> hash,
                                 llvm::function_ref<void(uint64_t, uint64_t)> progress,
                                 std::error_code &error);

} // namespace moe

#endif // MOE_LOWERING_ARTIFACT_WRITEWEIGHTS_H
