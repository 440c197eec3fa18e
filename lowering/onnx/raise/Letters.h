//===- Letters.h - Products of tensors, by their dimensions -----*- C++ -*-===//
//
// MatMul, Gemm and Einsum are one thing: each dimension has a letter, and letters that the result
// lacks are summed over.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_LETTERS_H
#define MOE_LOWERING_ONNX_RAISE_LETTERS_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// A letter for each dimension of both inputs and of the result.
struct Letters {
  llvm::SmallVector<int> a, b, out;
};

/// The letters of a product of two tensors, or nothing where it is none, or one that takes
/// diagonals.
std::optional<Letters> lettersOf(onnx::NodeOp node);

/// Whether the node is a product of tensors and nothing else: no factor, no addend.
bool isPlainProduct(onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LETTERS_H
