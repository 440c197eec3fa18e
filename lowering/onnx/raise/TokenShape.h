//===- TokenShape.h - Do two tensors have the same tokens? ------*- C++ -*-===//
//
// Raising moves reads from one tensor's shape to another's, so it has to prove that both have the
// same tokens in the same order. Dimensions are mostly unknown; the proof follows both tensors back
// through nodes that keep their leading dimensions, to the same one.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_TOKENSHAPE_H
#define MOE_LOWERING_ONNX_RAISE_TOKENSHAPE_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// Whether the first `count` dimensions of `a` and of `b` are the same at run time, one by one.
bool sameLeadingDims(mlir::Value a, mlir::Value b, int64_t count);

/// Whether all dimensions but the last of `a` and of `b` multiply to the same number of tokens, in
/// the same row-major order; those of `a` are `times` as many, the copies of a token together.
bool sameTokens(mlir::Value a, mlir::Value b, int64_t times = 1);

/// Whether the first `countA` dimensions of `a` multiply to the same number as the first `countB`
/// of `b`, in the same row-major order.
bool sameProducts(mlir::Value a, int64_t countA, mlir::Value b, int64_t countB);

/// Whether all dimensions but the last of `a` and of `b` come from two inputs of the graph, which
/// the caller is free to make different.
bool fromTwoInputs(mlir::Value a, mlir::Value b);

/// Whether dimension `place` of the input of an Expand, of unknown size, cannot grow in it.
bool staysInExpand(onnx::NodeOp expand, int64_t place);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_TOKENSHAPE_H
