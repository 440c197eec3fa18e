//===- WeightInside.h - Routing weights before an expert's last product -*- C++ -*-===//
//
// Some models weight what goes into the last product instead of what comes out: without a bias it
// is the same, (w h) W = w (h W). Moved behind, the weight is where every pattern looks for it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_WEIGHTINSIDE_H
#define MOE_LOWERING_ONNX_RAISE_WEIGHTINSIDE_H

#include "lowering/onnx/raise/Graph.h"

namespace moe::raise {

/// Moves products of rows with one of `weights`, one number a row, behind the product of tensors
/// that the rows go into. Whether there were any: facts of the graph are to be found again.
bool moveBehindProducts(llvm::ArrayRef<mlir::Value> weights);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_WEIGHTINSIDE_H
