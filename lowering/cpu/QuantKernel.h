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

/// The function that makes numbers of rows `from .. from + size - 1` of a panel:
/// (words : K/w x 48 of i32, scales : blocks x 48, zero points : blocks x 48 where `zeroPoint` is a
/// type, target : size x 48, from, size). `from` is a multiple of the codes in a word; the target
/// has room for whole words.
mlir::func::FuncOp getDequantizer(mlir::ModuleOp module, const TilePlan &plan, QuantAttr quant,
                                  mlir::Type scale, mlir::Type zeroPoint);

} // namespace moe

#endif // MOE_LOWERING_CPU_QUANTKERNEL_H
