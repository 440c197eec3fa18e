//===- LoopsTest.cpp - Kernels of loops, run on the emulator --------------===//
//
// Numbers are small whole ones, so that sums are exact in any order and are compared as equal;
// sizes are those at which something ends: nothing, one, a warp, a block, a tile, and one beside
// each.
//
//===----------------------------------------------------------------------===//

#include "test/lowering/nvptx/Harness.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace moe::test;

namespace {

using Floats = std::vector<float>;

/// Whole numbers from -3 to 4 in an order without a pattern.
Floats whole(int64_t count, uint32_t seed = 1) {
  Floats values;
  for (int64_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    values.push_back(static_cast<float>(seed >> 29) - 3);
  }
  return values;
}

std::string moduleOf(const std::string &body) {
  return R"(
    #line = affine_map<(d0) -> (d0)>
    #plane = affine_map<(d0, d1) -> (d0, d1)>
    #turned = affine_map<(d0, d1) -> (d1, d0)>
    #row = affine_map<(d0, d1) -> (d0)>
    #column = affine_map<(d0, d1) -> (d1)>
    #all = affine_map<(d0, d1) -> ()>
    #left = affine_map<(d0, d1, d2) -> (d0, d2)>
    #right = affine_map<(d0, d1, d2) -> (d1, d2)>
    #out = affine_map<(d0, d1, d2) -> (d1, d0)>
  )" + body;
}

const std::pair<int64_t, int64_t> kPlanes[] = {{0, 5},  {5, 0},    {1, 1},   {31, 33},
                                               {33, 8}, {3, 1000}, {257, 64}};

TEST(Loops, ElementsAreBroadcastAndTurned) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?x?xf32>, %b: tensor<?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %x, %c0 : tensor<?x?xf32>
      %m = tensor.dim %x, %c1 : tensor<?x?xf32>
      %e = tensor.empty(%n, %m) : tensor<?x?xf32>
      %y = linalg.generic {indexing_maps = [#plane, #column, #plane], iterator_types = ["parallel", "parallel"]}
          ins(%x, %b : tensor<?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
      ^bb0(%a: f32, %c: f32, %o: f32):
        %s = arith.addf %a, %c : f32
        linalg.yield %s : f32
      } -> tensor<?x?xf32>
      %f = tensor.empty(%m, %n) : tensor<?x?xf32>
      %z = linalg.transpose ins(%y : tensor<?x?xf32>) outs(%f : tensor<?x?xf32>) permutation = [1, 0]
      return %y, %z : tensor<?x?xf32>, tensor<?x?xf32>
    })"));
  ASSERT_TRUE(program);
  for (auto [n, m] : kPlanes) {
    Floats x = whole(n * m), b = whole(m, 7), sums(n * m), turned(n * m);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j)
        sums[i * m + j] = turned[j * n + i] = x[i * m + j] + b[j];
    auto got = (*program)({Tensor({n, m}, x), Tensor({m}, b)});
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].as<float>(), sums);
    EXPECT_EQ(got[1].as<float>(), turned);
    EXPECT_EQ(got[1].shape, (std::vector<int64_t>{m, n}));
  }
}

