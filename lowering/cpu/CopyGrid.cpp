//===- CopyGrid.cpp - Copies of strided rows and columns ------------------===//

#include "lowering/cpu/CopyGrid.h"
#include <algorithm>
#include <cstring>

using namespace moe;

/// Four 32-bit words. Every x86-64 has such registers, and so do other machines.
using Words = uint32_t __attribute__((vector_size(16)));

/// Rows that are transposed before the next four columns: a few cache lines of each column, so that
/// all of a line is used while it is there, whatever the distance of the columns.
static constexpr int64_t kBlockRows = 128;

static Words loadWords(const char *from) {
  Words words;
  std::memcpy(&words, from, sizeof words);
  return words;
}

static void storeWords(char *to, Words words) { std::memcpy(to, &words, sizeof words); }

/// Four columns of four words each become four rows.
static void transposeFour(const char *from, int64_t fromColumn, char *to, int64_t toRow) {
  Words a = loadWords(from), b = loadWords(from + fromColumn);
  Words c = loadWords(from + 2 * fromColumn), d = loadWords(from + 3 * fromColumn);
  Words abLow = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  Words abHigh = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  Words cdLow = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  Words cdHigh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  storeWords(to, __builtin_shufflevector(abLow, cdLow, 0, 1, 4, 5));
  storeWords(to + toRow, __builtin_shufflevector(abLow, cdLow, 2, 3, 6, 7));
  storeWords(to + 2 * toRow, __builtin_shufflevector(abHigh, cdHigh, 0, 1, 4, 5));
  storeWords(to + 3 * toRow, __builtin_shufflevector(abHigh, cdHigh, 2, 3, 6, 7));
}

/// Element by element, in blocks: whichever of rows and columns lies closer together in the source,
/// no line of either side is fetched often.
template <typename WordT>
static void copyWords(const char *from, GridSteps fromSteps, char *to, GridSteps toSteps,
                      int64_t rows, int64_t columns) {
  bool across = fromSteps.column <= fromSteps.row;
  int64_t width = across ? std::max<int64_t>(columns, 1) : 16;
  for (int64_t first = 0; first < rows; first += kBlockRows)
    for (int64_t left = 0; left < columns; left += width)
      for (int64_t r = first; r < std::min(rows, first + kBlockRows); ++r)
        for (int64_t c = left; c < std::min(columns, left + width); ++c)
          std::memcpy(to + r * toSteps.row + c * toSteps.column,
                      from + r * fromSteps.row + c * fromSteps.column, sizeof(WordT));
}

/// Words of which the source has columns and the target rows without gaps.
static void transposeWords(const char *from, int64_t fromColumn, char *to, int64_t toRow,
                           int64_t rows, int64_t columns) {
  int64_t wholeRows = rows / 4 * 4, wholeColumns = columns / 4 * 4;
  for (int64_t first = 0; first < wholeRows; first += kBlockRows)
    for (int64_t c = 0; c < wholeColumns; c += 4)
      for (int64_t r = first; r < std::min(wholeRows, first + kBlockRows); r += 4)
        transposeFour(from + c * fromColumn + r * 4, fromColumn, to + r * toRow + c * 4, toRow);
  GridSteps fromSteps{4, fromColumn}, toSteps{toRow, 4};
  copyWords<uint32_t>(from + wholeRows * 4, fromSteps, to + wholeRows * toRow, toSteps,
                      rows - wholeRows, columns);
  copyWords<uint32_t>(from + wholeColumns * fromColumn, fromSteps, to + wholeColumns * 4, toSteps,
                      wholeRows, columns - wholeColumns);
}

/// Rows that have no gaps on either side.
static void copyRows(const char *from, int64_t fromRow, char *to, int64_t toRow, int64_t rows,
                     int64_t rowBytes) {
  if (fromRow == rowBytes && toRow == rowBytes) {
    std::memcpy(to, from, rows * rowBytes);
    return;
  }
  for (int64_t r = 0; r < rows; ++r)
    std::memcpy(to + r * toRow, from + r * fromRow, rowBytes);
}

void moe::copyGrid(const char *from, GridSteps fromSteps, char *to, GridSteps toSteps, int64_t rows,
                   int64_t columns, int64_t elementBytes) {
  if (columns == 1) {
    std::swap(rows, columns);
    std::swap(fromSteps.row, fromSteps.column);
    std::swap(toSteps.row, toSteps.column);
  }
  if (rows <= 0 || columns <= 0)
    return;
  if (fromSteps.column == elementBytes && toSteps.column == elementBytes)
    copyRows(from, fromSteps.row, to, toSteps.row, rows, columns * elementBytes);
  else if (elementBytes == 4 && fromSteps.row == 4 && toSteps.column == 4)
    transposeWords(from, fromSteps.column, to, toSteps.row, rows, columns);
  else if (elementBytes == 1)
    copyWords<uint8_t>(from, fromSteps, to, toSteps, rows, columns);
  else if (elementBytes == 2)
    copyWords<uint16_t>(from, fromSteps, to, toSteps, rows, columns);
  else if (elementBytes == 4)
    copyWords<uint32_t>(from, fromSteps, to, toSteps, rows, columns);
  else if (elementBytes == 8)
    copyWords<uint64_t>(from, fromSteps, to, toSteps, rows, columns);
  else
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        std::memcpy(to + r * toSteps.row + c * toSteps.column,
                    from + r * fromSteps.row + c * fromSteps.column, elementBytes);
}
