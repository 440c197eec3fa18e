//===- ListRules.h - What an operator makes of a list -----------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_LISTRULES_H
#define MOE_LOWERING_ONNX_RAISE_LISTRULES_H

#include "lowering/onnx/raise/Lists.h"

namespace moe::raise {

/// Reads what is known of a node's inputs and sets what its results are.
using ListRule = void (*)(Lists &, onnx::NodeOp);

/// The rule of an operator of the standard domain, or null.
ListRule listRule(llvm::StringRef op);

/// Rows of the table: columns and rows laid out in another way.
void listLayout(Lists &lists, onnx::NodeOp node);
void listExpand(Lists &lists, onnx::NodeOp node);
void listPick(Lists &lists, onnx::NodeOp node);
void listJoin(Lists &lists, onnx::NodeOp node);
/// ... numbers made of places.
void listScale(Lists &lists, onnx::NodeOp node);
void listSum(Lists &lists, onnx::NodeOp node);
void listDivide(Lists &lists, onnx::NodeOp node);
void listWhere(Lists &lists, onnx::NodeOp node);
/// ... what is read at places, and written to them.
void listRead(Lists &lists, onnx::NodeOp node);
void listWrite(Lists &lists, onnx::NodeOp node);

/// Whether columns of places in the leading dimensions of `type` are all tokens, part by part, or
/// (`pairs`) tokens and slots. A column that is always 0 needs a dimension of size 1.
bool readsTokens(llvm::ArrayRef<Place> places, mlir::RankedTensorType type, bool &pairs);

/// Whether an Expand to what `shape` spells is known not to repeat one entry along `dim`: 1, or the
/// size of something that has at most one.
bool keepsEntries(mlir::Value shape, unsigned dim);

/// A node that takes the one place `index` along `axis` of its input.
struct Pick {
  unsigned axis;
  int64_t index;
  /// The dimension stays, with size 1.
  bool keeps;
};
std::optional<Pick> pickedPlace(onnx::NodeOp node, mlir::Value result);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_LISTRULES_H
