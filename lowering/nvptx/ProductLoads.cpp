//===- ProductLoads.cpp - From global memory to a stage -------------------===//
//
// Each thread brings the same places of every stage. Rows are found through their row index here:
// nothing gathers them before. What lies outside of the operands becomes zero.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductKernel.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// Row starts that a thread keeps in registers; more are read again from shared memory.
static constexpr int64_t kMostKept = 4;

namespace {

/// Part of a stage: `height` x `width` elements, as chunks that threads share.
struct Part {
  int64_t height, width;
  int64_t chunk; ///< elements that come at once
  int64_t threads;

  int64_t across() const { return width / chunk; }
  /// Rows between two chunks of a thread.
  int64_t step() const { return threads / across(); }
  int64_t turns() const { return llvm::divideCeil(height, step()); }
};

} // namespace

static int64_t chunkOf(ProductFrame &f, LoadForm form) {
  return form == LoadForm::Chunks ? kChunkBytes / f.elementBytes() : 1;
}

static Part rowsPart(ProductFrame &f) {
  return {f.tile.rows, f.tile.depth, chunkOf(f, f.design.rows), f.tile.threads()};
}

static Part weightPart(ProductFrame &f) {
  return {f.tile.depth, f.tile.columns, chunkOf(f, f.design.weights), f.tile.threads()};
}

//===----------------------------------------------------------------------===//
// Where rows start
//===----------------------------------------------------------------------===//

/// The start of row `row` (i64) of the product in the memref of rows; -1 for zeros.
static Value rowStart(ProductFrame &f, Value row) {
  ProductCode &e = f.e;
  if (!f.rowIndex)
    return e.mul(row, f.rows.strides[0]);
  Value index = e.loadPosition(f.rowIndex, row);
  Value source = e.div(index, static_cast<int64_t>(f.op().getDivisor()));
  return e.select(e.less(index, 0), e.i64(-1), e.mul(source, f.rows.strides[0]));
}

void moe::emitRowStarts(ProductFrame &f) {
  ProductCode &e = f.e;
  e.loop(f.thread, e.i32(f.tile.rows), f.tile.threads(), [&](Value at) {
    Value row = e.add(f.first, e.wide(at));
    Value within = e.less(row, f.end);
    auto branch = scf::IfOp::create(e, TypeRange{e.getI64Type()}, within, true);
    {
      OpBuilder::InsertionGuard guard(e);
      e.setInsertionPointToStart(branch.thenBlock());
      scf::YieldOp::create(e, rowStart(f, row));
      e.setInsertionPointToStart(branch.elseBlock());
      scf::YieldOp::create(e, e.i64(-1));
    }
    e.store(branch.getResult(0), e.at(f.shared, e.getI64Type(), at), 8);
  });
}

static Value loadRowStart(ProductFrame &f, Value row) {
  return f.e.load(f.e.getI64Type(), f.e.at(f.shared, f.e.getI64Type(), row), 8);
}

void moe::keepRowStarts(ProductFrame &f) {
  ProductCode &e = f.e;
  Part part = rowsPart(f);
  if (part.turns() > kMostKept)
    return;
  for (int64_t turn = 0; turn < part.turns(); ++turn) {
    Value row = e.add(e.div(f.thread, part.across()), turn * part.step());
    // Threads without a place in the last turn read no further than the table.
    f.rowStarts.push_back(loadRowStart(f, e.min(row, e.i32(f.tile.rows - 1))));
  }
}

//===----------------------------------------------------------------------===//
// One place
//===----------------------------------------------------------------------===//

/// Brings a chunk from `source`, or zeros where `valid` does not hold.
static void bring(ProductFrame &f, LoadForm form, Type from, Value source, Value target,
                  Value valid) {
  ProductCode &e = f.e;
  int64_t bytes = form == LoadForm::Chunks ? kChunkBytes : f.elementBytes();
  switch (form) {
  case LoadForm::Chunks:
  case LoadForm::Elements:
    e.copyAsync(target, source, bytes, e.select(valid, e.i32(bytes), e.i32(0)));
    return;
  case LoadForm::Converts: {
    Value number = e.valueWhen(valid, f.design.element, [&] {
      Value found = e.load(from, source, from.getIntOrFloatBitWidth() / 8);
      return e.convert(found, f.design.element);
    });
    e.store(number, target, f.elementBytes());
    return;
  }
  }
}

