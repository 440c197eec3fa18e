//===- PackCodes.h - The bytes of codes of few bits -------------*- C++ -*-===//
//
// Numbers below a byte have no address of their own: they are found by bits, and leave as words or
// as bytes.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_CPU_PACKCODES_H
#define MOE_LOWERING_CPU_PACKCODES_H

#include "lowering/cpu/Pack.h"

namespace moe {

/// A strided view of codes of at most 8 bits; its extent has been checked.
struct CodeView {
  const char *data;
  int64_t firstBit;
  unsigned bits;
  /// Shape, and bits from code to code.
  llvm::SmallVector<int64_t> shape, strides;
  /// `data` is one byte, which stands for all.
  bool splat = false;

  uint8_t at(int64_t bit) const {
    bit = splat ? bit % 8 : bit;
    return static_cast<uint8_t>(data[bit / 8]) >> (bit % 8) & ((1u << bits) - 1);
  }
};

/// Hands over a G x K x N view as panels of `width` columns: in 32-bit words along K, or (`bytes`)
/// in a byte each. What lies beyond the matrix is zero.
mlir::LogicalResult packCodePanels(const CodeView &view, int64_t width, bool bytes,
                                   WeightSink sink);
/// Hands over a view row-major, in a byte each, with its sign where a code has one.
mlir::LogicalResult packCodeRows(const CodeView &view, bool isSigned, WeightSink sink);

} // namespace moe

#endif // MOE_LOWERING_CPU_PACKCODES_H
