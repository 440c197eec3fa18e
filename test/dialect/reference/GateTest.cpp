//===- GateTest.cpp - The reference's gate, by hand -----------------------===//

#include "dialect/reference/Reference.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::reference;

namespace {

using Ids = std::vector<int64_t>;
const double nan = std::nan("");
const double infinity = HUGE_VAL;

GateRule rule(Score score, int64_t k) {
  GateRule rule;
  rule.score = score;
  rule.k = k;
  return rule;
}

TEST(Gate, TiesKeepTheLowerIndex) {
  Choice choice = gate({1, 3, 3, 3}, {}, rule(Score::Identity, 2));
  EXPECT_EQ(choice.experts, (Ids{1, 2}));
}

TEST(Gate, ZerosAreEqual) {
  EXPECT_EQ(gate({-0.0, 0.0}, {}, rule(Score::Identity, 2)).experts, (Ids{0, 1}));
}

TEST(Gate, NanIsLargestAndEqualToItself) {
  Choice choice = gate({infinity, nan, 2, -nan}, {}, rule(Score::Identity, 3));
  EXPECT_EQ(choice.experts, (Ids{1, 3, 0}));
  EXPECT_TRUE(std::isnan(choice.weights[0]));
}

TEST(Gate, OneNanSpoilsASoftmax) {
  Choice choice = gate({1, 2, nan, 3}, {}, rule(Score::Softmax, 2));
  EXPECT_EQ(choice.experts, (Ids{0, 1}));
  EXPECT_TRUE(std::isnan(choice.weights[0]) && std::isnan(choice.weights[1]));
}

TEST(Gate, AllExperts) {
  Choice choice = gate({-infinity, 0, std::log(3.0)}, {}, rule(Score::Softmax, 3));
  EXPECT_EQ(choice.experts, (Ids{2, 1, 0}));
  EXPECT_NEAR(choice.weights[0], 0.75, 1e-15);
  EXPECT_NEAR(choice.weights[1], 0.25, 1e-15);
  EXPECT_EQ(choice.weights[2], 0.0);
}

TEST(Gate, BiasChoosesAndDoesNotWeigh) {
  GateRule sigmoid = rule(Score::Sigmoid, 2);
  sigmoid.normalize = true;
  sigmoid.epsilon = 0.75;
  sigmoid.scale = 4;
  Choice choice = gate({std::log(3.0), 0, std::log(3.0)}, {0, 10, 0.5}, sigmoid);
  EXPECT_EQ(choice.experts, (Ids{1, 2}));
  EXPECT_NEAR(choice.weights[0], 1.0, 1e-15); // 1/2 / 2 * 4
  EXPECT_NEAR(choice.weights[1], 1.5, 1e-15); // 3/4 / 2 * 4
}

TEST(Gate, ScoreAfterTheChoice) {
  GateRule after = rule(Score::Softmax, 2);
  after.scoreAfter = true;
  Choice choice = gate({9, 1, 1 + std::log(4.0), 0}, {-99, 0, 0, 0}, after);
  EXPECT_EQ(choice.experts, (Ids{2, 1}));
  EXPECT_NEAR(choice.weights[0], 0.8, 1e-15);
}

TEST(Gate, SqrtSoftplusDoesNotOverflow) {
  Choice choice = gate({0, 10000}, {}, rule(Score::SqrtSoftplus, 2));
  EXPECT_EQ(choice.experts, (Ids{1, 0}));
  EXPECT_EQ(choice.weights[0], 100.0);
  EXPECT_NEAR(choice.weights[1], std::sqrt(std::log(2.0)), 1e-15);
}

// Sums of the best two: 6, 7, 4, 6.
TEST(Gate, BestGroupsStayInTheRace) {
  GateRule groups = rule(Score::Identity, 2);
  groups.groups = 4;
  groups.topGroups = 2;
  groups.groupBest = 2;
  Choice choice = gate({5, 1, 4, 3, 2, 2, 0, 6}, {}, groups);
  EXPECT_EQ(choice.groups, (Ids{1, 0}));
  EXPECT_EQ(choice.experts, (Ids{0, 2}));
}

// The best group is {-1, 2}; of the other three experts, taken for 0, the first beats -1.
TEST(Gate, OutsideOfTheBestGroups) {
  GateRule groups = rule(Score::Identity, 2);
  groups.groups = 2;
  groups.outside = 0;
  Choice choice = gate({-1, 2, 1, 1}, {}, groups);
  EXPECT_EQ(choice.experts, (Ids{1, 2}));
  EXPECT_EQ(choice.weights, (std::vector<double>{2, 1}));
}

TEST(Gate, LeastWeightAndSum) {
  GateRule least = rule(Score::Identity, 2);
  least.normalize = true;
  least.leastWeight = 0.25;
  least.leastSum = 4;
  EXPECT_EQ(gate({1, 0.125}, {}, least).weights, (std::vector<double>{0.25, 0.0625}));
  least.leastSum = 1;
  EXPECT_EQ(gate({1, 0.125}, {}, least).weights, (std::vector<double>{0.8, 0.2}));
}

TEST(Gate, SparseMixer) {
  GateRule mixer = rule(Score::SparseMixer, 2);
  mixer.jitter = 0.25;
  Choice choice = gate({4, 1.5, 1, 4 - std::log(3.0)}, {}, mixer);
  EXPECT_EQ(choice.experts, (Ids{0, 3}));
  EXPECT_NEAR(choice.weights[0], 0.75, 1e-15);
  EXPECT_NEAR(choice.weights[1], 1 / (1 + std::exp(std::log(3.0) - 2.5)), 1e-15);
}

TEST(GateErrors, OnlyNeighboursWithinRoundingAreNearTies) {
  GateRule softmax = rule(Score::Softmax, 1);
  std::vector<double> logits{1, 1 + 1e-7, 0.9};
  Choice choice = gate(logits, {}, softmax);
  ChoiceErrors errors = choiceErrors(logits, {}, softmax, choice, unitRoundoff(24));
  EXPECT_EQ(choice.experts, (Ids{1}));
  EXPECT_TRUE(isNearTie(choice, errors, 0, 0));
  EXPECT_FALSE(isNearTie(choice, errors, 0, 2));
  EXPECT_FALSE(isNearTie(choice, errors, 0, -1));
  EXPECT_FALSE(isNearTie(choice, errors, 0, 3));
}

// Scores that are the logits themselves are exact: a tie is decided by the index.
TEST(GateErrors, ExactScoresHaveNoNearTies) {
  GateRule identity = rule(Score::Identity, 1);
  std::vector<double> logits{1, 1};
  Choice choice = gate(logits, {}, identity);
  ChoiceErrors errors = choiceErrors(logits, {}, identity, choice, unitRoundoff(24));
  EXPECT_FALSE(isNearTie(choice, errors, 0, 1));
}

TEST(GateErrors, GroupsWithinRoundingMakeEveryExpertANearTie) {
  GateRule groups = rule(Score::Sigmoid, 1);
  groups.groups = 2;
  std::vector<double> logits{1, 0, 1 + 1e-8, -5};
  Choice choice = gate(logits, {}, groups);
  ChoiceErrors errors = choiceErrors(logits, {}, groups, choice, unitRoundoff(24));
  EXPECT_EQ(choice.experts, (Ids{2}));
  EXPECT_TRUE(isNearTie(choice, errors, 0, 0));
}

} // namespace
