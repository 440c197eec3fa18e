//===- Dispatch.h - Recognises which tokens go to which expert --*- C++ -*-===//
//
// From the routing ids forward: comparisons with an expert's number make masks, masks make lists of
// places. Exporters write several chains of one mask; here they are one thing, so that patterns ask
// only which expert and slot a list of places belongs to.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_DISPATCH_H
#define MOE_LOWERING_ONNX_RAISE_DISPATCH_H

#include "lowering/onnx/raise/Attempt.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"

namespace moe::raise {

/// The tokens whose choice number `slot` is `expert`.
struct Choice {
  int64_t slot, expert;
  bool operator==(const Choice &o) const { return slot == o.slot && expert == o.expert; }
};

/// A list of places where a mask is true, [n, rank] or (`flat`, of a mask of rank 1) [n]: of
/// tokens, or (`elements`) of all the numbers of these tokens, where the mask was expanded over the
/// hidden dimension.
struct Places {
  Choice choice;
  bool elements;
  /// The mask: one number a token.
  mlir::Value mask;
  bool flat = false;
  /// Whether `other` lists the same tokens in the same way (exporters may write a mask twice).
  bool sameTokensAs(const Places &other) const;
};

class Dispatch {
public:
  /// Follows `ids` [..., k] to all lists of places.
  explicit Dispatch(mlir::Value ids);

  /// What `value` lists, or null.
  const Places *find(mlir::Value value) const;
  /// Every list, in graph order of finding.
  const llvm::MapVector<mlir::Value, Places> &lists() const { return places; }
  /// Whether any id is compared with a number at all.
  bool hasMasks() const { return masks != 0; }

private:
  void visitIds(mlir::Value ids);
  void visitMask(mlir::Value mask, Choice choice);
  void visitNonZero(onnx::NodeOp nonZero, Choice choice, bool elements, mlir::Value mask);
  void visitLayouts(mlir::Value list, const Places &found);

  llvm::MapVector<mlir::Value, Places> places;
  unsigned masks = 0;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_DISPATCH_H
