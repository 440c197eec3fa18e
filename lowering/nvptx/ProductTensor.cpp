//===- ProductTensor.cpp - A stage multiplied by tensor instructions ------===//
//
// A warp multiplies fragments of 16 rows by fragments of 8 columns: mma.sync, 16 deep for 16-bit
// numbers and 8 deep for tf32. In its result a lane holds two columns of row `lane / 4` and of the
// row eight below.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductKernel.h"

using namespace mlir;
using namespace moe;

namespace {

/// A warp's place in the tile and its fragments.
struct Warp {
  explicit Warp(ProductFrame &f)
      : f(f), e(f.e), lane(e.rem(f.thread, 32)), height(f.tile.rows / f.tile.unitRows),
        width(f.tile.columns / f.tile.unitColumns) {
    Value warp = e.div(f.thread, 32);
    row = e.mul(e.div(warp, f.tile.unitColumns), height);
    column = e.mul(e.rem(warp, f.tile.unitColumns), width);
  }

  int64_t rowFragments() const { return height / 16; }
  int64_t columnFragments() const { return width / 8; }
  /// The first of four sums of a fragment.
  int64_t sumAt(int64_t weight, int64_t m, int64_t n) const {
    return ((weight * rowFragments() + m) * columnFragments() + n) * 4;
  }
  int64_t sums() const { return sumAt(int64_t(f.weights.size()), 0, 0); }

  SmallVector<Value> loadRows(Value stage, int64_t m, int64_t step);
  SmallVector<Value> loadColumns(Value part, int64_t pair, int64_t step);
  void multiply(ArrayRef<Value> rows, ArrayRef<Value> columns, MutableArrayRef<Value> sums);

  ProductFrame &f;
  ProductCode &e;
  Value lane;
  int64_t height, width;
  Value row, column; ///< the warp's first
};

} // namespace

/// Fragment `m` of rows at the depth's `step`: 16 rows of two chunks.
SmallVector<Value> Warp::loadRows(Value stage, int64_t m, int64_t step) {
  int64_t pitch = rowPitch(f.tile, f.elementBytes());
  Value within = e.rem(lane, 16);
  Value chunk = swizzle(e, within, e.add(e.div(lane, 16), step * 2), pitch / kChunkBytes);
  Value place = e.add(e.mul(e.add(row, within), pitch), e.mul(chunk, kChunkBytes));
  SmallVector<Value> parts =
      e.loadMatrices(e.behind(e.behind(stage, place), m * 16 * pitch), false);
  if (f.elementBytes() == 4)
    for (Value &part : parts)
      part = NVVM::ConvertFloatToTF32Op::create(e, e.getI32Type(),
                                                LLVM::BitcastOp::create(e, e.getF32Type(), part),
                                                NVVM::FPRoundingMode::RNA);
  return parts;
}

/// Two fragments of columns at the depth's `step`: two registers of the first, two of the second.
SmallVector<Value> Warp::loadColumns(Value part, int64_t pair, int64_t step) {
  int64_t pitch = weightPitch(f.tile, f.elementBytes());
  if (f.elementBytes() == 2) {
    Value within = e.rem(lane, 16);
    Value chunk = e.add(e.add(e.div(column, 8), e.div(lane, 16)), pair * 2);
    Value moved = swizzle(e, within, chunk, pitch / kChunkBytes);
    Value place = e.add(e.mul(within, pitch), e.mul(moved, kChunkBytes));
    return e.loadMatrices(e.behind(e.behind(part, place), step * 16 * pitch), true);
  }
  SmallVector<Value> parts;
  Value place = e.add(e.mul(e.rem(lane, 4), pitch), e.mul(e.add(column, e.div(lane, 4)), 4));
  Value start = e.behind(part, place);
  for (int64_t n : {0, 8})
    for (int64_t k : {0, 4}) {
      Value at = e.behind(start, (step * 8 + k) * pitch + (pair * 16 + n) * 4);
      parts.push_back(NVVM::ConvertFloatToTF32Op::create(
          e, e.getI32Type(), e.load(e.getF32Type(), at, 4), NVVM::FPRoundingMode::RNA));
    }
  return parts;
}

/// Adds the product of two fragments to four sums.
void Warp::multiply(ArrayRef<Value> rows, ArrayRef<Value> columns, MutableArrayRef<Value> sums) {
  FloatType element = f.design.element;
  // Only f16 has registers of a type of its own.
  auto typed = [&](ArrayRef<Value> registers) {
    SmallVector<Value> values(registers);
    if (element.isF16())
      for (Value &value : values)
        value = LLVM::BitcastOp::create(e, VectorType::get(2, element), value);
    return values;
  };
  SmallVector<Type> four(4, e.getF32Type());
  auto type = LLVM::LLVMStructType::getLiteral(e.getContext(), four);
  NVVM::MMATypes kind = element.isF32()    ? NVVM::MMATypes::tf32
                        : element.isBF16() ? NVVM::MMATypes::bf16
                                           : NVVM::MMATypes::f16;
  std::array<NVVM::MMALayout, 2> layouts = {NVVM::MMALayout::row, NVVM::MMALayout::col};
  Value result = NVVM::MmaOp::create(e, type, typed(rows), typed(columns), ValueRange(sums),
                                     ArrayRef<int64_t>{16, 8, element.isF32() ? 8 : 16},
                                     std::nullopt, std::nullopt, std::array{kind, kind}, layouts);
  for (int64_t i = 0; i < 4; ++i)
    sums[i] = LLVM::ExtractValueOp::create(e, result, i);
}

