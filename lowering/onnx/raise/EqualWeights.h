//===- EqualWeights.h - Copies of one expert's weights ----------*- C++ -*-===//
//
// Exporters that fold constants store a weight anew for each node that reads it. Equal bytes are
// proof that an expert is the same in each slot.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_EQUALWEIGHTS_H
#define MOE_LOWERING_ONNX_RAISE_EQUALWEIGHTS_H

#include "lowering/onnx/raise/Body.h"

namespace moe::raise {

/// Whether both hold the same numbers: the same views, or views of files with equal bytes.
bool equalWeights(llvm::ArrayRef<Body::Weight> a, llvm::ArrayRef<Body::Weight> b);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_EQUALWEIGHTS_H
