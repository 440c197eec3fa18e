//===- RoutingTest.cpp - Kernels of routing against the CPU's code ---------===//
//
// A layer's routing without its experts, on the emulated device and on the CPU, whose code is
// tested against the reference. Additions have the same order on both: results are the same bits,
// but for what kind of NaN a NaN is.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/nvptx/Harness.h"
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace moe::test;

namespace {

struct Layer {
  std::string name;
  int64_t experts;
  int64_t k;
  std::string rule;            ///< fields of the gate rule behind k
  std::string attributes = ""; ///< of the route
  std::string score = "f32";   ///< of logits and weights
  std::string element = "f32"; ///< of tokens and rows
  int64_t hidden = 20;
  bool bias = false;
  std::vector<int64_t> tokens = {0, 1, 31, 33, 300};
};

std::ostream &operator<<(std::ostream &out, const Layer &layer) { return out << layer.name; }

const Layer layers[] = {
    {"softmax", 8, 2, "score = softmax, normalize = true", "tile = 8 : i64"},
    {"one_expert", 1, 1, "score = softmax", "tile = 4 : i64"},
    {"three_experts", 3, 3, "score = softmax, normalize = true", "tile = 8 : i64"},
    {"few_experts", 5, 5, "score = softmax, scale = 2.5 : f64", "tile = 1 : i64"},
    {"many_experts", 300, 8, "score = sigmoid, normalize = true, epsilon = 1.0e-6 : f64",
     "tile = 16 : i64", "f32", "f16", 24, true},
    {"thousands", 1300, 4, "score = softmax", "tile = 16 : i64", "f32", "f32", 7, false, {3, 140}},
    {"beyond_shared_memory",
     13000,
     2,
     "score = softmax, score_after = true",
     "tile = 2 : i64",
     "f32",
     "f32",
     7,
     false,
     {2, 130}},
    {"groups", 64, 6,
     "score = softmax, groups = 8, top_groups = 3, group_best = 1, scale = 16.0 : f64",
     "tile = 16 : i64", "f16", "f16", 64},
    {"groups_bias",
     256,
     8,
     "score = sigmoid, normalize = true, epsilon = 1.0e-20 : f64, scale = 2.5 : f64, groups = 8, "
     "top_groups = 4, group_best = 2",
     "tile = 16 : i64",
     "f32",
     "bf16",
     40,
     true,
     {1, 33, 200}},
    {"groups_outside", 8, 3,
     "score = sigmoid, groups = 4, top_groups = 2, group_best = 2, outside = 0.0 : f64",
     "tile = 1 : i64", "f32", "f32", 20, true},
    {"sqrt_softplus", 64, 6,
     "score = sqrt_softplus, normalize = true, least_sum = 7.0e-1 : f64, least_weight = 2.0e-1 : "
     "f64",
     "tile = 16 : i64", "bf16", "bf16", 16},
    {"score_after", 32, 4, "score = softmax, score_after = true", "tile = 8 : i64", "f16", "f16"},
    {"sparsemixer", 16, 2, "score = sparsemixer, jitter = 1.0e-2 : f64", "tile = 16 : i64"},
    {"doubles", 40, 3, "score = softmax, normalize = true", "tile = 1 : i64", "f64", "f64", 5},
    {"doubles_mixed", 40, 9, "score = identity, groups = 2, top_groups = 1, group_best = 3",
     "tile = 1 : i64", "f64", "f64", 6, true},
    {"capacity", 8, 2, "score = softmax", "tile = 4 : i64, capacity = 3 : i64"},
    {"capacity_one", 64, 8, "score = softmax", "tile = 1 : i64, capacity = 1 : i64"},
    {"rank_major", 8, 2, "score = softmax", "tile = 8 : i64, capacity = 9 : i64, rank_major"},
    {"rank_major_only", 8, 3, "score = softmax", "tile = 8 : i64, rank_major"},
    {"large_choice",
     64,
     40,
     "score = softmax, normalize = true",
     "tile = 2 : i64",
     "f32",
     "f32",
     1,
     false,
     {2, 140}},
};

class Routing : public testing::TestWithParam<Layer> {};

std::string replaced(std::string text,
                     const std::vector<std::pair<std::string, std::string>> &values) {
  for (const auto &[name, value] : values)
    for (size_t at; (at = text.find("$" + name + "$")) != std::string::npos;)
      text.replace(at, name.size() + 2, value);
  return text;
}

std::string moduleOf(const Layer &layer) {
  return replaced(
      R"(
func.func @main(%l: tensor<?x$E$x$S$>, %b: tensor<$E$xf32>, %x: tensor<?x$H$x$T$>)
    -> (tensor<?x$k$x$S$>, tensor<?x$k$xi32>, tensor<?xi32>, tensor<$E1$xi32>, tensor<?x$H$x$T$>, tensor<?x$H$x$T$>) {
  %w, %e, %s, %o = moe.route %l $bias$ <$rule$> {$attributes$}
      : tensor<?x$E$x$S$> -> tensor<?x$k$x$S$>, tensor<?x$k$xi32>, tensor<?xi32>, tensor<$E1$xi32>
  %rows = moe.gather %x, %s {k = $k$ : i64} : tensor<?x$H$x$T$>, tensor<?xi32> -> tensor<?x$H$x$T$>
  %y = moe.combine %rows, %s, %w : tensor<?x$H$x$T$>, tensor<?xi32>, tensor<?x$k$x$S$> -> tensor<?x$H$x$T$>
  return %w, %e, %s, %o, %rows, %y : tensor<?x$k$x$S$>, tensor<?x$k$xi32>, tensor<?xi32>, tensor<$E1$xi32>, tensor<?x$H$x$T$>, tensor<?x$H$x$T$>
})",
      {{"bias", layer.bias ? "bias %b : tensor<$E$xf32>" : ""},
       {"rule", "k = $k$, " + layer.rule},
       {"attributes", layer.attributes},
       {"E", std::to_string(layer.experts)},
       {"E1", std::to_string(layer.experts + 1)},
       {"k", std::to_string(layer.k)},
       {"S", layer.score},
       {"T", layer.element},
       {"H", std::to_string(layer.hidden)}});
}

