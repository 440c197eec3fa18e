//===- DequantizeTest.cpp - The reference's numbers of codes, by hand -----===//
//
// Three rows and two columns whose codes, scales and zero points all differ: reading a scale along
// the other axis, a zero point of another block, or none, changes a number.
//
//===----------------------------------------------------------------------===//

#include "dialect/reference/Reference.h"
#include <gtest/gtest.h>

using namespace moe::reference;

namespace {

using Numbers = std::vector<double>;

const Tensor codes{{3, 2}, {1, 7, 12, 3, 15, 0}, {}};
const Tensor scales{{2, 2}, {0.5, 2, 4, 0.25}, {}};

// Rows 0 and 1 are the first block, row 2 is what is left.
TEST(Dequantize, ZeroPointsOfTheirBlocks) {
  Tensor zeroPoints{{2, 2}, {8, 1, 3, 6}, {}};
  Tensor w = dequantize(codes, scales, zeroPoints, 99, 2, 0x1p-24);
  EXPECT_EQ(w.values, (Numbers{-3.5, 12, 2, 4, 48, -1.5}));
}

TEST(Dequantize, OneZeroPointForAll) {
  Tensor w = dequantize(codes, scales, {}, 8, 2, 0x1p-24);
  EXPECT_EQ(w.values, (Numbers{-3.5, -2, 2, -10, 28, -2}));
}

TEST(Dequantize, OneBlockIsPerColumn) {
  Tensor perColumn{{1, 2}, {0.5, 2}, {}};
  Tensor w = dequantize(codes, perColumn, {}, 0, 3, 0x1p-24);
  EXPECT_EQ(w.values, (Numbers{0.5, 14, 6, 6, 7.5, 0}));
}

// One rounding of the product, and one of the difference where the zero point is no whole number.
TEST(Dequantize, ErrorsOfTheirRoundings) {
  Tensor whole{{2, 2}, {8, 1, 3, 6}, {}}, fraction{{2, 2}, {8.5, 1, 3, 6}, {}};
  Tensor exact = dequantize(codes, scales, whole, 0, 2, 0x1p-24);
  Tensor rounded = dequantize(codes, scales, fraction, 0, 2, 0x1p-24);
  EXPECT_GE(exact.errors[0], 0x1p-24 * 3.5);
  EXPECT_LE(exact.errors[0], 0x1p-24 * 3.5 + 0x1p-120);
  EXPECT_GE(rounded.errors[0], 0x1p-24 * 3.75 * 2);
}

} // namespace
