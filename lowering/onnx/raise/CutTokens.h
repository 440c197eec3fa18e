//===- CutTokens.h - Sums over experts of tokens that were cut --*- C++ -*-===//
//
// Outputs [E, tokens, H] and weights [E, tokens] are both cut to [E, batch, sequence, ...] before
// they are multiplied and added up. As both are cut alike, the sum may as well be taken before and
// cut after it. Patterns see that spelling, beside the graph's own: the two are the same only if
// outputs and weights have the same tokens, which is what a pattern that raises it has proven.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_CUTTOKENS_H
#define MOE_LOWERING_ONNX_RAISE_CUTTOKENS_H

#include "lowering/onnx/raise/Graph.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

namespace moe::raise {

class CutTokens {
public:
  /// Writes the spelling that cuts after the sum, without users, beside each sum.
  void open(mlir::FunctionOpInterface function);
  /// Takes it where a layer stands for its sum; the rest is left to be erased.
  void close();

private:
  void writeWhole(onnx::NodeOp sum);

  /// The graph's own sum; the sum before the cut, and the cut after it.
  struct Spelling {
    mlir::Value own;
    onnx::NodeOp cut;
    mlir::Value whole;
  };
  llvm::SmallVector<Spelling> spellings;
};

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_CUTTOKENS_H