/// `values` as numbers of a float type; those of 16 bits cut off, which is a number as good as any.
Tensor floats(const std::string &type, std::vector<int64_t> shape,
              const std::vector<float> &values) {
  if (type == "f32")
    return {shape, values};
  if (type == "f64")
    return {shape, std::vector<double>(values.begin(), values.end())};
  std::vector<uint16_t> bits;
  for (float value : values) {
    uint32_t single;
    std::memcpy(&single, &value, 4);
    if (type == "bf16") {
      bits.push_back(static_cast<uint16_t>(single >> 16));
      continue;
    }
    int exponent = static_cast<int>(single >> 23 & 255) - 127 + 15;
    uint32_t sign = single >> 16 & 0x8000, mantissa = single >> 13 & 0x3ff;
    if (std::isnan(value) || std::isinf(value))
      bits.push_back(static_cast<uint16_t>(sign | 0x7c00 | (std::isnan(value) ? 0x200 : 0)));
    else
      bits.push_back(static_cast<uint16_t>(
          exponent <= 0 ? sign : sign | static_cast<uint32_t>(exponent) << 10 | mantissa));
  }
  return {shape, bits};
}

/// Every NaN of `type` becomes the same.
Tensor withOneNan(Tensor tensor, const std::string &type) {
  size_t width = tensor.size() ? tensor.bytes.size() / static_cast<size_t>(tensor.size()) : 1;
  for (size_t at = 0; at < tensor.bytes.size(); at += width) {
    uint64_t bits = 0;
    std::memcpy(&bits, &tensor.bytes[at], width);
    uint64_t infinity = type == "f64"   ? 0x7ff0000000000000
                        : type == "f32" ? 0x7f800000
                        : type == "f16" ? 0x7c00
                                        : 0x7f80;
    uint64_t sign = uint64_t{1} << (width * 8 - 1);
    if ((bits & ~sign) > infinity)
      bits = infinity | (infinity >> 1);
    std::memcpy(&tensor.bytes[at], &bits, width);
  }
  return tensor;
}

