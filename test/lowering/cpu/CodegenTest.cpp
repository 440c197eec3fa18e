//===- CodegenTest.cpp - Small programs, compiled and run -----------------===//
//
// Each test is a function of the linalg stage, run for every variant of this machine and compared
// with plain C++.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/cpu/Harness.h"
#include <algorithm>
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

/// |got - want| against what sums of `terms` products may lose in f32.
void expectNear(const std::vector<float> &got, const std::vector<double> &want, double terms,
                double magnitude = 1.0) {
  ASSERT_EQ(got.size(), want.size());
  double bound = 6e-8 * (terms + 4) * magnitude;
  for (size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], want[i], bound + 1e-6 * std::fabs(want[i])) << "at " << i;
}

TEST_P(Codegen, SoftmaxOfRows) {
  auto code = compile(R"(
    #id = affine_map<(d0, d1) -> (d0, d1)>
    #row = affine_map<(d0, d1) -> (d0)>
    func.func @main(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %lowest = arith.constant 0xFF800000 : f32
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?x?xf32>
      %m = tensor.dim %x, %c1 : tensor<?x?xf32>
      %er = tensor.empty(%n) : tensor<?xf32>
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %i0 = linalg.fill ins(%lowest : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
      %top = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<?x?xf32>) outs(%i0 : tensor<?xf32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.maximumf %a, %o : f32
        linalg.yield %r : f32
      } -> tensor<?xf32>
      %exp = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
          ins(%x, %top : tensor<?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%a: f32, %t: f32, %o: f32):
        %d = arith.subf %a, %t : f32
        %r = math.exp %d : f32
        linalg.yield %r : f32
      } -> tensor<?x?xf32>
      %i1 = linalg.fill ins(%zero : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
      %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
          ins(%exp : tensor<?x?xf32>) outs(%i1 : tensor<?xf32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.addf %a, %o : f32
        linalg.yield %r : f32
      } -> tensor<?xf32>
      %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
          ins(%exp, %sum : tensor<?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%a: f32, %t: f32, %o: f32):
        %r = arith.divf %a, %t : f32
        linalg.yield %r : f32
      } -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  for (auto [rows, columns] :
       {std::pair<int64_t, int64_t>{1, 8}, {5, 16}, {300, 37}, {3, 1000}, {0, 4}}) {
    std::vector<float> x = noise(rows * columns);
    std::vector<double> want;
    for (int64_t r = 0; r < rows; ++r) {
      double sum = 0;
      for (int64_t c = 0; c < columns; ++c)
        sum += std::exp(x[r * columns + c]);
      for (int64_t c = 0; c < columns; ++c)
        want.push_back(std::exp(x[r * columns + c]) / sum);
    }
    Call run;
    run.outputBytes = {4};
    run.threads = 2;
    auto y = code->run({Tensor({rows, columns}, x)}, run);
    expectNear(y[0].as<float>(), want, columns);
    EXPECT_EQ(run.blocksHeld, 0u);
  }
}

/// A token's row must have the same bits in any batch and for any number of threads.
TEST_P(Codegen, RowsDoNotDependOnTheBatch) {
  auto code = compile(R"(
    #id = affine_map<(d0, d1) -> (d0, d1)>
    #row = affine_map<(d0, d1) -> (d0)>
    func.func @main(%x: tensor<?x61xf32>, %w: tensor<61x83xf32>) -> (tensor<?x83xf32>, tensor<?xf32>) {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?x61xf32>
      %e = tensor.empty(%n) : tensor<?x83xf32>
      %i = linalg.fill ins(%zero : f32) outs(%e : tensor<?x83xf32>) -> tensor<?x83xf32>
      %y = linalg.matmul ins(%x, %w : tensor<?x61xf32>, tensor<61x83xf32>) outs(%i : tensor<?x83xf32>) -> tensor<?x83xf32>
      %er = tensor.empty(%n) : tensor<?xf32>
      %ir = linalg.fill ins(%zero : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
      %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
          ins(%y : tensor<?x83xf32>) outs(%ir : tensor<?xf32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.addf %a, %o : f32
        linalg.yield %r : f32
      } -> tensor<?xf32>
      return %y, %sum : tensor<?x83xf32>, tensor<?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  const int64_t rows = 37;
  std::vector<float> x = noise(rows * 61), w = noise(61 * 83, 9);
  std::vector<double> want(rows * 83);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < 83; ++c)
      for (int64_t k = 0; k < 61; ++k)
        want[r * 83 + c] += static_cast<double>(x[r * 61 + k]) * w[k * 83 + c];
  Call many;
  many.outputBytes = {4, 4};
  many.threads = 3;
  auto all = code->run({Tensor({rows, 61}, x), Tensor({61, 83}, w)}, many);
  expectNear(all[0].as<float>(), want, 61, 8);
  for (int64_t r = 0; r < rows; ++r) {
    std::vector<float> row(x.begin() + r * 61, x.begin() + (r + 1) * 61);
    auto one = (*code)({Tensor({1, 61}, row), Tensor({61, 83}, w)}, 2);
    EXPECT_EQ(0, std::memcmp(one[0].bytes.data(), all[0].bytes.data() + r * 83 * 4, 83 * 4)) << r;
    EXPECT_EQ(0, std::memcmp(one[1].bytes.data(), all[1].bytes.data() + r * 4, 4)) << r;
  }
}

/// Attention's two products: one along the reduction, one along the columns.
TEST_P(Codegen, BatchedProducts) {
  auto code = compile(R"(
    #q = affine_map<(b, m, n, k) -> (b, m, k)>
    #k = affine_map<(b, m, n, k) -> (b, n, k)>
    #s = affine_map<(b, m, n, k) -> (b, m, n)>
    func.func @main(%q: tensor<3x?x20xf32>, %k: tensor<3x?x20xf32>) -> (tensor<3x?x?xf32>, tensor<3x?x20xf32>) {
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %m = tensor.dim %q, %c1 : tensor<3x?x20xf32>
      %n = tensor.dim %k, %c1 : tensor<3x?x20xf32>
      %e = tensor.empty(%m, %n) : tensor<3x?x?xf32>
      %i = linalg.fill ins(%zero : f32) outs(%e : tensor<3x?x?xf32>) -> tensor<3x?x?xf32>
      %s = linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
          ins(%q, %k : tensor<3x?x20xf32>, tensor<3x?x20xf32>) outs(%i : tensor<3x?x?xf32>) {
      ^bb0(%a: f32, %b: f32, %o: f32):
        %p = arith.mulf %a, %b : f32
        %r = arith.addf %o, %p : f32
        linalg.yield %r : f32
      } -> tensor<3x?x?xf32>
      %e2 = tensor.empty(%m) : tensor<3x?x20xf32>
      %i2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<3x?x20xf32>) -> tensor<3x?x20xf32>
      %y = linalg.batch_matmul ins(%s, %k : tensor<3x?x?xf32>, tensor<3x?x20xf32>)
                               outs(%i2 : tensor<3x?x20xf32>) -> tensor<3x?x20xf32>
      return %s, %y : tensor<3x?x?xf32>, tensor<3x?x20xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  for (auto [m, n] : {std::pair<int64_t, int64_t>{1, 1}, {5, 9}, {64, 33}}) {
    std::vector<float> q = noise(3 * m * 20), k = noise(3 * n * 20, 5);
    std::vector<double> s(3 * m * n), y(3 * m * 20);
    for (int64_t b = 0; b < 3; ++b)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          double &sum = s[(b * m + i) * n + j];
          for (int64_t d = 0; d < 20; ++d)
            sum += static_cast<double>(q[(b * m + i) * 20 + d]) * k[(b * n + j) * 20 + d];
          for (int64_t d = 0; d < 20; ++d)
            y[(b * m + i) * 20 + d] += sum * k[(b * n + j) * 20 + d];
        }
    auto got = (*code)({Tensor({3, m, 20}, q), Tensor({3, n, 20}, k)}, 2);
    EXPECT_EQ(got[0].shape, (std::vector<int64_t>{3, m, n}));
    expectNear(got[0].as<float>(), s, 20, 4);
    expectNear(got[1].as<float>(), y, 20 + n, 10);
  }
}

TEST_P(Codegen, TransposesAndReducesColumns) {
  auto code = compile(R"(
    #id = affine_map<(d0, d1) -> (d0, d1)>
    #column = affine_map<(d0, d1) -> (d1)>
    #none = affine_map<(d0, d1) -> ()>
    func.func @main(%x: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?xf32>, tensor<f32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?x?xf32>
      %m = tensor.dim %x, %c1 : tensor<?x?xf32>
      %e = tensor.empty(%m, %n) : tensor<?x?xf32>
      %t = linalg.transpose ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf32>) permutation = [1, 0]
      %ec = tensor.empty(%m) : tensor<?xf32>
      %ic = linalg.fill ins(%zero : f32) outs(%ec : tensor<?xf32>) -> tensor<?xf32>
      %c = linalg.generic {indexing_maps = [#id, #column], iterator_types = ["reduction", "parallel"]}
          ins(%x : tensor<?x?xf32>) outs(%ic : tensor<?xf32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.addf %a, %o : f32
        linalg.yield %r : f32
      } -> tensor<?xf32>
      %ea = tensor.empty() : tensor<f32>
      %ia = linalg.fill ins(%zero : f32) outs(%ea : tensor<f32>) -> tensor<f32>
      %all = linalg.generic {indexing_maps = [#id, #none], iterator_types = ["reduction", "reduction"]}
          ins(%x : tensor<?x?xf32>) outs(%ia : tensor<f32>) {
      ^bb0(%a: f32, %o: f32):
        %r = arith.addf %a, %o : f32
        linalg.yield %r : f32
      } -> tensor<f32>
      return %t, %c, %all : tensor<?x?xf32>, tensor<?xf32>, tensor<f32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  for (auto [n, m] : {std::pair<int64_t, int64_t>{7, 5}, {40, 100}, {1, 17}}) {
    std::vector<float> x = noise(n * m);
    std::vector<double> columns(m), all(1);
    for (int64_t i = 0; i < n * m; ++i) {
      columns[i % m] += x[i];
      all[0] += x[i];
    }
    auto got = (*code)({Tensor({n, m}, x)}, 3);
    std::vector<float> t = got[0].as<float>();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j)
        EXPECT_EQ(t[j * n + i], x[i * m + j]);
    expectNear(got[1].as<float>(), columns, n);
    expectNear(got[2].as<float>(), all, n * m);
    EXPECT_TRUE(got[2].shape.empty());
  }
}

TEST_P(Codegen, GathersRowsByIndex) {
  auto code = compile(R"(
    #ids = affine_map<(d0, d1) -> (d0)>
    #out = affine_map<(d0, d1) -> (d0, d1)>
    func.func @main(%table: tensor<?x?xf32>, %ids: tensor<?xi64>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %ids, %c0 : tensor<?xi64>
      %m = tensor.dim %table, %c1 : tensor<?x?xf32>
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %y = linalg.generic {indexing_maps = [#ids, #out], iterator_types = ["parallel", "parallel"]}
          ins(%ids : tensor<?xi64>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%id: i64, %o: f32):
        %r = arith.index_cast %id : i64 to index
        %c = linalg.index 1 : index
        %v = tensor.extract %table[%r, %c] : tensor<?x?xf32>
        linalg.yield %v : f32
      } -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  const int64_t n = 23, m = 37;
  std::vector<float> table = noise(50 * m);
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < n; ++i)
    ids.push_back((i * 17) % 50);
  auto y = (*code)({Tensor({50, m}, table), Tensor({n}, ids)})[0].as<float>();
  for (int64_t i = 0; i < n * m; ++i)
    EXPECT_EQ(y[i], table[ids[i / m] * m + i % m]);
}

/// Loads that jump from lane to lane.
TEST_P(Codegen, GathersAlongTheLastAxis) {
  auto code = compile(R"(
    #out = affine_map<(d0, d1) -> (d0, d1)>
    func.func @main(%x: tensor<?x?xf32>, %ids: tensor<?x?xi32>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %ids, %c0 : tensor<?x?xi32>
      %m = tensor.dim %ids, %c1 : tensor<?x?xi32>
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %y = linalg.generic {indexing_maps = [#out, #out], iterator_types = ["parallel", "parallel"]}
          ins(%ids : tensor<?x?xi32>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%id: i32, %o: f32):
        %r = linalg.index 0 : index
        %c = arith.index_cast %id : i32 to index
        %v = tensor.extract %x[%r, %c] : tensor<?x?xf32>
        linalg.yield %v : f32
      } -> tensor<?x?xf32>
      return %y : tensor<?x?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  const int64_t n = 5, m = 21, width = 9;
  std::vector<float> x = noise(n * width);
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < n * m; ++i)
    ids.push_back(static_cast<int32_t>((i * 7) % width));
  auto y = (*code)({Tensor({n, width}, x), Tensor({n, m}, ids)})[0].as<float>();
  for (int64_t i = 0; i < n * m; ++i)
    EXPECT_EQ(y[i], x[i / m * width + ids[i]]);
}

TEST_P(Codegen, TruthValuesAreBytes) {
  auto code = compile(R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>, %m: tensor<?xi1>) -> (tensor<?xi1>, tensor<?xf32>) {
      %c0 = arith.constant 0 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %e = tensor.empty(%n) : tensor<?xi1>
      %b = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%x, %m : tensor<?xf32>, tensor<?xi1>) outs(%e : tensor<?xi1>) {
      ^bb0(%a: f32, %t: i1, %o: i1):
        %p = arith.cmpf ogt, %a, %zero : f32
        %r = arith.xori %p, %t : i1
        linalg.yield %r : i1
      } -> tensor<?xi1>
      %ef = tensor.empty(%n) : tensor<?xf32>
      %y = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
          ins(%b, %x : tensor<?xi1>, tensor<?xf32>) outs(%ef : tensor<?xf32>) {
      ^bb0(%t: i1, %a: f32, %o: f32):
        %r = arith.select %t, %a, %zero : f32
        linalg.yield %r : f32
      } -> tensor<?xf32>
      return %b, %y : tensor<?xi1>, tensor<?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  std::vector<float> x = noise(45);
  std::vector<char> mask(45);
  for (size_t i = 0; i < mask.size(); ++i)
    mask[i] = i % 3 == 0;
  Call run;
  run.outputBytes = {1, 4};
  auto got = code->run({Tensor({45}, x), Tensor({45}, mask)}, run);
  std::vector<char> bits = got[0].as<char>();
  std::vector<float> y = got[1].as<float>();
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(bits[i], (x[i] > 0) != (mask[i] != 0));
    EXPECT_EQ(y[i], bits[i] ? x[i] : 0.0f);
  }
}

TEST_P(Codegen, LoopsAndBranchesOnTensors) {
  auto code = compile(R"(
    #id = affine_map<(d0) -> (d0)>
    func.func @main(%x: tensor<?xf32>, %steps: tensor<i64>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %s = tensor.extract %steps[] : tensor<i64>
      %count = arith.index_cast %s : i64 to index
      %r = scf.for %i = %c0 to %count step %c1 iter_args(%acc = %x) -> tensor<?xf32> {
        %two = arith.constant 2 : index
        %rem = arith.remui %i, %two : index
        %odd = arith.cmpi eq, %rem, %c1 : index
        %next = scf.if %odd -> tensor<?xf32> {
          %e = tensor.empty(%n) : tensor<?xf32>
          %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
              ins(%acc : tensor<?xf32>) outs(%e : tensor<?xf32>) {
          ^bb0(%a: f32, %o: f32):
            %v = arith.addf %a, %a : f32
            linalg.yield %v : f32
          } -> tensor<?xf32>
          scf.yield %y : tensor<?xf32>
        } else {
          scf.yield %acc : tensor<?xf32>
        }
        scf.yield %next : tensor<?xf32>
      }
      return %r : tensor<?xf32>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  std::vector<float> x = noise(19);
  for (int64_t steps : {0, 1, 2, 7}) {
    auto y = (*code)({Tensor({19}, x), Tensor({}, std::vector<int64_t>{steps})})[0].as<float>();
    for (size_t i = 0; i < x.size(); ++i)
      EXPECT_EQ(y[i], x[i] * static_cast<float>(1 << (steps / 2)));
  }
}

TEST_P(Codegen, LastIndexOfTheLargest) {
  // Two results of one reduction: no lanes, one element at a time.
  auto code = compile(R"(
    #id = affine_map<(d0, d1) -> (d0, d1)>
    #row = affine_map<(d0, d1) -> (d0)>
    func.func @main(%x: tensor<?x13xf32>) -> tensor<?xi64> {
      %c0 = arith.constant 0 : index
      %lowest = arith.constant 0xFF800000 : f32
      %first = arith.constant 0 : i64
      %n = tensor.dim %x, %c0 : tensor<?x13xf32>
      %ef = tensor.empty(%n) : tensor<?xf32>
      %ei = tensor.empty(%n) : tensor<?xi64>
      %f = linalg.fill ins(%lowest : f32) outs(%ef : tensor<?xf32>) -> tensor<?xf32>
      %i = linalg.fill ins(%first : i64) outs(%ei : tensor<?xi64>) -> tensor<?xi64>
      %r:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<?x13xf32>) outs(%f, %i : tensor<?xf32>, tensor<?xi64>) {
      ^bb0(%a: f32, %best: f32, %at: i64):
        %c = linalg.index 1 : index
        %here = arith.index_cast %c : index to i64
        %g = arith.cmpf ogt, %a, %best : f32
        %v = arith.select %g, %a, %best : f32
        %w = arith.select %g, %here, %at : i64
        linalg.yield %v, %w : f32, i64
      } -> (tensor<?xf32>, tensor<?xi64>)
      return %r#1 : tensor<?xi64>
    })",
                      GetParam());
  ASSERT_TRUE(code);
  std::vector<float> x = noise(40 * 13);
  auto y = (*code)({Tensor({40, 13}, x)}, 1, 8)[0].as<int64_t>();
  for (int64_t r = 0; r < 40; ++r)
    EXPECT_EQ(y[r],
              std::max_element(x.begin() + r * 13, x.begin() + (r + 1) * 13) - x.begin() - r * 13);
}

} // namespace
