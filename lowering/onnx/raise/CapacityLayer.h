//===- CapacityLayer.h - From proven masks to a layer -----------*- C++ -*-===//

#ifndef MOE_LOWERING_ONNX_RAISE_CAPACITYLAYER_H
#define MOE_LOWERING_ONNX_RAISE_CAPACITYLAYER_H

#include "lowering/onnx/raise/Body.h"
#include "lowering/onnx/raise/Choices.h"
#include "lowering/onnx/raise/Masks.h"

namespace moe::raise {

/// What a pattern found out about a layer whose masks carry rows to experts and back.
struct CapacityLayer {
  /// What the graph computes: [tokens..., columns].
  mlir::Value result;
  /// [T, H], or [groups, T, H].
  mlir::Value tokens;
  bool grouped = false;
  /// One of all experts, or one for each; the first has the labels of all outputs.
  std::vector<Body> bodies;
  MaskSizes sizes = {0, 0};
  /// One where a token stands at a place of an expert.
  mlir::Value mask;
  MaskDims maskDims;
  /// Rows' dimensions in the order of the experts' inputs.
  llvm::SmallVector<std::string, 2> rowNames;
  /// The product of these weights the experts' outputs.
  llvm::SmallVector<MaskFactor> combine;
  /// The choices outside of which the weights are zero, each [tokens...] or [tokens..., k]; none
  /// where any expert may take a token.
  llvm::SmallVector<MaskFactor> ids;
  /// In place of masks, for each token and expert: the weight, and 1 where the token is there.
  mlir::Value weights, present;
};

/// Finds masks that depend on the choices and carry rows to experts and back.
mlir::FailureOr<CapacityLayer> readCapacity(const Choices &choices, Attempt &attempt);

/// Replaces the result by a layer whose routing is what the masks leave of the choices.
mlir::LogicalResult writeCapacity(const CapacityLayer &layer, const Choices &choices,
                                  Attempt &attempt);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_CAPACITYLAYER_H