/// Logits with ties, both zeros, infinities and NaN in some tokens; in one all go to one expert.
std::vector<float> logitsFor(const Layer &layer, int64_t tokens) {
  std::vector<float> values = noise(static_cast<size_t>(tokens * layer.experts), 7);
  std::mt19937 random(static_cast<unsigned>(tokens));
  for (int64_t t = 0; t < tokens; ++t) {
    float *row = values.data() + t * layer.experts;
    for (int64_t e = 0; e < layer.experts; ++e)
      row[e] *= 4;
    unsigned expert = random() % static_cast<unsigned>(layer.experts);
    switch (t % 8) {
    case 0:
      std::fill(row, row + layer.experts, 0.5f);
      break;
    case 1:
      row[expert] = NAN;
      break;
    case 2:
      for (int64_t e = 0; e < layer.experts; ++e)
        row[e] = e % 2 ? 0.0f : -0.0f;
      break;
    case 3:
      row[expert] = t % 16 == 3 ? INFINITY : -INFINITY;
      break;
    default:
      row[0] = 6;
    }
  }
  return values;
}

TEST_P(Routing, SameBitsAsTheCpu) {
  const Layer &layer = GetParam();
  std::string text = moduleOf(layer);
  auto cpu = compile(text, hostVariants().front(), "convert-moe-to-linalg");
  auto device = compileForDevice(text, "convert-moe-to-linalg{functions=true}");
  ASSERT_TRUE(cpu && device);
  auto bytes = [](const std::string &type) {
    return static_cast<size_t>(type == "f64" ? 8 : type == "f32" ? 4 : 2);
  };
  const std::string types[] = {layer.score, "", "", "", layer.element, layer.element};
  const char *const names[] = {"weights", "experts", "slots", "offsets", "rows", "sums"};
  for (int64_t tokens : layer.tokens) {
    SCOPED_TRACE(std::to_string(tokens) + " tokens");
    std::vector<Tensor> inputs = {
        floats(layer.score, {tokens, layer.experts}, logitsFor(layer, tokens)),
        Tensor({layer.experts}, noise(static_cast<size_t>(layer.experts), 3)),
        floats(layer.element, {tokens, layer.hidden},
               noise(static_cast<size_t>(tokens * layer.hidden), 5))};
    Call run;
    run.outputBytes = {bytes(layer.score), 4, 4, 4, bytes(layer.element), bytes(layer.element)};
    std::vector<Tensor> expected = cpu->run(inputs, run), got = (*device)(inputs);
    ASSERT_EQ(run.failure, "");
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].shape, expected[i].shape) << names[i];
      bool same = types[i].empty() ? got[i].bytes == expected[i].bytes
                                   : withOneNan(got[i], types[i]).bytes ==
                                         withOneNan(expected[i], types[i]).bytes;
      EXPECT_TRUE(same) << names[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layers, Routing, testing::ValuesIn(layers),
                         [](const auto &info) { return info.param.name; });

/// Random ids of `experts`, some of them dropped already.
std::vector<int32_t> idsFor(int64_t slots, int experts) {
  std::mt19937 random(11);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < slots; ++i)
    ids.push_back(static_cast<int32_t>(random() % static_cast<unsigned>(experts + 1)) - 1);
  return ids;
}

/// Runs both; all outputs have 4 bytes an element and are the same bits.
void compareBoth(const std::string &text, const std::vector<std::vector<Tensor>> &runs) {
  auto cpu = compile(text, hostVariants().front(), "convert-moe-to-linalg");
  auto device = compileForDevice(text, "convert-moe-to-linalg{functions=true}");
  ASSERT_TRUE(cpu && device);
  for (const std::vector<Tensor> &inputs : runs) {
    SCOPED_TRACE(std::to_string(inputs[0].shape[0]) + " tokens");
    std::vector<Tensor> got = (*device)(inputs), expected = (*cpu)(inputs, got.size());
    ASSERT_FALSE(got.empty());
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(got[i].shape == expected[i].shape && got[i].bytes == expected[i].bytes)
          << "output " << i;
  }
}

