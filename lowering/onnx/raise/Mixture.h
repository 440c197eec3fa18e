//===- Mixture.h - Recognises sums of weighted experts ----------*- C++ -*-===//
//
// However experts are run, their outputs are multiplied by routing numbers and added up over slots
// or experts: elementwise and reduced, by a product of tensors, or in a tree of additions. A
// mixture is such a sum with all its terms, whatever the terms are made of.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_MIXTURE_H
#define MOE_LOWERING_ONNX_RAISE_MIXTURE_H

#include "lowering/onnx/raise/Routed.h"

namespace moe::raise {

/// Outputs of experts times routing numbers.
struct Term {
  /// Where they meet.
  onnx::NodeOp node;
  mlir::Value output;
  /// Numbers: the experts are those of the ids. Mixed: those of its axis, or the one it names.
  /// Chosen: not weighted.
  Routed factor;
  /// The labels that the output has to have; it may lack what it is the same along.
  Axes axes;
};

/// A term, or what it holds for one slot.
struct Share {
  unsigned term;
  std::optional<int64_t> slot = {};
};

struct Mixture {
  std::vector<Term> terms;
  llvm::SmallVector<Share> shares;
  /// Added to the same sum, but no output of an expert.
  llvm::SmallVector<mlir::Value> others;
  /// The sum, tokens and one dimension of features: what first is it, and the same after casts.
  llvm::SmallVector<mlir::Value> results;
};

/// The term that `node` is, with the labels of its result; several terms where experts' outputs
/// were stacked before. Empty where it is none.
struct TermsAt {
  std::vector<Term> terms;
  Axes axes;
};
TermsAt termsAt(onnx::NodeOp node, const RoutedValues &routed);
/// The term that a Where takes where an expert was chosen; elsewhere it takes `otherwise`.
TermsAt selectionAt(onnx::NodeOp node, const RoutedValues &routed, mlir::Value &otherwise);

/// `numbers` of the choices that `mask` picks: the weight of what was masked and weighted apart.
std::optional<Routed> weighted(const Routed &mask, const Routed &numbers);

/// The largest sum of terms after a choice that has no slots or experts left, laid out as a matrix
/// or as the ids are; nothing where there is none.
std::optional<Mixture> matchMixture(const RoutedValues &routed);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_MIXTURE_H