/// Sums of rows, of columns and of all.
constexpr const char *kSums = R"(
  func.func @main(%x: tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<f32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f32
    %n = tensor.dim %x, %c0 : tensor<?x?xf32>
    %m = tensor.dim %x, %c1 : tensor<?x?xf32>
    %e = tensor.empty(%n) : tensor<?xf32>
    %f = tensor.empty(%m) : tensor<?xf32>
    %g = tensor.empty() : tensor<f32>
    %ze = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    %zf = linalg.fill ins(%zero : f32) outs(%f : tensor<?xf32>) -> tensor<?xf32>
    %zg = linalg.fill ins(%zero : f32) outs(%g : tensor<f32>) -> tensor<f32>
    %r = linalg.generic {indexing_maps = [#plane, #row], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<?x?xf32>) outs(%ze : tensor<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    } -> tensor<?xf32>
    %c = linalg.generic {indexing_maps = [#turned, #row], iterator_types = ["parallel", "reduction"]}
        ins(%x : tensor<?x?xf32>) outs(%zf : tensor<?xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    } -> tensor<?xf32>
    %t = linalg.generic {indexing_maps = [#plane, #all], iterator_types = ["reduction", "reduction"]}
        ins(%x : tensor<?x?xf32>) outs(%zg : tensor<f32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %o, %a : f32
      linalg.yield %s : f32
    } -> tensor<f32>
    return %r, %c, %t : tensor<?xf32>, tensor<?xf32>, tensor<f32>
  })";

TEST(Loops, SumsOfRowsColumnsAndAll) {
  auto program = compileForDevice(moduleOf(kSums));
  ASSERT_TRUE(program);
  for (auto [n, m] : kPlanes) {
    Floats x = whole(n * m), rows(n), columns(m), all(1);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j) {
        rows[i] += x[i * m + j];
        columns[j] += x[i * m + j];
        all[0] += x[i * m + j];
      }
    auto got = (*program)({Tensor({n, m}, x)});
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0].as<float>(), rows);
    EXPECT_EQ(got[1].as<float>(), columns);
    EXPECT_EQ(got[2].as<float>(), all);
  }
}

TEST(Loops, ASumIsTheSameInEveryBatch) {
  auto program = compileForDevice(moduleOf(kSums));
  ASSERT_TRUE(program);
  constexpr int64_t kRows = 40, kLength = 777;
  Floats x = noise(kRows * kLength);
  Floats together = (*program)({Tensor({kRows, kLength}, x)})[0].as<float>();
  for (int64_t row : {int64_t(0), int64_t(17), kRows - 1}) {
    Floats one(x.begin() + row * kLength, x.begin() + (row + 1) * kLength);
    EXPECT_EQ((*program)({Tensor({1, kLength}, one)})[0].as<float>()[0], together[row]);
  }
}

TEST(Loops, TheLargestAndItsPlace) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?xi64>) {
      %c0 = arith.constant 0 : index
      %least = arith.constant 0xFF800000 : f32
      %none = arith.constant -1 : i64
      %n = tensor.dim %x, %c0 : tensor<?x?xf32>
      %e = tensor.empty(%n) : tensor<?xf32>
      %f = tensor.empty(%n) : tensor<?xi64>
      %ze = linalg.fill ins(%least : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      %zf = linalg.fill ins(%none : i64) outs(%f : tensor<?xi64>) -> tensor<?xi64>
      %r:2 = linalg.generic {indexing_maps = [#plane, #row, #row], iterator_types = ["parallel", "reduction"]}
          ins(%x : tensor<?x?xf32>) outs(%ze, %zf : tensor<?xf32>, tensor<?xi64>) {
      ^bb0(%a: f32, %o: f32, %p: i64):
        %i = linalg.index 1 : index
        %at = arith.index_cast %i : index to i64
        %more = arith.cmpf ogt, %a, %o : f32
        %v = arith.select %more, %a, %o : f32
        %w = arith.select %more, %at, %p : i64
        linalg.yield %v, %w : f32, i64
      } -> (tensor<?xf32>, tensor<?xi64>)
      return %r#0, %r#1 : tensor<?xf32>, tensor<?xi64>
    })"));
  ASSERT_TRUE(program);
  for (auto [n, m] : kPlanes) {
    Floats x = whole(n * m), most(n, -INFINITY);
    std::vector<int64_t> place(n, -1);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < m; ++j)
        if (x[i * m + j] > most[i]) {
          most[i] = x[i * m + j];
          place[i] = j;
        }
    auto got = (*program)({Tensor({n, m}, x)});
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].as<float>(), most);
    EXPECT_EQ(got[1].as<int64_t>(), place);
  }
}