/// The place of an element in a part whose rows are `pitch` bytes apart.
static Value placeIn(ProductFrame &f, Value part, Value row, Value element, int64_t width,
                     int64_t pitch) {
  ProductCode &e = f.e;
  int64_t bytes = f.elementBytes(), each = kChunkBytes / bytes;
  Value start = e.mul(row, pitch);
  if (pitch != width * bytes || f.tile.unit == ProductUnit::Fma)
    return e.behind(part, e.add(start, e.mul(element, bytes)));
  Value chunk = swizzle(e, row, e.div(element, each), width / each);
  Value within = e.mul(e.rem(element, each), bytes);
  return e.behind(part, e.add(e.add(start, e.mul(chunk, kChunkBytes)), within));
}

/// Calls `body(turn, row, column)` for each chunk of this thread.
static void forChunks(ProductFrame &f, const Part &part,
                      llvm::function_ref<void(int64_t, Value, Value)> body) {
  ProductCode &e = f.e;
  Value column = e.mul(e.rem(f.thread, part.across()), part.chunk);
  Value first = e.div(f.thread, part.across());
  for (int64_t turn = 0; turn < part.turns(); ++turn) {
    Value row = e.add(first, turn * part.step());
    if ((turn + 1) * part.step() <= part.height)
      body(turn, row, column);
    else
      e.when(e.less(row, part.height), [&] { body(turn, row, column); });
  }
}

static void fillRows(ProductFrame &f, Value stage, Value from) {
  ProductCode &e = f.e;
  Part part = rowsPart(f);
  int64_t pitch = rowPitch(f.tile, f.elementBytes());
  forChunks(f, part, [&](int64_t turn, Value row, Value column) {
    Value start = f.rowStarts.empty() ? loadRowStart(f, row) : f.rowStarts[turn];
    Value k = e.add(from, column), valid = e.less(e.i64(-1), start);
    if (f.depth() % f.tile.depth)
      valid = e.both(valid, e.less(k, f.depth()));
    // A copy of nothing has an address too, and it must be aligned.
    Value place = e.add(e.max(start, e.i64(0)), e.mul(e.wide(k), f.rows.strides[1]));
    Value source = e.at(f.rows.pointer, f.rows.element(), place);
    bring(f, f.design.rows, f.rows.element(), source,
          placeIn(f, stage, row, column, part.width, pitch), valid);
  });
}

static void fillWeight(ProductFrame &f, const DeviceView &weight, Value target, Value from) {
  ProductCode &e = f.e;
  Part part = weightPart(f);
  int64_t pitch = weightPitch(f.tile, f.elementBytes());
  Value base = e.at(weight.pointer, weight.element(), e.mul(e.wide(f.group), weight.strides[0]));
  forChunks(f, part, [&](int64_t, Value row, Value column) {
    Value k = e.add(from, row), n = e.add(f.column, column);
    Value valid = e.less(n, f.columnCount());
    if (f.depth() % f.tile.depth)
      valid = e.both(valid, e.less(k, f.depth()));
    Value place = e.add(e.mul(e.wide(k), weight.strides[1]), e.mul(e.wide(n), weight.strides[2]));
    bring(f, f.design.weights, weight.element(), e.at(base, weight.element(), place),
          placeIn(f, target, row, column, part.width, pitch), valid);
  });
}

void moe::emitFill(ProductFrame &f, Value stage, Value from) {
  ProductCode &e = f.e;
  fillRows(f, stage, from);
  int64_t place = f.tile.rows * rowPitch(f.tile, f.elementBytes());
  for (const DeviceView &weight : f.weights) {
    fillWeight(f, weight, e.behind(stage, place), from);
    place += f.tile.depth * weightPitch(f.tile, f.elementBytes());
  }
}
