//===- RowCode.h - Move rows into expert order and add them up again -*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_ROWCODE_H
#define MOE_LOWERING_NVPTX_ROUTING_ROWCODE_H

#include "lowering/nvptx/routing/RoutingKernel.h"

namespace moe {

/// Threads of a block that moves or adds up rows; each takes some columns of one row.
inline constexpr int64_t kRowThreads = 128;

/// What rows are made of.
struct RowShape {
  mlir::Type element;
  int64_t columns; ///< or ShapedType::kDynamic
  int64_t choices;
  mlir::Type weightType, resultType; ///< of moe.combine

  /// Columns of a thread: as many as divide all of them, at most 16 bytes.
  int64_t columnsAtOnce() const;
};

/// A copy of one row, by the blocks of grid (rows, columns): `rows` from `tokens` by `slots`.
void emitGatherRow(RoutingKernel &kernel, const RowShape &shape);
/// The sum of one token's rows, by the blocks of grid (tokens, columns): `result` from `rows`,
/// `rowOf` and `weights`, in slot order.
void emitCombineToken(RoutingKernel &kernel, const RowShape &shape);
/// All of `rowOf` becomes -1, a thread a slot.
void emitClearRowOf(RoutingKernel &kernel, int64_t choices);
/// `rowOf` of `slots`, a thread a row; slots that stand in none keep what they have.
void emitRowOf(RoutingKernel &kernel, int64_t choices);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_ROWCODE_H
