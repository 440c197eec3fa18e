//===- Places.h - Do two tokens stand at one place? -------------*- C++ -*-===//
//
// A token's place at its expert is how many tokens came before it. Where a graph counts them over
// the mask that it dispatches by, no two of them have the same place; a product with the dispatch
// mask then carries tokens whole, and sums of several never arise.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_PLACES_H
#define MOE_LOWERING_ONNX_RAISE_PLACES_H

#include "lowering/onnx/raise/Masks.h"

namespace moe::raise {

/// Why two tokens may stand at one place of an expert by a mask that is zero where `terms` are;
/// null where no two do.
const char *sharedPlace(const MaskTerms &terms, MaskSizes sizes);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_PLACES_H
