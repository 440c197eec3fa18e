//===- CodegenTest.cpp - Small programs, compiled and run -----------------===//
//
// Each test is a function of the linalg stage, run for every variant of this machine and compared
// with plain C++.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

class Codegen : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Variants, Codegen, testing::ValuesIn(hostVariants()),
                         [](const auto &info) { return info.param; });

std::vector<float> ramp(size_t count, float from = -3.0f, float step = 0.37f) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = from + step * static_cast<float>(i % 41);
  return values;
}

TEST_P(Codegen, AddsElements) {
  auto code = compile(R"(
    #map = affine_map<(d0, d1) -> (d0, d1)>
    #bias = affine_map<(d0, d1) -> (d1)>
    func.func @main(%x: tensor<?x19xf32>, %b: tensor<19xf32>) -> tensor<?x19xf32> {
      %c0 = arith.constant 0 : index
      %n = tensor.dim %x, %c0 : tensor<?x19xf32>
      %e = tensor.empty(%n) : tensor<?x19xf32>
      %y = linalg.generic {indexing_maps = [#map, #bias, #map], iterator_types = ["parallel", "parallel"]}
          ins(%x, %b : tensor<?x19xf32>, tensor<19xf32>) outs(%e : tensor<?x19xf32>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %s = arith.addf %a, %c : f32
        linalg.yield %s : f32
      } -> tensor<?x19xf32>
      return %y : tensor<?x19xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  for (int64_t rows : {0, 1, 3, 70}) {
    std::vector<float> x = ramp(rows * 19), b = ramp(19, 1.0f);
    std::vector<float> y = (*code)({Tensor({rows, 19}, x), Tensor({19}, b)})[0].as<float>();
    ASSERT_EQ(y.size(), x.size());
    for (size_t i = 0; i < y.size(); ++i)
      EXPECT_EQ(y[i], x[i] + b[i % 19]);
  }
}

} // namespace
