//===- GateCode.h - A token's choice by one warp ----------------*- C++ -*-===//

#ifndef MOE_LOWERING_NVPTX_ROUTING_GATECODE_H
#define MOE_LOWERING_NVPTX_ROUTING_GATECODE_H

#include "lowering/nvptx/routing/RoutingKernel.h"

namespace moe {

/// What all tokens of a gate share.
struct GateShape {
  GateAttr rule;
  int64_t experts;
  mlir::Type logitType, biasType, weightType; ///< biasType null without a bias

  /// Scores are computed in f32 or f64.
  mlir::Type scoreType() const;
  /// An integer as wide as a score.
  mlir::Type keyType() const;
  /// The bytes that a warp needs for a token.
  int64_t workspaceBytes() const;
};

/// Steps 1 and 5 of `#moe.gate_rule` on `count` numbers, in place. A lane reads and writes its
/// every 32nd number; whoever reads another lane's synchronises. Sums run in ascending order.
void emitScores(WarpCode &code, Score score, Array row, int64_t count);
/// Zeros behind the `count` numbers of `row`, which `emitSum` reads four at a time.
void emitPadding(WarpCode &code, Array row, int64_t count);
/// row[0] + row[1] + ... in this order, from zero; the same in all lanes. Expects the row and its
/// padding visible to all lanes, and its start aligned to four elements.
mlir::Value emitSum(WarpCode &code, Array row, int64_t count);

/// The integer in whose order `score` stands; see lowering/linalg/MoeToLinalg.h.
mlir::Value emitScoreKey(WarpCode &code, mlir::Value score);
/// What no score has as its key: out of the race.
mlir::Value emitNoKey(WarpCode &code, mlir::Type keyType);
/// The index of the largest of keys[begin .. begin + count), the lower one among equals; the same
/// in all lanes. Lane l owns the elements begin + l, begin + l + 32, ...: no other reads them.
mlir::Value emitBestOf(WarpCode &code, Array keys, mlir::Value begin, int64_t count);
/// Takes `index` of the elements from `begin` on out of the race.
void emitTakeOut(WarpCode &code, Array keys, mlir::Value begin, mlir::Value index);

/// The gate for `token` (i64) by the warp that this thread belongs to. `workspace` is its own, of
/// `workspaceBytes`, aligned to 32.
void emitTokenGate(WarpCode &code, const GateShape &shape, const RoutingOperands &operands,
                   mlir::Value token, mlir::Value workspace);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_ROUTING_GATECODE_H
