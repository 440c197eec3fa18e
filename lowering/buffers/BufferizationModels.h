//===- BufferizationModels.h - How moe ops become memrefs -------*- C++ -*-===//

#ifndef MOE_LOWERING_BUFFERS_BUFFERIZATIONMODELS_H
#define MOE_LOWERING_BUFFERS_BUFFERIZATIONMODELS_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace moe {

/// Attaches bufferization to the moe ops that the linalg stage may hold.
void registerMoeBufferizationModels(mlir::DialectRegistry &registry);

} // namespace moe

#endif // MOE_LOWERING_BUFFERS_BUFFERIZATIONMODELS_H
