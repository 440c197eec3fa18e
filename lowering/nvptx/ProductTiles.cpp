//===- ProductTiles.cpp - Which tiles a device's product is made of -------===//
//
// Many rows: sums fill the registers (64 x 64 of a warp), so that shared memory feeds the tensor
// units. Few rows: weights stream once, so that blocks are many and copies in flight are deep.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductTiles.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>

using namespace moe;

/// Columns of the whole result below which more and smaller blocks stream faster.
static constexpr int64_t kFewColumns = 8192;

/// Rows of a tile for few rows: a fragment.
static constexpr int64_t kFewRowsTile = 16;

static int64_t padded(int64_t columns, int64_t tile) { return llvm::alignTo(columns, tile); }

/// The widest of `widest`, / 2, .. `narrowest` that computes at most an eighth in vain.
static int64_t fittingColumns(int64_t columns, int64_t widest, int64_t narrowest) {
  int64_t least = padded(columns, narrowest);
  while (widest > narrowest && padded(columns, widest) > least + least / 8)
    widest /= 2;
  return widest;
}

/// Columns of each weight where all weights have `columns`.
static int64_t share(int64_t columns, int64_t weights) {
  return columns / static_cast<int64_t>(llvm::PowerOf2Ceil(weights));
}

static ProductTile manyTensor(const ProductProblem &p) {
  int64_t narrowest = std::max<int64_t>(32, share(64, p.weights));
  // What comes element by element needs registers for its places.
  int64_t widest = std::max(narrowest, share(p.aligned ? 256 : 128, p.weights));
  int64_t columns = fittingColumns(p.columns, widest, narrowest);
  int64_t all = columns * p.weights;
  // Four warps across need 16 columns of each weight, and two of them pay with enough rows only.
  bool wide = columns >= 64 && all > 64;
  int64_t depth = 64 / p.elementBytes;
  return {ProductUnit::Tensor, 128, columns, depth, 4, wide ? 2 : 4, wide ? 4 : 2};
}

static ProductTile fewTensor(const ProductProblem &p) {
  bool narrow = p.columns * p.weights <= kFewColumns;
  int64_t columns = std::max<int64_t>(32, share(narrow ? 64 : 128, p.weights));
  int64_t warps = std::min<int64_t>(4, columns / 16);
  int64_t all = columns * p.weights;
  int64_t depth = (all > 128 ? 64 : 128) / p.elementBytes;
  return {ProductUnit::Tensor, kFewRowsTile, columns, depth, all <= 64 ? 6 : 4, 1, warps};
}

static ProductTile manyFma(const ProductProblem &p) {
  int64_t most = p.elementBytes == 8 ? 64 : 128;
  int64_t columns = fittingColumns(p.columns, share(most, p.weights),
                                   std::max<int64_t>(8, share(most / 2, p.weights)));
  int64_t across = std::min<int64_t>(16, columns);
  return {ProductUnit::Fma, most, columns, 16, 3, 256 / across, across};
}

static ProductTile fewFma(const ProductProblem &p) {
  int64_t columns = share(128 * 4 / p.elementBytes, p.weights);
  int64_t across = std::min<int64_t>(32, columns);
  return {ProductUnit::Fma, kFewRowsTile, columns, 32, 4, 128 / across, across};
}

/// With fewer stages where so many are too large.
static ProductTile fitting(ProductTile tile, const ProductProblem &problem) {
  while (tile.stages > 3 && sharedBytes(tile, problem) > kMostSharedBytes)
    --tile.stages;
  return tile;
}

ProductPlan moe::chooseProductTiles(const ProductProblem &problem) {
  switch (problem.unit) {
  case ProductUnit::Tensor:
    return {fitting(manyTensor(problem), problem), fitting(fewTensor(problem), problem), 32};
  case ProductUnit::Fma:
    return {fitting(manyFma(problem), problem), fitting(fewFma(problem), problem), 32};
  }
  return {};
}

int64_t moe::rowPitch(const ProductTile &tile, int64_t elementBytes) {
  int64_t bytes = tile.depth * elementBytes;
  // Threads of a warp read several rows at once: swizzled for ldmatrix, apart by a chunk for fma.
  return tile.unit == ProductUnit::Tensor ? bytes : bytes + kChunkBytes;
}

int64_t moe::weightPitch(const ProductTile &tile, int64_t elementBytes) {
  int64_t bytes = tile.columns * elementBytes;
  // tf32 reads four rows of eight columns at once.
  bool apart = tile.unit == ProductUnit::Tensor && elementBytes == 4;
  return apart ? bytes + 8 * elementBytes : bytes;
}

int64_t moe::stageBytes(const ProductTile &tile, const ProductProblem &problem) {
  return tile.rows * rowPitch(tile, problem.elementBytes) +
         problem.weights * tile.depth * weightPitch(tile, problem.elementBytes);
}

/// Rows of a thread's fragment.
static int64_t fragmentRows(const ProductTile &tile) {
  return tile.unit == ProductUnit::Tensor ? 16 : 1;
}

/// Shared memory of the sums of so many row fragments.
static int64_t slabBytes(const ProductTile &tile, const ProductProblem &problem,
                         int64_t fragments) {
  int64_t rows = fragments * tile.unitRows * fragmentRows(tile);
  int64_t sumBytes = problem.elementBytes == 8 ? 8 : 4;
  return problem.weights * rows * (tile.columns + 8) * sumBytes;
}

int64_t moe::passFragments(const ProductTile &tile, const ProductProblem &problem) {
  int64_t all = tile.rows / tile.unitRows / fragmentRows(tile);
  int64_t fragments = std::min<int64_t>(tile.unit == ProductUnit::Tensor ? 2 : 4, all);
  int64_t ring = tile.stages * stageBytes(tile, problem);
  while (fragments > 1 && slabBytes(tile, problem, fragments) > ring)
    fragments /= 2;
  return fragments;
}

int64_t moe::passRows(const ProductTile &tile, const ProductProblem &problem) {
  return passFragments(tile, problem) * tile.unitRows * fragmentRows(tile);
}

int64_t moe::sharedBytes(const ProductTile &tile, const ProductProblem &problem) {
  int64_t sums = slabBytes(tile, problem, passFragments(tile, problem));
  return tile.rows * 8 + std::max(tile.stages * stageBytes(tile, problem), sums);
}

int64_t moe::mostBlocks(const ProductTile &tile) {
  // Few rows: the host's bound counts a tile for each group, and most have none, so that blocks
  // are enough for any GPU and no more. Many rows: the last tiles of all blocks end together.
  return tile.rows == kFewRowsTile ? 2048 : 1 << 16;
}

llvm::raw_ostream &moe::operator<<(llvm::raw_ostream &stream, const ProductTile &tile) {
  return stream << tile.rows << "x" << tile.columns << "x" << tile.depth << " by " << tile.unitRows
                << "x" << tile.unitColumns
                << (tile.unit == ProductUnit::Tensor ? " warps, " : " threads, ") << tile.stages
                << " stages";
}
