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

/// A K x N matrix of codes of at most 8 bits.
struct CodeMatrix {
  const char *data;
  unsigned bits;
  int64_t firstBit, rowBits, columnBits;
  int64_t depth, columns;
  bool splat;

  uint8_t at(int64_t bit) const {
    bit = splat ? bit % 8 : bit;
    return static_cast<uint8_t>(data[bit / 8]) >> (bit % 8) & ((1u << bits) - 1);
  }
};

/// Packs `lines` 32-bit words along K of each column from word `line` on; words of a column stand
/// `pitch` bytes apart.
void packCodeWords(const CodeMatrix &codes, int64_t line, int64_t lines, char *out, int64_t pitch);
/// Packs `lines` rows from `line` on with a byte a code; rows stand `pitch` bytes apart.
void packCodeBytes(const CodeMatrix &codes, int64_t line, int64_t lines, char *out, int64_t pitch);
/// Packs `count` codes of a view row-major from number `first` on, in a byte each, with its sign
/// where a code has one.
void packCodeRows(const WeightView &view, bool isSigned, int64_t first, int64_t count, char *out);

} // namespace moe

#endif // MOE_LOWERING_CPU_PACKCODES_H
