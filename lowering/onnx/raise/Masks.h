//===- Masks.h - Products of masks, by their factors ------------*- C++ -*-===//
//
// Dispatch and combine masks of capacity layers are sums of products of one-hots, of drop masks and
// of numbers, laid out over tokens, experts and an expert's places. Taken apart into factors, two
// masks can be compared, and it shows where they have to be zero.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_MASKS_H
#define MOE_LOWERING_ONNX_RAISE_MASKS_H

#include "lowering/onnx/raise/Graph.h"
#include <vector>

namespace moe::raise {

/// What each dimension of a mask runs over: t tokens, g groups of tokens, e experts, c an expert's
/// places, ec both, k with a number what is summed over; empty where the size is 1.
using MaskDims = llvm::SmallVector<std::string, 4>;

struct MaskFactor {
  mlir::Value value;
  MaskDims dims;
  bool operator==(const MaskFactor &o) const { return value == o.value && dims == o.dims; }
};

/// A product of factors.
using MaskTerm = llvm::SmallVector<MaskFactor, 6>;
/// A sum of products. What is zero in all of them is zero in the mask.
using MaskTerms = std::vector<MaskTerm>;

/// The sizes that types have to show.
struct MaskSizes {
  int64_t experts, places;
};

/// Takes `mask` apart; nothing where it is too large or a shape leaves open what lies where.
std::optional<MaskTerms> termsOf(mlir::Value mask, const MaskDims &dims, MaskSizes sizes);
/// The dimensions of input 0 of a node that lays it out as `dims`, element by element the same;
/// nothing where it does more, or leaves open what lies where.
std::optional<MaskDims> layoutBefore(onnx::NodeOp node, const MaskDims &dims, MaskSizes sizes);
/// The dimensions of an operand that is broadcast to `dims`.
MaskDims broadcastOperand(mlir::Value operand, const MaskDims &dims);

/// Every product of one of `a` and one of `b`.
std::optional<MaskTerms> productOf(const MaskTerms &a, const MaskTerms &b);

/// Whether the factor is 1 at one place of dimension `letter` and 0 at the others: what says where.
std::optional<MaskFactor> oneHotAlong(const MaskFactor &factor, llvm::StringRef letter);
/// Whether the factor is 0 or 1 everywhere.
bool isZeroOrOne(const MaskFactor &factor);
/// Whether `part` is zero wherever `whole` is: each of its products has all factors of one of
/// `whole`'s.
bool isZeroWhere(const MaskTerms &part, const MaskTerms &whole);

/// The letters of an Einsum or a product of two tensors, for each operand and the result; nothing
/// where a tensor takes a diagonal.
struct Contraction {
  llvm::SmallVector<llvm::SmallVector<int>> operands;
  llvm::SmallVector<int> out;
};
std::optional<Contraction> contractionOf(onnx::NodeOp node);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_MASKS_H
