//===- ProductFma.cpp - A stage multiplied by fused multiply-adds ---------===//
//
// A thread sums up a grid of rows, spread over the tile, and of columns, in vectors. Every sum is a
// chain of fused multiply-adds in ascending depth, as it is on a CPU: the same bits.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductKernel.h"

using namespace mlir;
using namespace moe;

namespace {

/// A thread's place in the tile.
struct Grid {
  explicit Grid(ProductFrame &f)
      : f(f), e(f.e), rows(f.tile.rows / f.tile.unitRows),
        columns(f.tile.columns / f.tile.unitColumns), deep(kChunkBytes / f.elementBytes()),
        wide(std::min(columns, deep)), row(e.div(f.thread, f.tile.unitColumns)),
        column(e.mul(e.rem(f.thread, f.tile.unitColumns), wide)) {}

  int64_t sumAt(int64_t weight, int64_t row, int64_t column) const {
    return (weight * rows + row) * columns + column;
  }
  int64_t sums() const { return sumAt(int64_t(f.weights.size()), 0, 0); }

  /// `count` elements of shared memory, one by one.
  SmallVector<Value> load(Value place, int64_t count);
  SmallVector<SmallVector<Value>> loadRows(Value stage, int64_t from);
  SmallVector<Value> loadColumns(Value part, int64_t k);

  ProductFrame &f;
  ProductCode &e;
  int64_t rows, columns;
  int64_t deep; ///< elements of a chunk along the depth
  int64_t wide; ///< neighbouring columns
  Value row, column;
};

} // namespace

SmallVector<Value> Grid::load(Value place, int64_t count) {
  if (count == 1)
    return {e.load(f.design.element, place, f.elementBytes())};
  Value all = e.load(VectorType::get(count, f.design.element), place, count * f.elementBytes());
  SmallVector<Value> numbers;
  for (int64_t i = 0; i < count; ++i)
    numbers.push_back(LLVM::ExtractElementOp::create(e, all, e.i32(i)));
  return numbers;
}

/// A chunk along the depth of each row.
SmallVector<SmallVector<Value>> Grid::loadRows(Value stage, int64_t from) {
  int64_t pitch = rowPitch(f.tile, f.elementBytes());
  Value start = e.behind(stage, e.mul(row, pitch));
  SmallVector<SmallVector<Value>> numbers;
  for (int64_t i = 0; i < rows; ++i)
    numbers.push_back(
        load(e.behind(start, i * f.tile.unitRows * pitch + from * f.elementBytes()), deep));
  return numbers;
}

/// All columns at depth `k`.
SmallVector<Value> Grid::loadColumns(Value part, int64_t k) {
  Value start = e.behind(part, e.mul(column, f.elementBytes()));
  SmallVector<Value> numbers;
  for (int64_t at = 0; at < columns; at += wide) {
    int64_t place =
        k * weightPitch(f.tile, f.elementBytes()) + at * f.tile.unitColumns * f.elementBytes();
    llvm::append_range(numbers, load(e.behind(start, place), wide));
  }
  return numbers;
}

SmallVector<Value> moe::fmaStart(ProductFrame &f) {
  return SmallVector<Value>(Grid(f).sums(), f.e.zero(f.design.element));
}

SmallVector<Value> moe::fmaStage(ProductFrame &f, const RingTurn &turn, ValueRange before) {
  Grid grid(f);
  SmallVector<Value> sums(before);
  int64_t weightsAt = f.tile.rows * rowPitch(f.tile, f.elementBytes());
  int64_t weightBytes = f.tile.depth * weightPitch(f.tile, f.elementBytes());
  for (int64_t from = 0; from < f.tile.depth; from += grid.deep) {
    SmallVector<SmallVector<Value>> rows = grid.loadRows(turn.stage, from);
    if (from == 0)
      turn.fill();
    for (int64_t k = 0; k < grid.deep; ++k)
      for (int64_t weight = 0; weight < int64_t(f.weights.size()); ++weight) {
        Value part = f.e.behind(turn.stage, weightsAt + weight * weightBytes);
        SmallVector<Value> columns = grid.loadColumns(part, from + k);
        for (int64_t i = 0; i < grid.rows; ++i)
          for (int64_t j = 0; j < grid.columns; ++j) {
            Value &sum = sums[grid.sumAt(weight, i, j)];
            sum = LLVM::FMAOp::create(f.e, rows[i][k], columns[j], sum);
          }
      }
  }
  turn.awaitNext();
  return sums;
}

void moe::fmaToSlab(ProductFrame &f, ValueRange sums, int64_t pass) {
  ProductCode &e = f.e;
  Grid grid(f);
  int64_t fragments = passFragments(f.tile, f.design.problem);
  for (int64_t weight = 0; weight < int64_t(f.weights.size()); ++weight)
    for (int64_t i = 0; i < fragments; ++i)
      for (int64_t j = 0; j < grid.columns; ++j) {
        int64_t group = j / grid.wide * f.tile.unitColumns * grid.wide;
        Value place = slabPlace(f, weight, e.add(grid.row, i * f.tile.unitRows),
                                e.add(grid.column, group + j % grid.wide));
        e.store(sums[grid.sumAt(weight, pass * fragments + i, j)], place, f.elementBytes());
      }
}