/// x by y in three forms: as it is, from 16-bit numbers, and with both operands along the depth
/// into a turned result.
constexpr const char *kProducts = R"(
  func.func @main(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>, %t: tensor<?x?xf32>, %z: tensor<?x?xf32>, %zt: tensor<?x?xf32>)
      -> (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %m = tensor.dim %x, %c0 : tensor<?x?xf32>
    %k = tensor.dim %x, %c1 : tensor<?x?xf32>
    %n = tensor.dim %y, %c1 : tensor<?x?xf32>
    %a = linalg.matmul ins(%x, %y : tensor<?x?xf32>, tensor<?x?xf32>) outs(%z : tensor<?x?xf32>) -> tensor<?x?xf32>
    %e = tensor.empty(%m, %k) : tensor<?x?xf16>
    %h = linalg.generic {indexing_maps = [#plane, #plane], iterator_types = ["parallel", "parallel"]}
        ins(%x : tensor<?x?xf32>) outs(%e : tensor<?x?xf16>) {
    ^bb0(%v: f32, %o: f16):
      %s = arith.truncf %v : f32 to f16
      linalg.yield %s : f16
    } -> tensor<?x?xf16>
    %f = tensor.empty(%k, %n) : tensor<?x?xf16>
    %g = linalg.generic {indexing_maps = [#plane, #plane], iterator_types = ["parallel", "parallel"]}
        ins(%y : tensor<?x?xf32>) outs(%f : tensor<?x?xf16>) {
    ^bb0(%v: f32, %o: f16):
      %s = arith.truncf %v : f32 to f16
      linalg.yield %s : f16
    } -> tensor<?x?xf16>
    %b = linalg.matmul ins(%h, %g : tensor<?x?xf16>, tensor<?x?xf16>) outs(%z : tensor<?x?xf32>) -> tensor<?x?xf32>
    %c = linalg.generic {indexing_maps = [#left, #right, #out], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%x, %t : tensor<?x?xf32>, tensor<?x?xf32>) outs(%zt : tensor<?x?xf32>) {
    ^bb0(%v: f32, %w: f32, %o: f32):
      %p = arith.mulf %v, %w : f32
      %s = arith.addf %o, %p : f32
      linalg.yield %s : f32
    } -> tensor<?x?xf32>
    return %a, %b, %c : tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
  })";

Floats turn(const Floats &x, int64_t rows, int64_t columns) {
  Floats turned(x.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      turned[j * rows + i] = x[i * columns + j];
  return turned;
}

TEST(Loops, ProductsOfAnySize) {
  auto program = compileForDevice(moduleOf(kProducts));
  ASSERT_TRUE(program);
  struct {
    int64_t m, n, k;
  } sizes[] = {{1, 1, 1},    {0, 3, 2},     {3, 4, 0},  {64, 64, 16},
               {65, 63, 17}, {31, 130, 33}, {130, 5, 1}};
  for (auto [m, n, k] : sizes) {
    Floats x = whole(m * k), y = whole(k * n, 3), z = whole(m * n, 5), want = z;
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t l = 0; l < k; ++l)
          want[i * n + j] += x[i * k + l] * y[l * n + j];
    auto got = (*program)({Tensor({m, k}, x), Tensor({k, n}, y), Tensor({n, k}, turn(y, k, n)),
                           Tensor({m, n}, z), Tensor({n, m}, turn(z, m, n))});
    ASSERT_EQ(got.size(), 3u);
    EXPECT_EQ(got[0].as<float>(), want) << m << "x" << n << "x" << k;
    EXPECT_EQ(got[1].as<float>(), want) << m << "x" << n << "x" << k;
    EXPECT_EQ(got[2].as<float>(), turn(want, m, n)) << m << "x" << n << "x" << k;
  }
}

/// Softmax of each row in a parallel loop, by way of a buffer, with the row's sum from a sequence.
std::string rows() {
  return moduleOf(R"(
    func.func @main(%x: tensor<?xTYPE>) -> tensor<?xTYPE> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?xTYPE>
      %m = tensor.dim %x, %c1 : tensor<?xTYPE>
      %e = tensor.empty(%n SIZE) : tensor<?xTYPE>
      %r = scf.forall (%i) in (%n) shared_outs(%o = %e) -> (tensor<?xTYPE>) {
        %row = tensor.extract_slice %x[%i, 0] [1, %m] [1, 1] : tensor<?xTYPE> to tensor<?xf32>
        %b = tensor.empty(%m) : tensor<?xf32>
        %d = linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
            ins(%row : tensor<?xf32>) outs(%b : tensor<?xf32>) {
        ^bb0(%a: f32, %u: f32):
          %s = arith.addf %a, %a : f32
          linalg.yield %s : f32
        } -> tensor<?xf32>
        %sum = scf.for %j = %c0 to %m step %c1 iter_args(%so = %zero) -> (f32) {
          %v = tensor.extract %d[%j] : tensor<?xf32>
          %next = arith.addf %so, %v : f32
          scf.yield %next : f32
        }
        %marked = tensor.insert %sum into %d[%c0] : tensor<?xf32>
        %w = tensor.empty(%m) : tensor<?xf32>
        %f = linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
            ins(%marked : tensor<?xf32>) outs(%w : tensor<?xf32>) {
        ^bb0(%a: f32, %u: f32):
          %s = arith.subf %a, %sum : f32
          linalg.yield %s : f32
        } -> tensor<?xf32>
        scf.forall.in_parallel {
          tensor.parallel_insert_slice %f into %o[%i, 0] [1, %m] [1, 1] : tensor<?xf32> into tensor<?xTYPE>
        }
      }
      return %r : tensor<?xTYPE>
    })");
}

std::string replaced(std::string text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

void expectRows(DeviceProgram &program, int64_t n, int64_t m) {
  Floats x = whole(n * m), want(n * m);
  for (int64_t i = 0; i < n; ++i) {
    float sum = 0;
    for (int64_t j = 0; j < m; ++j)
      sum += 2 * x[i * m + j];
    for (int64_t j = 0; j < m; ++j)
      want[i * m + j] = j == 0 ? 0 : 2 * x[i * m + j] - sum;
  }
  auto got = program({Tensor({n, m}, x)});
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].as<float>(), want) << n << "x" << m;
}

TEST(Loops, TurnsOfBlocksWithMemoryOfTheirOwn) {
  auto program = compileForDevice(replaced(replaced(rows(), "?xTYPE", "?x?xf32"), "SIZE", ", %m"));
  ASSERT_TRUE(program);
  // More turns than there are slices of memory, too.
  for (auto [n, m] : {std::pair(int64_t(0), int64_t(4)), {1, 1}, {3, 31}, {2, 1000}, {600, 3}})
    expectRows(*program, n, m);
}

TEST(Loops, TurnsOfThreads) {
  std::string text = replaced(rows(), "?xTYPE", "?x5xf32");
  text = replaced(text, "%n SIZE", "%n");
  text = replaced(text, "tensor.empty(%m) : tensor<?xf32>", "tensor.empty() : tensor<5xf32>");
  text = replaced(text, "[1, %m] [1, 1]", "[1, 5] [1, 1]");
  text = replaced(text, "tensor<?xf32>", "tensor<5xf32>");
  auto program = compileForDevice(text);
  ASSERT_TRUE(program);
  for (int64_t n : {0, 1, 31, 257, 1000})
    expectRows(*program, n, 5);
}

TEST(Loops, WhatIsSequential) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?x4xf32>, %ids: tensor<?xi64>) -> (tensor<?x4xf32>, tensor<?xi64>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %start = arith.constant 0 : i64
      %n = tensor.dim %x, %c0 : tensor<?x4xf32>
      %e = tensor.empty(%n) : tensor<?x4xf32>
      %b = tensor.empty() : tensor<1x4xf32>
      %none = linalg.fill ins(%zero : f32) outs(%b : tensor<1x4xf32>) -> tensor<1x4xf32>
      %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%so = %none, %o = %e) -> (tensor<1x4xf32>, tensor<?x4xf32>) {
        %row = tensor.extract_slice %x[%i, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<1x4xf32>
        %next = linalg.generic {indexing_maps = [#plane, #plane], iterator_types = ["parallel", "parallel"]}
            ins(%row : tensor<1x4xf32>) outs(%so : tensor<1x4xf32>) {
        ^bb0(%a: f32, %u: f32):
          %s = arith.addf %u, %a : f32
          linalg.yield %s : f32
        } -> tensor<1x4xf32>
        %w = tensor.insert_slice %next into %o[%i, 0] [1, 4] [1, 1] : tensor<1x4xf32> into tensor<?x4xf32>
        scf.yield %next, %w : tensor<1x4xf32>, tensor<?x4xf32>
      }
      %k = tensor.dim %ids, %c0 : tensor<?xi64>
      %f = tensor.empty(%k) : tensor<?xi64>
      %q:2 = scf.for %i = %c0 to %k step %c1 iter_args(%so = %start, %o = %f) -> (i64, tensor<?xi64>) {
        %v = tensor.extract %ids[%i] : tensor<?xi64>
        %next = arith.addi %so, %v : i64
        %w = tensor.insert %next into %o[%i] : tensor<?xi64>
        scf.yield %next, %w : i64, tensor<?xi64>
      }
      return %r#1, %q#1 : tensor<?x4xf32>, tensor<?xi64>
    })"));
  ASSERT_TRUE(program);
  for (int64_t n : {0, 1, 33}) {
    Floats x = whole(n * 4), want = x;
    std::vector<int64_t> ids, sums;
    for (int64_t i = 0; i < n; ++i) {
      ids.push_back(3 * i - 7);
      sums.push_back(ids.back() + (i ? sums.back() : 0));
      for (int64_t j = 0; i && j < 4; ++j)
        want[i * 4 + j] += want[i * 4 + j - 4];
    }
    auto got = (*program)({Tensor({n, 4}, x), Tensor({n}, ids)});
    ASSERT_EQ(got.size(), 2u);
    EXPECT_EQ(got[0].as<float>(), want);
    EXPECT_EQ(got[1].as<int64_t>(), sums);
  }
}

TEST(Loops, TurnsOfTheHostAroundLargeOperations) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c64 = arith.constant 64 : index
      %zero = arith.constant 0.0 : f32
      %m = tensor.dim %x, %c0 : tensor<?x?xf32>
      %k = tensor.dim %x, %c1 : tensor<?x?xf32>
      %n = tensor.dim %y, %c1 : tensor<?x?xf32>
      %e = tensor.empty(%m, %n) : tensor<?x?xf32>
      %r = scf.for %i = %c0 to %m step %c64 iter_args(%o = %e) -> (tensor<?x?xf32>) {
        %left = arith.subi %m, %i : index
        %some = arith.minsi %left, %c64 : index
        %rows = tensor.extract_slice %x[%i, 0] [%some, %k] [1, 1] : tensor<?x?xf32> to tensor<?x?xf32>
        %f = tensor.empty(%some, %n) : tensor<?x?xf32>
        %z = linalg.fill ins(%zero : f32) outs(%f : tensor<?x?xf32>) -> tensor<?x?xf32>
        %p = linalg.matmul ins(%rows, %y : tensor<?x?xf32>, tensor<?x?xf32>) outs(%z : tensor<?x?xf32>) -> tensor<?x?xf32>
        %w = tensor.insert_slice %p into %o[%i, 0] [%some, %n] [1, 1] : tensor<?x?xf32> into tensor<?x?xf32>
        scf.yield %w : tensor<?x?xf32>
      }
      return %r : tensor<?x?xf32>
    })"));
  ASSERT_TRUE(program);
  for (int64_t m : {0, 1, 64, 65, 130}) {
    const int64_t k = 9, n = 10;
    Floats x = whole(m * k), y = whole(k * n, 3), want(m * n);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t l = 0; l < k; ++l)
          want[i * n + j] += x[i * k + l] * y[l * n + j];
    auto got = (*program)({Tensor({m, k}, x), Tensor({k, n}, y)});
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].as<float>(), want);
  }
}

