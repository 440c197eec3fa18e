//===- Sequences.h - Sequences of tensors, taken apart ----------*- C++ -*-===//
//
// No sequence comes out of type inference: what a sequence consists of is followed as lists of
// values, and operators on sequences become operators on these. So their number must be known;
// their shapes need not.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_INFER_SEQUENCES_H
#define MOE_LOWERING_ONNX_INFER_SEQUENCES_H

#include "lowering/onnx/infer/Infer.h"

namespace moe::onnx {

class Sequences {
public:
  /// What is known of a value; null where its type could not be found.
  using Lookup = llvm::function_ref<Known *(mlir::Value)>;

  /// The elements of a sequence; null where `value` is none that is known.
  const llvm::SmallVector<mlir::Value> *find(mlir::Value value) const;

  /// Takes a node on sequences apart. Gives the operation to go on with, null where the node has
  /// none to do with sequences, or where it is refused, with the error reported to `n`.
  mlir::Operation *expand(Inference &n, Lookup known);

private:
  using List = llvm::SmallVector<mlir::Value>;

  List construct(Inference &n);
  List insert(Inference &n, Lookup known);
  List erase(Inference &n, Lookup known);
  List split(Inference &n, Lookup known);
  mlir::Value at(Inference &n, Lookup known);
  mlir::Value length(Inference &n);
  mlir::Value concat(Inference &n);

  /// The sequence that input `input` is; an error where it is none that is known.
  const List &sequence(Inference &n, unsigned input);

  llvm::DenseMap<mlir::Value, List> lists;
  /// Results of refused nodes: what reads them has no error of its own.
  llvm::DenseSet<mlir::Value> refused;
};

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_INFER_SEQUENCES_H
