//===- RowsTest.cpp - The reference's rows and sums, by hand --------------===//

#include "dialect/reference/Reference.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::reference;

namespace {

using Ids = std::vector<int64_t>;

DispatchRule rule(int64_t experts, int64_t tile = 1, int64_t capacity = 0, bool rankMajor = false) {
  DispatchRule rule;
  rule.experts = experts;
  rule.choices = 2;
  rule.capacity = capacity;
  rule.rankMajor = rankMajor;
  rule.tile = tile;
  return rule;
}

// Expert 1 is empty, one slot was dropped before.
TEST(Dispatch, AscendingSlotsOfAscendingExperts) {
  Positions positions = dispatch({2, 0, 2, 0, 2, -1}, rule(3));
  EXPECT_EQ(positions.offsets, (Ids{0, 2, 2, 5}));
  EXPECT_EQ(positions.slots, (Ids{1, 3, 0, 2, 4, -1}));
}

TEST(Dispatch, ExpertsStartAtTiles) {
  Positions positions = dispatch({2, 0, 2, 0, 2, -1}, rule(3, 2));
  EXPECT_EQ(positions.offsets, (Ids{0, 2, 2, 6}));
  EXPECT_EQ(positions.slots, (Ids{1, 3, 0, 2, 4, -1, -1, -1}));
}

TEST(Dispatch, CapacityDropsTheLastInTheirOrder) {
  Ids experts{0, 0, 0, 1, 1, 2};
  EXPECT_EQ(dispatch(experts, rule(3, 1, 2)).slots, (Ids{0, 1, 3, 4, 5, -1}));
  EXPECT_EQ(dispatch(experts, rule(3, 1, 2, true)).slots, (Ids{0, 2, 3, 4, 5, -1}));
}

TEST(Dispatch, NoTokens) {
  Positions positions = dispatch({}, rule(4, 4));
  EXPECT_EQ(positions.offsets, (Ids{0, 0, 0, 0, 0}));
  EXPECT_EQ(positions.slots, Ids(12, -1));
}

TEST(Dispatch, IdsOutOfRangeStandInNoRow) {
  EXPECT_EQ(dispatch({3, 1}, rule(3)).offsets, (Ids{0, 0, 1, 1}));
}

TEST(Gather, PaddingIsZero) {
  Tensor tokens{{2, 2}, {1, 2, 3, 4}, {}};
  EXPECT_EQ(gather(tokens, {3, -1, 0}, 2).values, (std::vector<double>{3, 4, 0, 0, 1, 2}));
}

// Slot 1 stands in no row; what lies in the row of padding is not read.
TEST(Combine, DroppedSlotsAddNothing) {
  Tensor rows{{3, 1}, {10, std::nan(""), 3}, {}};
  Tensor weights{{2, 2}, {0.5, 99, 2, 3}, {}};
  Tensor sum = combine(rows, {2, -1, 0}, weights, unitRoundoff(24));
  EXPECT_EQ(sum.values, (std::vector<double>{1.5, 20}));
}

TEST(Combine, ErrorsOfRowsAreWeighed) {
  Tensor rows{{1, 1}, {10}, {0.25}}, weights{{1, 1}, {-4}, {}};
  Tensor sum = combine(rows, {0}, weights, 0);
  EXPECT_EQ(sum.values.front(), -40);
  EXPECT_EQ(sum.errors.front(), 1);
}

TEST(Matmul, ValueAndBound) {
  Tensor rows{{1, 2}, {1, -2}, {}}, weight{{2, 1}, {3, 5}, {}}, init{{1, 1}, {0}, {}};
  double unit = 0.125; // gamma_2 = (1/4) / (3/4)
  Tensor product = matmul(rows, weight, init, unit);
  EXPECT_EQ(product.values.front(), -7);
  EXPECT_NEAR(product.errors.front(), 13.0 / 3, 1e-12);
}

TEST(Matmul, ErrorsOfRowsComeThrough) {
  Tensor rows{{1, 1}, {2}, {0.5}}, weight{{1, 1}, {-3}, {}}, init{{1, 1}, {1}, {}};
  Tensor product = matmul(rows, weight, init, 0);
  EXPECT_EQ(product.values.front(), -5);
  EXPECT_EQ(product.errors.front(), 1.5);
}

TEST(Gamma, IsInfiniteWhereNothingIsLeft) {
  EXPECT_EQ(gammaOf(8, 0.125), HUGE_VAL);
  EXPECT_DOUBLE_EQ(gammaOf(1, 0.5), 1.0);
}

} // namespace
