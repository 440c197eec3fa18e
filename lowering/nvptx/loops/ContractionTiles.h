//===- ContractionTiles.h - Products by tiles in shared memory --*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_LOOPS_CONTRACTIONTILES_H
#define MOE_LOWERING_NVPTX_LOOPS_CONTRACTIONTILES_H

#include "lowering/nvptx/loops/Structured.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace moe {

/// Rows and columns of a tile of results.
inline constexpr int64_t kContractionTile = 64;

/// A sum of products of two operands, each read through a function of its own number.
struct Contraction {
  mlir::linalg::ContractionDimensions loops; ///< sorted into rows (m), columns (n), depth (k)
  mlir::Operation *multiply, *add;

  /// What `op` is such a sum of; nothing where it is none.
  static std::optional<Contraction> of(mlir::linalg::GenericOp op);
};

/// Tiles of all results of `space`.
mlir::Value countContractionTiles(mlir::ImplicitLocOpBuilder &builder, Structured &space,
                                  const Contraction &product);

/// All tiles in turns of `blocks`. A result's terms are added in the order of its depth.
void emitContractionTiles(mlir::ImplicitLocOpBuilder &builder, Structured &space,
                          const Contraction &product, mlir::gpu::GPUFuncOp kernel,
                          const Team &blocks);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_LOOPS_CONTRACTIONTILES_H
