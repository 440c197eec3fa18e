//===- RepeatedRows.h - Where values are the tokens, repeated ---*- C++ -*-===//
//
// Dense and gathered forms hand each expert its tokens by repeating them along slots or experts, in
// one of many ways. What was repeated is what the layer reads.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_REPEATEDROWS_H
#define MOE_LOWERING_ONNX_RAISE_REPEATEDROWS_H

#include "lowering/onnx/raise/Routed.h"

namespace moe::raise {

struct RepeatedRows {
  /// [tokens..., H], of the tokens of the ids.
  mlir::Value tokens;
  /// Of the value that repeats them.
  Axes axes;
};

/// Reads `value` back to the nearest value that is known to have the ids' tokens; nothing where
/// there is none.
std::optional<RepeatedRows> repeatedRows(mlir::Value value, const RoutedValues &routed);

/// The labels of integers that are each the number of its token: a range, repeated, or the numbers
/// of all pairs divided by the number of slots. Rows are gathered by them, and outputs added up.
std::optional<Axes> tokenNumbers(mlir::Value value, const RoutedValues &routed);

/// Whether something is computed from the ids; remembers what it has seen.
class Dependence {
public:
  explicit Dependence(mlir::Value ids) : ids(ids) {}
  bool of(mlir::Value value);

private:
  mlir::Value ids;
  llvm::DenseMap<mlir::Operation *, bool> known;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_REPEATEDROWS_H
