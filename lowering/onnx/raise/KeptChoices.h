//===- KeptChoices.h - Loops over choices of which some are dropped -*- C++ -*-===//
//
// A router with capacity hands the loop a mask over tokens and experts, and each expert lists the
// places of its column. Whatever the mask is made of: what it says is who goes where.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_KEPTCHOICES_H
#define MOE_LOWERING_ONNX_RAISE_KEPTCHOICES_H

#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Routed.h"

namespace moe::raise {

struct KeptChoices {
  /// With `kept`: the choices that the mask leaves.
  Choices choices;
  RoutedValues routed;
};

/// Masks that depend on `choices`, whose columns become lists; the nearest first. Writes the nodes
/// that the choices need, which have no users unless a pattern uses them.
llvm::SmallVector<KeptChoices, 1> keptChoices(const Choices &choices);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_KEPTCHOICES_H
