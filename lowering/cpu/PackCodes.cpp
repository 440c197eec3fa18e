//===- PackCodes.cpp - The bytes of codes of few bits ---------------------===//

#include "lowering/cpu/PackCodes.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// One column of `depth` codes from bit `first` on, as words that stand `pitch` words apart.
static void packColumn(const CodeView &view, int64_t first, int64_t depth, char *out,
                       int64_t pitch) {
  int64_t together = 32 / view.bits, stride = view.strides[1], k = 0;
  // Codes that lie packed along K, as most files have them, are words already.
  bool dense = stride == view.bits && first % 8 == 0 && !view.splat;
  for (; dense && k + together <= depth; k += together, out += 4 * pitch)
    std::memcpy(out, view.data + (first + k * stride) / 8, 4);
  for (; k < depth; k += together, out += 4 * pitch) {
    uint32_t word = 0;
    for (int64_t j = 0; j < std::min(together, depth - k); ++j)
      word |= static_cast<uint32_t>(view.at(first + (k + j) * stride)) << (j * view.bits);
    llvm::support::endian::write32le(out, word);
  }
}

LogicalResult moe::packCodePanels(const CodeView &view, int64_t width, bool bytes,
                                  WeightSink sink) {
  int64_t depth = view.shape[1], columns = view.shape[2];
  int64_t lines = bytes ? depth : llvm::divideCeilSigned(depth, 32 / view.bits);
  for (int64_t group = 0; group < view.shape[0]; ++group)
    for (int64_t first = 0; first < columns; first += width) {
      SmallVector<char, 0> panel(lines * width * (bytes ? 1 : 4), 0);
      for (int64_t c = 0; c < std::min(width, columns - first); ++c) {
        int64_t bit = view.firstBit + group * view.strides[0] + (first + c) * view.strides[2];
        if (!bytes)
          packColumn(view, bit, depth, panel.data() + 4 * c, width);
        for (int64_t k = 0; bytes && k < depth; ++k)
          panel[k * width + c] = static_cast<char>(view.at(bit + k * view.strides[1]));
      }
      if (failed(sink(panel)))
        return failure();
    }
  return success();
}

/// Appends the codes of `view` from dimension `dim` on, row-major.
static void appendCodes(const CodeView &view, bool isSigned, int64_t bit, size_t dim,
                        SmallVectorImpl<char> &out) {
  if (dim == view.shape.size()) {
    uint8_t code = view.at(bit);
    bool negative = isSigned && code >> (view.bits - 1);
    out.push_back(static_cast<char>(negative ? code | 0xffu << view.bits : code));
    return;
  }
  for (int64_t i = 0; i < view.shape[dim]; ++i)
    appendCodes(view, isSigned, bit + i * view.strides[dim], dim + 1, out);
}

LogicalResult moe::packCodeRows(const CodeView &view, bool isSigned, WeightSink sink) {
  SmallVector<char, 0> part;
  if (view.shape.empty()) {
    appendCodes(view, isSigned, view.firstBit, 0, part);
    return sink(part);
  }
  for (int64_t row = 0; row < view.shape.front(); ++row) {
    part.clear();
    appendCodes(view, isSigned, view.firstBit + row * view.strides.front(), 1, part);
    if (failed(sink(part)))
      return failure();
  }
  return success();
}
