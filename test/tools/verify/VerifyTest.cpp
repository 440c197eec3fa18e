//===- VerifyTest.cpp - libmoe_verify on a layer computed by hand ---------===//

#include "runtime/moe_verify.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

// Two experts of one product each, [2, 3] to [2], weights in panels of two columns at byte 64 (one
// panel, so that the panel is the matrix) and a gate that takes the larger logit.
const char *const kLayer = R"(
module @reference attributes {moe.stage = "moe"} {
  func.func @layer(%logits: tensor<?x2xf32> {moe.role = #moe<observed logits>},
                   %tokens: tensor<?x3xf32> {moe.role = #moe<observed tokens>},
                   %experts: tensor<?x1xi32> {moe.role = #moe<observed experts>},
                   %weights: tensor<?x1xf32> {moe.role = #moe<observed weights>})
      -> (tensor<?x1xi32> {moe.role = #moe<observed experts>}, tensor<?x1xf32> {moe.role = #moe<observed weights>},
          tensor<?x3xf32> {moe.role = #moe<observed output>}) {
    %w64, %e64 = moe.gate %logits <score = SCORE, k = 1> : tensor<?x2xf32> -> tensor<?x1xf32>, tensor<?x1xi32>
    %w = moe.weight [#moe.piece<"m.onnx" at 0 shape [2, 3, 3] strides [9, 3, 1]>] WEIGHT : tensor<2x3x3xf32>
    %rows, %slots, %offsets = moe.dispatch %tokens, %experts {num_experts = 2 : i64}
        : tensor<?x3xf32>, tensor<?x1xi32> -> tensor<?x3xf32>, tensor<?xi32>, tensor<3xi32>
    %out = moe.expert %rows, %offsets weights(%w) : tensor<?x3xf32>, tensor<3xi32>, (tensor<2x3x3xf32>) -> tensor<?x3xf32> {
    ^bb0(%r: tensor<?x3xf32>, %we: tensor<3x3xf32>):
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %r, %c0 : tensor<?x3xf32>
      %e = tensor.empty(%n) : tensor<?x3xf32>
      %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
      %p = linalg.matmul ins(%r, %we : tensor<?x3xf32>, tensor<3x3xf32>) outs(%z : tensor<?x3xf32>) -> tensor<?x3xf32>
      %y = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d0, d1)>],
                           iterator_types = ["parallel", "parallel"]} ins(%p : tensor<?x3xf32>) outs(%e : tensor<?x3xf32>) {
      ^bb0(%a: f32, %o: f32):
        %0 = arith.maximumf %a, %zero : f32
        linalg.yield %0 : f32
      } -> tensor<?x3xf32>
      moe.yield %y : tensor<?x3xf32>
    }
    %y = moe.combine %out, %slots, %weights : tensor<?x3xf32>, tensor<?xi32>, tensor<?x1xf32> -> tensor<?x3xf32>
    return %e64, %w64, %y : tensor<?x1xi32>, tensor<?x1xf32>, tensor<?x3xf32>
  }
})";

std::string layer(const std::string &score, const std::string &weight) {
  std::string text = kLayer;
  text.replace(text.find("SCORE"), 5, score);
  return text.replace(text.find("WEIGHT"), 6, weight);
}

/// A run of two tokens that is right: token 0 goes to expert 1 with weight 2, token 1 to expert 0
/// with weight 3. Expert 0 multiplies by one, expert 1 reverses the columns.
struct LayerRun {
  std::vector<float> logits{1, 2, 3, 0}, tokens{1, 2, 3, 4, -5, 6}, weights{2, 3};
  std::vector<int32_t> experts{1, 0};
  std::vector<float> output{6, 4, 2, 12, 0, 18};
  std::vector<float> section = std::vector<float>(16, 77);
  std::string reference = layer("identity", "{offset = 64 : i64}");
  moe_verify_result result{};
  std::string message;

  LayerRun() {
    section.insert(section.end(), {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0});
  }

  int verify(int64_t tokenCount = 2) {
    auto observe = [&](uint32_t role, uint32_t type, int64_t width, const void *data) {
      return moe_verify_observation{"layer", role, type, 2, {tokenCount, width}, data};
    };
    moe_verify_observation observations[] = {
        observe(0, 1, 2, logits.data()), observe(1, 1, 3, tokens.data()),
        observe(2, 6, 1, experts.data()), observe(3, 1, 1, weights.data()),
        observe(4, 1, 3, output.data())};
    size_t room = 1;
    char text[256] = "";
    int status = moe_verify_model(
        reference.data(), reference.size(), reinterpret_cast<const uint8_t *>(section.data()),
        section.size() * sizeof(float), observations, 5, &result, &room, text, sizeof(text));
    message = text;
    return status;
  }
};

TEST(Verify, ARightRun) {
  LayerRun run;
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_STREQ(run.result.layer, "layer");
  EXPECT_EQ(run.result.rows_compared, 2);
  EXPECT_EQ(run.result.routing_mismatches, 0);
  EXPECT_EQ(run.result.routing_near_ties, 0);
  EXPECT_EQ(run.result.max_absolute_error, 0);
  EXPECT_EQ(run.result.max_error_ratio, 0);
}

// One unit in the last place of 18 is within a sum of three; a thousandth is not.
TEST(Verify, RoundingPassesAndErrorsDoNot) {
  LayerRun run;
  run.output[5] = std::nextafter(18.0f, 19.0f);
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_GT(run.result.max_error_ratio, 0);
  EXPECT_LE(run.result.max_error_ratio, 1);
  run.output[5] = 18.018f;
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_GT(run.result.max_error_ratio, 1);
  EXPECT_NEAR(run.result.max_absolute_error, 0.018, 1e-5);
}

TEST(Verify, NanWhereThereIsNoneIsWrong) {
  LayerRun run;
  run.output[5] = NAN;
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_FALSE(run.result.max_error_ratio <= 1);
}

TEST(Verify, NanOfATokenIsItsOutput) {
  LayerRun run;
  run.tokens[0] = NAN;
  run.output[0] = run.output[1] = run.output[2] = NAN;
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_EQ(run.result.max_error_ratio, 0);
}

// The arithmetic is that of the observed expert, so only the routing is wrong.
TEST(Verify, AWrongChoiceIsAMismatch) {
  LayerRun run;
  run.experts = {0, 0};
  run.output = {2, 4, 6, 12, 0, 18};
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_EQ(run.result.routing_mismatches, 1);
  EXPECT_EQ(run.result.max_error_ratio, 0);
}

TEST(Verify, AWrongWeightOfTheGateIsAnError) {
  LayerRun run;
  run.weights[0] = 1;
  run.output = {3, 2, 1, 12, 0, 18};
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_GT(run.result.max_error_ratio, 1);
}

TEST(Verify, ScoresWithinRoundingAreANearTie) {
  LayerRun run;
  run.reference = layer("softmax", "{offset = 64 : i64}");
  run.logits = {1, std::nextafter(1.0f, 2.0f), 1, 0};
  run.experts = {0, 0};
  run.weights = {0.5f, 0.73105858f};
  run.output = {0.5f, 1, 1.5f, 0.73105858f * 4, 0, 0.73105858f * 6};
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_EQ(run.result.routing_mismatches, 0);
  EXPECT_EQ(run.result.routing_near_ties, 1);
  EXPECT_LE(run.result.max_error_ratio, 1);
}

/// A layer of two experts computes the identity with weights packed like this.
void expectIdentity(const std::string &layout, int panel, const std::vector<float> &weights) {
  LayerRun run;
  run.reference = layer("identity", "{offset = 64 : i64, layout = #moe<layout " + layout +
                                        ">, panel = " + std::to_string(panel) +
                                        " : i64, depth = 3 : i64, columns = 3 : i64}");
  run.section.resize(16);
  run.section.insert(run.section.end(), weights.begin(), weights.end());
  ASSERT_EQ(run.verify(), 0) << run.message;
  EXPECT_EQ(run.result.max_error_ratio, 0);
}

// Panels of two columns: [g, panel, m, column], the fourth column is padding.
TEST(Verify, PanelsAreUnpacked) {
  expectIdentity("panels", 2, {1,      0, 0, 1, 0, 0, /**/ 0, 9, 0, 9, 1, 9,
                               /**/ 0, 0, 0, 1, 1, 0, /**/ 1, 9, 0, 9, 0, 9});
}

// Pairs along the depth: [g, panel, m / 2, column, m % 2], an odd depth is padded.
TEST(Verify, PairPanelsAreUnpacked) {
  expectIdentity("pair_panels", 4, {1,      0, 0, 1, 0, 0, 9, 9, /**/ 0, 9, 0, 9, 1, 9, 9, 9,
                                    /**/ 0, 0, 0, 1, 1, 0, 9, 9, /**/ 1, 9, 0, 9, 0, 9, 9, 9});
}

TEST(Verify, NoTokens) {
  LayerRun run;
  ASSERT_EQ(run.verify(0), 0) << run.message;
  EXPECT_EQ(run.result.rows_compared, 0);
  EXPECT_EQ(run.result.max_error_ratio, 0);
}

TEST(Verify, WeightsBeyondTheSectionAreRefused) {
  LayerRun run;
  run.section.pop_back();
  EXPECT_EQ(run.verify(), 1);
  EXPECT_NE(run.message.find("ends beyond the artifact's weight section"), std::string::npos)
      << run.message;
  run.reference = layer("identity", "");
  EXPECT_EQ(run.verify(), 1);
  EXPECT_NE(run.message.find("has no place"), std::string::npos) << run.message;
}

TEST(Verify, WhatIsNoReferenceIsRefused) {
  LayerRun run;
  run.reference = "module {}";
  EXPECT_EQ(run.verify(), 1);
  EXPECT_NE(run.message.find("has no module @reference"), std::string::npos) << run.message;
  run.reference = "\x00\x01 no module";
  EXPECT_EQ(run.verify(), 1);
  EXPECT_NE(run.message, "");
}

} // namespace