TEST(Loops, ASizeThatAKernelFinds) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      %one = arith.constant 1.0 : f32
      %n = tensor.dim %x, %c0 : tensor<?xf32>
      %found = scf.for %i = %c0 to %n step %c1 iter_args(%so = %c0) -> (index) {
        %v = tensor.extract %x[%i] : tensor<?xf32>
        %positive = arith.cmpf ogt, %v, %zero : f32
        %next = arith.addi %so, %c1 : index
        %now = arith.select %positive, %next, %so : index
        scf.yield %now : index
      }
      %e = tensor.empty(%found) : tensor<?xf32>
      %y = linalg.fill ins(%one : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      return %y : tensor<?xf32>
    })"));
  ASSERT_TRUE(program);
  for (int64_t n : {0, 1, 33, 1000}) {
    Floats x = whole(n);
    auto positive = std::count_if(x.begin(), x.end(), [](float v) { return v > 0; });
    auto got = (*program)({Tensor({n}, x)});
    ASSERT_EQ(got.size(), 1u);
    EXPECT_EQ(got[0].as<float>(), Floats(positive, 1));
  }
}

TEST(Loops, AFailedCheckInALoopIsTheRuns) {
  auto program = compileForDevice(moduleOf(R"(
    func.func @main(%x: tensor<?xi64>) -> tensor<?xi64> {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %n = tensor.dim %x, %c0 : tensor<?xi64>
      %e = tensor.empty(%n) : tensor<?xi64>
      %y = scf.for %i = %c0 to %n step %c1 iter_args(%o = %e) -> (tensor<?xi64>) {
        %v = tensor.extract %x[%i] : tensor<?xi64>
        %at = arith.index_cast %v : i64 to index
        %inside = arith.cmpi ult, %at, %n : index
        cf.assert %inside, "node \22scatter\22: an index is out of range"
        %w = tensor.insert %v into %o[%at] : tensor<?xi64>
        scf.yield %w : tensor<?xi64>
      }
      return %y : tensor<?xi64>
    })"));
  ASSERT_TRUE(program);
  auto got = (*program)({Tensor({3}, std::vector<int64_t>{2, 0, 1})});
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].as<int64_t>(), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_TRUE(program->run({Tensor({3}, std::vector<int64_t>{2, 3, 1})}).empty());
  EXPECT_NE(program->failure.find("node \"scatter\": an index is out of range"), std::string::npos);
}

} // namespace
