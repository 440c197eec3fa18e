//===- Pack.h - The bytes of a weight as the artifact has them ---*- C++ -*-===//
//
// Weights stay in the model's files until the artifact is written; here they are read through
// memory maps and packed a bounded part at a time, so that a model larger than memory is no
// problem.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_PACK_H
#define MOE_LOWERING_CPU_PACK_H

#include "dialect/Moe.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/MemoryBuffer.h"

namespace moe {

/// `moe.weight_bytes`: the size of the artifact's weight section, on the module.
inline constexpr llvm::StringLiteral kWeightBytesAttr = "moe.weight_bytes";

/// The size of a weight as laid out, in bytes. Reports what overflows.
mlir::FailureOr<int64_t> weightBytes(WeightOp weight);

/// Files that pieces of weights lie in, mapped once each.
class WeightFiles {
public:
  /// The bytes of the file, or an error in the system's words. Valid as long as this object.
  llvm::ErrorOr<llvm::StringRef> map(llvm::StringRef path);
  /// Gives the pages that were read back to the system; they are read again when they are needed.
  void forget();

private:
  llvm::StringMap<std::unique_ptr<llvm::MemoryBuffer>> files;
};

/// Takes the next bytes of a weight.
using WeightSink = llvm::function_ref<mlir::LogicalResult(llvm::ArrayRef<char>)>;

/// Hands the bytes of a weight to `sink`, in order, in parts of one panel or about a megabyte.
/// Reports what cannot be read: a missing file, a view that ends beyond it.
mlir::LogicalResult packWeight(WeightOp weight, WeightFiles &files, WeightSink sink);

} // namespace moe

#endif // MOE_LOWERING_CPU_PACK_H