/// Ids come from the graph; a sum's slots come from elsewhere, another's were made for fewer
/// tokens.
TEST(GivenRouting, SameBitsAsTheCpu) {
  std::vector<std::vector<Tensor>> runs;
  for (int64_t tokens : {0, 1, 33, 1100}) {
    std::vector<int32_t> slots;
    for (int64_t slot = tokens * 4 - 1; slot >= 0; --slot)
      slots.push_back(slot % 5 ? static_cast<int32_t>(slot) : -1);
    size_t elements = static_cast<size_t>(tokens * 4 * 12);
    runs.push_back(
        {Tensor({tokens, 4}, idsFor(tokens * 4, 8)), Tensor({tokens, 12}, noise(elements / 4, 5)),
         Tensor({tokens, 4}, noise(elements / 12, 6)), Tensor({tokens * 4, 12}, noise(elements, 8)),
         Tensor({tokens * 4}, slots), Tensor({tokens + 3, 4}, noise(elements / 12 + 12, 9))});
  }
  compareBoth(R"(
    func.func @main(%e: tensor<?x4xi32>, %x: tensor<?x12xf32>, %w: tensor<?x4xf32>, %rows: tensor<?x12xf32>, %slots: tensor<?xi32>, %w2: tensor<?x4xf32>)
        -> (tensor<?xi32>, tensor<9xi32>, tensor<?x12xf32>, tensor<?x12xf32>, tensor<?x12xf32>) {
      %r, %s, %o = moe.dispatch %x, %e {num_experts = 8 : i64, tile = 4 : i64}
          : tensor<?x12xf32>, tensor<?x4xi32> -> tensor<?x12xf32>, tensor<?xi32>, tensor<9xi32>
      %y = moe.combine %rows, %slots, %w : tensor<?x12xf32>, tensor<?xi32>, tensor<?x4xf32> -> tensor<?x12xf32>
      %y2 = moe.combine %r, %s, %w2 : tensor<?x12xf32>, tensor<?xi32>, tensor<?x4xf32> -> tensor<?x12xf32>
      return %s, %o, %r, %y, %y2 : tensor<?xi32>, tensor<9xi32>, tensor<?x12xf32>, tensor<?x12xf32>, tensor<?x12xf32>
    })",
              runs);
}

/// More slots than chunks have at the least; rank-major, where a chunk is no run of slots.
TEST(GivenRouting, ManySlots) {
  std::vector<std::vector<Tensor>> runs;
  for (int64_t tokens : {1025, 17000})
    runs.push_back({Tensor({tokens, 5}, idsFor(tokens * 5, 33))});
  compareBoth(R"(
    func.func @main(%e: tensor<?x5xi32>) -> (tensor<?xi32>, tensor<34xi32>, tensor<?xi32>, tensor<34xi32>) {
      %c0 = arith.constant 0 : index
      %t = tensor.dim %e, %c0 : tensor<?x5xi32>
      %x = tensor.empty(%t) : tensor<?x1xf32>
      %r, %s, %o = moe.dispatch %x, %e {num_experts = 33 : i64, tile = 16 : i64}
          : tensor<?x1xf32>, tensor<?x5xi32> -> tensor<?x1xf32>, tensor<?xi32>, tensor<34xi32>
      %r2, %s2, %o2 = moe.dispatch %x, %e {num_experts = 33 : i64, capacity = 700 : i64, rank_major}
          : tensor<?x1xf32>, tensor<?x5xi32> -> tensor<?x1xf32>, tensor<?xi32>, tensor<34xi32>
      return %s, %o, %s2, %o2 : tensor<?xi32>, tensor<34xi32>, tensor<?xi32>, tensor<34xi32>
    })",
              runs);
}

} // namespace
