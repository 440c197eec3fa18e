//===- PackCodes.cpp - The bytes of codes of few bits ---------------------===//

#include "lowering/cpu/PackCodes.h"
#include "lowering/cpu/CopyGrid.h"
#include "llvm/Support/Endian.h"
#include <cstring>

using namespace moe;

/// Code by code: whatever lies nowhere in particular.
static void packScatteredWords(const CodeMatrix &codes, int64_t line, int64_t lines, char *out,
                               int64_t pitch) {
  int64_t together = 32 / codes.bits;
  for (int64_t c = 0; c < codes.columns; ++c)
    for (int64_t m = 0; m < lines; ++m) {
      int64_t k = (line + m) * together;
      int64_t bit = codes.firstBit + k * codes.rowBits + c * codes.columnBits;
      uint32_t word = 0;
      for (int64_t j = 0; j < std::min(together, codes.depth - k); ++j)
        word |= static_cast<uint32_t>(codes.at(bit + j * codes.rowBits)) << (j * codes.bits);
      llvm::support::endian::write32le(out + m * pitch + c * 4, word);
    }
}

/// One row of words of codes that lie packed along the columns, from whole bytes on: `rows` are the
/// rows of the matrix that meet in a word.
template <unsigned bits>
static void packAcross(const uint8_t *rows, int64_t rowBytes, int64_t columns, char *out) {
  constexpr int64_t together = 32 / bits, inByte = 8 / bits;
  for (int64_t s = 0; s < inByte; ++s)
    for (int64_t i = 0; i * inByte + s < columns; ++i) {
      uint32_t word = 0;
      for (int64_t j = 0; j < together; ++j)
        word |= static_cast<uint32_t>(rows[j * rowBytes + i] >> (s * bits) & ((1u << bits) - 1))
                << (j * bits);
      llvm::support::endian::write32le(out + (i * inByte + s) * 4, word);
    }
}

static void packAcross(const CodeMatrix &codes, int64_t line, int64_t lines, char *out,
                       int64_t pitch) {
  int64_t rowBytes = codes.rowBits / 8, together = 32 / codes.bits;
  for (int64_t m = 0; m < lines; ++m, out += pitch) {
    auto *rows = reinterpret_cast<const uint8_t *>(codes.data) + codes.firstBit / 8 +
                 (line + m) * together * rowBytes;
    if (codes.bits == 2)
      packAcross<2>(rows, rowBytes, codes.columns, out);
    else if (codes.bits == 4)
      packAcross<4>(rows, rowBytes, codes.columns, out);
    else
      packAcross<8>(rows, rowBytes, codes.columns, out);
  }
}

void moe::packCodeWords(const CodeMatrix &codes, int64_t line, int64_t lines, char *out,
                        int64_t pitch) {
  int64_t together = 32 / codes.bits;
  // The last word of a column may not be full.
  int64_t whole = std::clamp<int64_t>(codes.depth / together - line, 0, lines);
  bool inBytes = !codes.splat && codes.firstBit % 8 == 0;
  if (inBytes && codes.rowBits == codes.bits && codes.columnBits % 8 == 0)
    // Codes that lie packed along K, as most files have them, are words already.
    copyGrid(codes.data + codes.firstBit / 8 + line * 4, {4, codes.columnBits / 8}, out, {pitch, 4},
             whole, codes.columns, 4);
  else if (inBytes && codes.columnBits == codes.bits && codes.rowBits % 8 == 0)
    packAcross(codes, line, whole, out, pitch);
  else
    whole = 0;
  packScatteredWords(codes, line + whole, lines - whole, out + whole * pitch, pitch);
}

void moe::packCodeBytes(const CodeMatrix &codes, int64_t line, int64_t lines, char *out,
                        int64_t pitch) {
  for (int64_t c = 0; c < codes.columns; ++c)
    for (int64_t k = 0; k < lines; ++k)
      out[k * pitch + c] = static_cast<char>(
          codes.at(codes.firstBit + (line + k) * codes.rowBits + c * codes.columnBits));
}

void moe::packCodeRows(const WeightView &view, bool isSigned, int64_t first, int64_t count,
                       char *out) {
  CodeMatrix codes{view.data, view.bits, 0, 0, 0, 0, 0, view.splat};
  int64_t columns = view.shape.empty() ? 1 : view.shape.back();
  int64_t step = view.shape.empty() ? 0 : view.strides.back();
  while (count > 0) {
    int64_t line = first / columns, column = first % columns;
    int64_t here = std::min(columns - column, count), bit = view.firstBit + column * step;
    for (size_t dim = view.shape.size(); dim-- > 1;) {
      bit += line % view.shape[dim - 1] * view.strides[dim - 1];
      line /= view.shape[dim - 1];
    }
    for (int64_t i = 0; i < here; ++i) {
      uint8_t code = codes.at(bit + i * step);
      bool negative = isSigned && code >> (view.bits - 1);
      *out++ = static_cast<char>(negative ? code | 0xffu << view.bits : code);
    }
    first += here;
    count -= here;
  }
}
