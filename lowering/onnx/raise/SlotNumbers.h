//===- SlotNumbers.h - Routing weights that slots hold apart ----*- C++ -*-===//
//
// Some routers make a tensor of numbers for each slot, and nobody ever joins them. What a layer
// takes is one tensor of all slots; here parts become one.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_SLOTNUMBERS_H
#define MOE_LOWERING_ONNX_RAISE_SLOTNUMBERS_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// Whether two values are the same computation: exporters repeat small ones.
bool sameComputation(mlir::Value a, mlir::Value b, int depth = 4);

/// `value` with a last dimension of size 1 where it has less than `rank` dimensions; written after
/// it.
mlir::Value withLastDim(mlir::Value value, int64_t rank);

/// A Concat of `parts` along the last dimension, written after the last of them. They have one type
/// up to unknown sizes.
mlir::Value joinLast(llvm::ArrayRef<mlir::Value> parts, llvm::StringRef name = "");

/// [..., slots] with `own`, of last dimension 1, at each of them: a tensor that is right for
/// whichever slot it is asked for.
mlir::Value spread(mlir::Value own, int64_t slots);

/// [..., slots] with the numbers of `roots[s]`, of the same shape, at each slot s.
mlir::Value joinSlots(llvm::ArrayRef<mlir::Value> roots);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_SLOTNUMBERS_H
