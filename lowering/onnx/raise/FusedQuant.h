//===- FusedQuant.h - The quantised weights of QMoE -------------*- C++ -*-===//
//
// What com.microsoft.QMoE has beyond MoE: codes in bytes, scales and zero points in several shapes,
// widths and blocks that are told or follow, and weights that were permuted for one vendor's
// kernels.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_ONNX_RAISE_FUSEDQUANT_H
#define MOE_LOWERING_ONNX_RAISE_FUSEDQUANT_H

#include "lowering/onnx/raise/FusedLayout.h"
#include "lowering/onnx/raise/Quantized.h"

namespace moe::raise {

/// Attributes of QMoE that MoE does not have.
llvm::ArrayRef<llvm::StringRef> quantAttributes();

/// fc1, fc2 and fc3 of a QMoE as [E, K, N]; null where there is none. Errors name what does not
/// fit.
mlir::LogicalResult readQuantised(onnx::NodeOp node, const FusedShapes &shapes,
                                  llvm::StringRef layoutOption,
                                  llvm::MutableArrayRef<std::optional<QuantView>> weights,
                                  llvm::ArrayRef<std::optional<WeightView>> biases);

} // namespace moe::raise

#endif // MOE_LOWERING_ONNX_RAISE_FUSEDQUANT_H
