//===- ProductTilesTest.cpp - Decisions of a device's tile choice, as a table ===//

#include "lowering/nvptx/ProductTiles.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace moe;

namespace {

struct Row {
  const char *name;
  ProductProblem problem;
  const char *many, *few;
};

constexpr auto tensor = ProductUnit::Tensor;
constexpr auto fma = ProductUnit::Fma;

// unit, groups, depth, columns, weights, bytes, aligned
const Row rows[] = {
    {"a wide product fills the registers",
     {tensor, 8, 4096, 14336, 1, 2, true},
     "128x256x32 by 2x4 warps, 4 stages",
     "16x128x64 by 1x4 warps, 4 stages"},
    {"two weights share a tile's columns",
     {tensor, 128, 2048, 768, 2, 2, true},
     "128x128x32 by 2x4 warps, 4 stages",
     "16x32x64 by 1x2 warps, 6 stages"},
    {"few columns are streamed by more blocks",
     {tensor, 8, 4096, 4096, 1, 2, true},
     "128x256x32 by 2x4 warps, 4 stages",
     "16x64x64 by 1x4 warps, 6 stages"},
    {"columns are not computed in vain",
     {tensor, 8, 512, 320, 1, 2, true},
     "128x64x32 by 4x2 warps, 4 stages",
     "16x64x64 by 1x4 warps, 6 stages"},
    {"a router",
     {tensor, 1, 4096, 8, 1, 2, true},
     "128x64x32 by 4x2 warps, 4 stages",
     "16x64x64 by 1x4 warps, 6 stages"},
    {"places of elements need registers",
     {tensor, 8, 4095, 14335, 1, 2, false},
     "128x128x32 by 2x4 warps, 4 stages",
     "16x128x64 by 1x4 warps, 4 stages"},
    {"tf32",
     {tensor, 8, 4096, 14336, 1, 4, true},
     "128x256x16 by 2x4 warps, 4 stages",
     "16x128x32 by 1x4 warps, 4 stages"},
    {"f32",
     {fma, 8, 4096, 14336, 1, 4, true},
     "128x128x16 by 16x16 threads, 3 stages",
     "16x128x32 by 4x32 threads, 4 stages"},
    {"f32 with two weights",
     {fma, 8, 4096, 14336, 2, 4, true},
     "128x64x16 by 16x16 threads, 3 stages",
     "16x64x32 by 4x32 threads, 4 stages"},
    {"f64",
     {fma, 8, 4096, 14336, 1, 8, true},
     "64x64x16 by 16x16 threads, 3 stages",
     "16x64x32 by 4x32 threads, 4 stages"},
};

std::string say(const ProductTile &tile) {
  std::string text;
  llvm::raw_string_ostream(text) << tile;
  return text;
}

TEST(ProductTiles, Table) {
  for (const Row &row : rows) {
    ProductPlan plan = chooseProductTiles(row.problem);
    EXPECT_EQ(say(plan.many), row.many) << row.name;
    EXPECT_EQ(say(plan.few), row.few) << row.name;
    EXPECT_EQ(plan.fewRows, 32) << row.name;
  }
}

/// What the emission relies on.
void expectEmittable(const ProductTile &tile, const ProductProblem &problem) {
  int64_t bytes = problem.elementBytes, threads = tile.threads();
  int64_t high = tile.rows / tile.unitRows, wide = tile.columns / tile.unitColumns;
  if (tile.unit == tensor) {
    EXPECT_EQ(high % 16, 0) << "fragments of rows";
    EXPECT_EQ(wide % 16, 0) << "pairs of fragments of columns";
    EXPECT_LE(high * wide * problem.weights, 4096) << "sums of a warp: 128 registers";
  } else {
    EXPECT_EQ(high * tile.unitRows, tile.rows);
    EXPECT_EQ(wide * tile.unitColumns, tile.columns);
    EXPECT_LE(high * wide * problem.weights * bytes, 256) << "sums of a thread: 64 registers";
  }
  EXPECT_EQ(high % (passFragments(tile, problem) * (tile.unit == tensor ? 16 : 1)), 0)
      << "whole passes";
  EXPECT_EQ(tile.columns % 8, 0) << "columns of a thread at the end";
  EXPECT_EQ(threads % 32, 0);
  EXPECT_LE(threads, 1024);
  for (int64_t across : {tile.columns / 8, tile.columns, tile.depth, tile.depth * bytes / 16})
    EXPECT_EQ(threads % across, 0) << "chunks of a row";
  EXPECT_GE(tile.stages, 3);
  EXPECT_EQ(stageBytes(tile, problem) % 16, 0);
  EXPECT_LE(sharedBytes(tile, problem), kMostSharedBytes);
}

TEST(ProductTiles, AllAreEmittable) {
  for (auto [unit, bytes] : {std::pair{tensor, 2}, {tensor, 4}, {fma, 4}, {fma, 8}})
    for (int64_t columns : {1, 8, 31, 32, 64, 96, 128, 200, 256, 264, 320, 768, 1000, 14336})
      for (int64_t weights = 1; weights <= kMostWeights; ++weights)
        for (bool aligned : {false, true}) {
          ProductProblem problem{unit, 8, 64, columns, weights, bytes, aligned};
          ProductPlan plan = chooseProductTiles(problem);
          SCOPED_TRACE(say(plan.many) + "; " + say(plan.few) + " for " + std::to_string(columns) +
                       " columns of " + std::to_string(weights) + " weights");
          expectEmittable(plan.many, problem);
          expectEmittable(plan.few, problem);
        }
}

} // namespace
