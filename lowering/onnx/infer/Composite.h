//===- Composite.h - Operators that are several of the standard's -*- C++ -*-===//
//
// Optimisers write a product and its activation as one node. Taken apart, everything that knows the
// two knows the one.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_INFER_COMPOSITE_H
#define MOE_LOWERING_ONNX_INFER_COMPOSITE_H

#include "dialect/Onnx.h"

namespace moe::onnx {

/// Writes the nodes below `root` that are several operators in one as these; those whose parts are
/// not known stay as they are.
void takeApart(mlir::Operation *root);

} // namespace moe::onnx

#endif // MOE_LOWERING_ONNX_INFER_COMPOSITE_H
