//===- ProductTiles.h - Which tiles a device's product is made of -*- C++ -*-===//
//
// The decision apart from the emission: a pure function from a small description of the product to
// two tiles, one for many rows of a group and one for few; which of them runs is known at launch.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_LOWERING_NVPTX_PRODUCTTILES_H
#define MOE_LOWERING_NVPTX_PRODUCTTILES_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace llvm {
class raw_ostream;
} // namespace llvm

namespace moe {

/// Shared memory that a block may have on every GPU of the target's generation.
inline constexpr int64_t kMostSharedBytes = 99 * 1024;
/// Weights that accumulate side by side.
inline constexpr int64_t kMostWeights = 8;
/// Bytes of a copy, and of a column of banks that a swizzle moves.
inline constexpr int64_t kChunkBytes = 16;

/// What multiplies.
enum class ProductUnit {
  Tensor, ///< mma.sync: f16, bf16, and f32 as tf32
  Fma,    ///< fused multiply-adds of the accumulator's type
};

/// What the choice depends on.
struct ProductProblem {
  ProductUnit unit = ProductUnit::Tensor;
  int64_t groups = 1, depth = 0, columns = 0, weights = 1;
  int64_t elementBytes = 2; ///< of what lies in shared memory
  bool aligned = true;      ///< copies of whole chunks reach shared memory
};

/// One block's part of the result, and how its threads share it.
struct ProductTile {
  ProductUnit unit = ProductUnit::Tensor;
  int64_t rows = 0;
  int64_t columns = 0; ///< of each weight
  int64_t depth = 0;   ///< of a stage
  int64_t stages = 0;  ///< of the ring in shared memory
  /// Warps (tensor) or threads (fma) along the rows and along the columns.
  int64_t unitRows = 0, unitColumns = 0;

  int64_t threads() const {
    return unitRows * unitColumns * (unit == ProductUnit::Tensor ? 32 : 1);
  }
};

/// Bytes of a row of a stage's part of the rows, and of a weight.
int64_t rowPitch(const ProductTile &tile, int64_t elementBytes);
int64_t weightPitch(const ProductTile &tile, int64_t elementBytes);
/// Bytes of a stage: the rows' part, then each weight's.
int64_t stageBytes(const ProductTile &tile, const ProductProblem &problem);
/// Fragments of rows of a thread that go through shared memory at once, and the rows they are.
int64_t passFragments(const ProductTile &tile, const ProductProblem &problem);
int64_t passRows(const ProductTile &tile, const ProductProblem &problem);
/// Dynamic shared memory of a block: where its rows start, then the ring or the finished sums.
int64_t sharedBytes(const ProductTile &tile, const ProductProblem &problem);

/// Blocks of a launch at most; each then takes several tiles.
int64_t mostBlocks(const ProductTile &tile);

struct ProductPlan {
  ProductTile many, few;
  /// `few` runs where a group has on average at most so many rows.
  int64_t fewRows = 0;
};

ProductPlan chooseProductTiles(const ProductProblem &problem);

/// "128x256x32 by 2x4 warps, 4 stages": for remarks and tests.
llvm::raw_ostream &operator<<(llvm::raw_ostream &stream, const ProductTile &tile);

} // namespace moe

#endif // MOE_LOWERING_NVPTX_PRODUCTTILES_H
