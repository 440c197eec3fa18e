//===- GivenIds.h - Choices that the graph itself computes ------*- C++ -*-===//
//
// A gate's ids are in range by construction; those of a graph are numbers like any other, and rows
// are placed by them.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_GIVENIDS_H
#define MOE_LOWERING_ONNX_RAISE_GIVENIDS_H

#include "dialect/Moe.h"

namespace moe::raise {

/// `ids`, a matrix of integers, as i32. What is neither -1 nor in [0, experts) is refused at run
/// time, before it is made narrower.
mlir::Value checkedIds(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value ids,
                       int64_t experts);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_GIVENIDS_H
