//===- RootSizes.h - What the size of a dimension comes from ----*- C++ -*-===//
//
// Two tensors of unknown sizes may have no common way back, and still the same sizes: those of a
// model's inputs, through shapes, ranges and broadcasts. Each dimension is followed by itself.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_ROOTSIZES_H
#define MOE_LOWERING_ONNX_RAISE_ROOTSIZES_H

#include "lowering/onnx/raise/SizeSource.h"

namespace moe::raise {

/// The sizes of the first `count` dimensions of `value`, each as a number or as a dimension of
/// where it comes from. A dimension whose way is not known is its own root.
llvm::SmallVector<SizeSource> rootSizes(mlir::Value value, int64_t count);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_ROOTSIZES_H
