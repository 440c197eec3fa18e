//===- QuantKernel.h - Codes become numbers on their way in -----*- C++ -*-===//
//
// Quantised weights stay words in memory; a block of a panel is numbers only while its rows are
// multiplied with it.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_QUANTKERNEL_H
#define MOE_LOWERING_CPU_QUANTKERNEL_H

#include "dialect/Moe.h"
#include "lowering/cpu/TileKernel.h"

namespace moe {

/// Codes in a word.
inline int64_t codesPerWord(QuantAttr quant) { return 32 / quant.bits(); }

/// Whether the kernels can take blocks of this size: whole words, or one block for all of K.
inline bool isWholeWords(QuantAttr quant, int64_t depth) {
  return quant.getBlock() >= depth || quant.getBlock() % codesPerWord(quant) == 0;
}

/// What one panel of a quantised weight is made of, as kernels take it.
struct QuantPanel {
  QuantAttr quant;
  int64_t depth;
  /// K/w x 48 of i32, blocks x 48 of floats, and blocks x 48 zero points or null.
  mlir::Value words, scales, zeroPoints;
};
QuantPanel panelOf(Emitter &e, GroupedMatmulOp op, unsigned weight, mlir::Value group,
                   mlir::Value panel);

/// Rows of a unit up to which codes are multiplied as they become numbers, in registers.
int64_t mostDirectRows(const TilePlan &plan);

/// target (size x 48) = numbers of the panel's rows `from .. from + size - 1`. `from` is a multiple
/// of the codes in a word; the target has room for whole words.
void emitDequantize(Emitter &e, mlir::ModuleOp module, const TilePlan &plan,
                    const QuantPanel &panel, mlir::Value target, mlir::Value from,
                    mlir::Value size);
/// sums (m x 48) += rows (m x size) * the same numbers, m at most `mostDirectRows`. The same chains
/// of multiply-adds as the block kernel's.
void emitDirectRows(Emitter &e, mlir::ModuleOp module, const TilePlan &plan,
                    const QuantPanel &panel, mlir::Value rows, mlir::Value sums, mlir::Value from,
                    mlir::Value size);

} // namespace moe

#endif // MOE_LOWERING_CPU_QUANTKERNEL_H
