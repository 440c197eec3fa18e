//===- EntryTest.cpp - What a compiled module does beside computing --------===//
//
// Weights, observations, failures and memory go through the context; inputs are only read.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include <algorithm>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

class Entry : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Variants, Entry, testing::ValuesIn(hostVariants()),
                         [](const auto &info) { return info.param; });

TEST_P(Entry, WeightsObservationsAndFailures) {
  auto code = compile(R"(
    #id = affine_map<(d0) -> (d0)>
    module attributes {moe.layers = [{name = "l"}]} {
    func.func @main(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<4xf32>) {
      %c0 = arith.constant 0 : index
      %four = arith.constant 4 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %fits = arith.cmpi eq, %n, %four : index
      cf.assert %fits, "node \22add\22: expected 4 elements"
      %w = moe.weight [#moe.piece<"m" at 0 shape [4] strides [1]>] {offset = 64 : i64} : tensor<4xf32>
      moe.observe "l" logits %x {number = 1 : i32} : tensor<?xf32>
      %e = tensor.empty(%n) : tensor<?xf32>
      %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%x, %w : tensor<?xf32>, tensor<4xf32>) outs(%e : tensor<?xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %v = arith.mulf %a, %b : f32
        linalg.yield %v : f32
      } -> tensor<?xf32>
      return %y, %w : tensor<?xf32>, tensor<4xf32>
    }
    })",
                      GetParam());
  ASSERT_TRUE(code);
  std::vector<float> w = {2, 3, 5, 7};
  Call run;
  run.weights.resize(80);
  std::memcpy(run.weights.data() + 64, w.data(), 16);
  run.outputBytes = {4, 4};
  run.observeBytes = {4, 4};
  auto got = code->run({Tensor({4}, std::vector<float>{1, 10, 100, 1000})}, run);
  EXPECT_EQ(run.failure, "");
  EXPECT_EQ(got[0].as<float>(), (std::vector<float>{2, 30, 500, 7000}));
  EXPECT_EQ(got[1].as<float>(), w);
  EXPECT_TRUE(run.observed[0].bytes.empty());
  EXPECT_EQ(run.observed[1].as<float>(), (std::vector<float>{1, 10, 100, 1000}));
  code->run({Tensor({3}, std::vector<float>{1, 2, 3})}, run);
  EXPECT_EQ(run.failure, "node \"add\": expected 4 elements");
}

/// What is passed through or written in place must not touch inputs (the harness checks that), and
/// memory must go back.
TEST_P(Entry, InputsStayAndMemoryGoesBack) {
  auto code = compile(R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
      %one = arith.constant 1.0 : f32
      %a = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%x : tensor<?xf32>) {
      ^bb0(%o: f32):
        %v = arith.addf %o, %one : f32
        linalg.yield %v : f32
      } -> tensor<?xf32>
      %b = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%a : tensor<?xf32>) outs(%x : tensor<?xf32>) {
      ^bb0(%i: f32, %o: f32):
        %v = arith.mulf %i, %o : f32
        linalg.yield %v : f32
      } -> tensor<?xf32>
      return %x, %b : tensor<?xf32>, tensor<?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  std::vector<float> x = noise(5000);
  Call run;
  run.outputBytes = {4, 4};
  auto got = code->run({Tensor({5000}, x)}, run);
  EXPECT_EQ(got[0].as<float>(), x);
  std::vector<float> y = got[1].as<float>();
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_EQ(y[i], (x[i] + 1.0f) * x[i]);
  EXPECT_EQ(run.blocksHeld, 0u);
}

TEST_P(Entry, SameBytesEveryTime) {
  std::string text = R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %e = tensor.empty(%n) : tensor<?xf32>
      %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]} ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) {
      ^bb0(%i: f32, %o: f32):
        %v = math.tanh %i : f32
        linalg.yield %v : f32
      } -> tensor<?xf32>
      return %y : tensor<?xf32>
    })";
  auto a = compile(text, GetParam()), b = compile(text, GetParam());
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->bytes(), b->bytes());
}

/// The routing's own lowering, through threads: gather by slots, weights, sums in slot order.
TEST_P(Entry, RoutesAndCombines) {
  auto code = compile(R"(
    func.func @main(%logits: tensor<?x5xf32>, %x: tensor<?x19xf32>) -> (tensor<?x19xf32>, tensor<?x2xi32>) {
      %w, %e, %slots, %offsets = moe.route %logits <score = softmax, k = 2, normalize = true> {tile = 1 : i64}
          : tensor<?x5xf32> -> tensor<?x2xf32>, tensor<?x2xi32>, tensor<?xi32>, tensor<6xi32>
      %rows = moe.gather %x, %slots {k = 2 : i64} : tensor<?x19xf32>, tensor<?xi32> -> tensor<?x19xf32>
      %y = moe.combine %rows, %slots, %w : tensor<?x19xf32>, tensor<?xi32>, tensor<?x2xf32> -> tensor<?x19xf32>
      return %y, %e : tensor<?x19xf32>, tensor<?x2xi32>
    })",
                      GetParam(), "convert-moe-to-linalg{functions=true}");
  ASSERT_TRUE(code);
  for (int64_t tokens : {0, 1, 50}) {
    std::vector<float> logits = noise(tokens * 5), x = noise(tokens * 19, 3);
    Call run;
    run.outputBytes = {4, 4};
    run.threads = 2;
    auto got = code->run({Tensor({tokens, 5}, logits), Tensor({tokens, 19}, x)}, run);
    ASSERT_EQ(got.size(), 2u);
    std::vector<int32_t> experts = got[1].as<int32_t>();
    std::vector<float> y = got[0].as<float>();
    for (int64_t t = 0; t < tokens; ++t) {
      const float *row = logits.data() + t * 5;
      EXPECT_EQ(experts[t * 2], std::max_element(row, row + 5) - row);
      // Both rows of a token are the token and its weights add up to one.
      for (int64_t c = 0; c < 19; ++c)
        EXPECT_NEAR(y[t * 19 + c], x[t * 19 + c], 1e-6);
    }
  }
}

} // namespace