/// All fragments at the depth's `step`: of the rows, then of each weight.
static SmallVector<Value> loadFragments(Warp &warp, Value stage, int64_t step) {
  ProductFrame &f = warp.f;
  int64_t weightsAt = f.tile.rows * rowPitch(f.tile, f.elementBytes());
  int64_t weightBytes = f.tile.depth * weightPitch(f.tile, f.elementBytes());
  SmallVector<Value> fragments;
  for (int64_t m = 0; m < warp.rowFragments(); ++m)
    llvm::append_range(fragments, warp.loadRows(stage, m, step));
  for (int64_t weight = 0; weight < int64_t(f.weights.size()); ++weight) {
    Value part = f.e.behind(stage, weightsAt + weight * weightBytes);
    for (int64_t pair = 0; pair * 2 < warp.columnFragments(); ++pair)
      llvm::append_range(fragments, warp.loadColumns(part, pair, step));
  }
  return fragments;
}

/// Adds all products of fragments to the sums.
static void multiplyFragments(Warp &warp, ArrayRef<Value> fragments, MutableArrayRef<Value> sums) {
  int64_t weights = int64_t(warp.f.weights.size());
  for (int64_t m = 0; m < warp.rowFragments(); ++m)
    for (int64_t weight = 0; weight < weights; ++weight)
      for (int64_t n = 0; n < warp.columnFragments(); ++n) {
        int64_t column = weight * warp.columnFragments() + n;
        warp.multiply(fragments.slice(m * 4, 4),
                      fragments.slice(warp.rowFragments() * 4 + column * 2, 2),
                      sums.slice(warp.sumAt(weight, m, n), 4));
      }
}

SmallVector<Value> moe::tensorStart(ProductFrame &f, Value stage) {
  Warp warp(f);
  SmallVector<Value> start(warp.sums(), f.e.zero(f.e.getF32Type()));
  if (f.depth())
    llvm::append_range(start, loadFragments(warp, stage, 0));
  return start;
}

/// Fragments are read one step ahead, across stages too: tensor units never wait for them.
SmallVector<Value> moe::tensorStage(ProductFrame &f, const RingTurn &turn, ValueRange before) {
  Warp warp(f);
  SmallVector<Value> sums(before.take_front(warp.sums()));
  SmallVector<Value> fragments(before.drop_front(warp.sums()));
  int64_t steps = f.tile.depth * f.elementBytes() / (2 * kChunkBytes);
  for (int64_t step = 0; step < steps; ++step) {
    bool last = step + 1 == steps;
    if (last)
      turn.awaitNext();
    SmallVector<Value> ahead =
        loadFragments(warp, last ? turn.next : turn.stage, last ? 0 : step + 1);
    // Behind the first reads, which need not wait for its addresses.
    if (step == 0)
      turn.fill();
    multiplyFragments(warp, fragments, sums);
    fragments = ahead;
  }
  llvm::append_range(sums, fragments);
  return sums;
}

/// Two neighbours as one value.
static Value pairOf(ProductCode &e, Value first, Value second) {
  Value both = LLVM::PoisonOp::create(e, VectorType::get(2, first.getType()));
  both = LLVM::InsertElementOp::create(e, both, first, e.i32(0));
  return LLVM::InsertElementOp::create(e, both, second, e.i32(1));
}

void moe::tensorToSlab(ProductFrame &f, ValueRange sums, int64_t pass) {
  ProductCode &e = f.e;
  Warp warp(f);
  int64_t fragments = passFragments(f.tile, f.design.problem);
  // The warps' parts of a pass lie one behind the other.
  Value top = e.mul(e.div(warp.row, warp.height), fragments * 16);
  Value row = e.add(top, e.div(warp.lane, 4));
  Value column = e.add(warp.column, e.mul(e.rem(warp.lane, 4), 2));
  for (int64_t weight = 0; weight < int64_t(f.weights.size()); ++weight)
    for (int64_t m = 0; m < fragments; ++m)
      for (int64_t n = 0; n < warp.columnFragments(); ++n) {
        int64_t at = warp.sumAt(weight, pass * fragments + m, n);
        for (int64_t half : {0, 1})
          e.store(pairOf(e, sums[at + half * 2], sums[at + half * 2 + 1]),
                  slabPlace(f, weight, e.add(row, m * 16 + half * 8), e.add(column, n * 8)), 8);
      }
}
