//===- ProductEpilogue.cpp - From sums to results -------------------------===//
//
// Sums of some rows at a time go to a slab of shared memory, which is the ring's; from there each
// thread takes eight neighbouring columns, so that the epilogue's code stands few times in a
// kernel, columns are read once, and results leave in whole chunks. Rows behind the group's end are
// not stored: they are the next group's.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/ProductKernel.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moe;

/// Neighbouring columns of a thread.
static constexpr int64_t kWide = 8;

static FloatType accumulatorOf(ProductFrame &f) { return f.op().getAccumulatorType(); }

Value moe::slabPlace(ProductFrame &f, int64_t weight, Value row, Value column) {
  ProductCode &e = f.e;
  int64_t bytes = accumulatorOf(f).getWidth() / 8, pitch = (f.tile.columns + 8) * bytes;
  Value place = e.add(e.mul(row, pitch), e.mul(column, bytes));
  return e.behind(e.behind(f.ring(), place), weight * passRows(f.tile, f.design.problem) * pitch);
}

static void toSlab(ProductFrame &f, ValueRange sums, int64_t pass) {
  switch (f.tile.unit) {
  case ProductUnit::Tensor:
    return tensorToSlab(f, sums, pass);
  case ProductUnit::Fma:
    return fmaToSlab(f, sums, pass);
  }
}

/// The tile's row that lies in the slab's `row`.
static Value tileRow(ProductFrame &f, int64_t pass, Value row) {
  ProductCode &e = f.e;
  // Units of rows (warps) have their part of a pass each; threads stand next to each other.
  int64_t parts = f.tile.unit == ProductUnit::Tensor ? f.tile.unitRows : 1;
  int64_t part = passRows(f.tile, f.design.problem) / parts;
  Value top = e.mul(e.div(row, part), f.tile.rows / parts);
  return e.add(e.add(top, e.rem(row, part)), pass * part);
}

/// The epilogue's value for one column; `arguments` stand for the block's.
static Value applyEpilogue(ProductFrame &f, ValueRange arguments) {
  Block *block = f.op().getEpilogueBlock();
  if (!block)
    return arguments.front();
  IRMapping known;
  known.map(block->getArguments(), arguments);
  for (auto [there, here] : f.outside)
    known.map(there, here);
  for (Operation &op : *block)
    for (Value operand : op.getOperands())
      if (auto constant = operand.getDefiningOp<arith::ConstantOp>();
          constant && !known.contains(operand))
        known.map(operand, f.e.clone(*constant)->getResult(0));
  for (Operation &op : block->without_terminator())
    f.e.clone(op, known);
  return known.lookup(cast<YieldOp>(block->getTerminator()).getValue());
}

/// Column n + i, or the last one.
static Value columnAt(ProductFrame &f, Value n, int64_t i) {
  Value at = f.e.add(n, i);
  return f.columnCount() % kWide ? f.e.min(at, f.e.i32(f.columnCount() - 1)) : at;
}

/// The values of all column operands from column n on, extended.
static SmallVector<SmallVector<Value>> loadColumns(ProductFrame &f, Value n) {
  ProductCode &e = f.e;
  SmallVector<SmallVector<Value>> numbers;
  for (const DeviceView &column : f.columns) {
    Value group = e.mul(e.wide(f.group), column.strides[0]);
    SmallVector<Value> &into = numbers.emplace_back();
    for (int64_t i = 0; i < kWide; ++i) {
      Value place = e.add(group, e.mul(e.wide(columnAt(f, n, i)), column.strides[1]));
      Value number = e.load(column.element(), e.at(column.pointer, column.element(), place),
                            column.element().getIntOrFloatBitWidth() / 8);
      into.push_back(e.convert(number, accumulatorOf(f)));
    }
  }
  return numbers;
}

/// The results of row `row` of the slab from column `column` on.
static SmallVector<Value> results(ProductFrame &f, Value row, Value column,
                                  ArrayRef<SmallVector<Value>> columns) {
  ProductCode &e = f.e;
  FloatType type = accumulatorOf(f);
  int64_t bytes = type.getWidth() / 8, each = kChunkBytes / bytes;
  SmallVector<SmallVector<Value>> arguments(kWide);
  for (int64_t weight = 0; weight < int64_t(f.weights.size()); ++weight)
    for (int64_t from = 0; from < kWide; from += each) {
      Value place = e.behind(slabPlace(f, weight, row, column), from * bytes);
      Value chunk = e.load(VectorType::get(each, type), place, kChunkBytes);
      for (int64_t i = 0; i < each; ++i)
        arguments[from + i].push_back(LLVM::ExtractElementOp::create(e, chunk, e.i32(i)));
    }
  SmallVector<Value> numbers;
  for (int64_t i = 0; i < kWide; ++i) {
    for (const SmallVector<Value> &column : columns)
      arguments[i].push_back(column[i]);
    numbers.push_back(e.convert(applyEpilogue(f, arguments[i]), f.init.element()));
  }
  return numbers;
}

/// Stores a row's results from column n on.
static void storeResults(ProductFrame &f, ArrayRef<Value> numbers, Value row, Value n) {
  ProductCode &e = f.e;
  Type element = f.init.element();
  int64_t bytes = element.getIntOrFloatBitWidth() / 8;
  Value place = e.add(e.mul(row, f.init.strides[0]), e.mul(e.wide(n), f.init.strides[1]));
  Value start = e.at(f.init.pointer, element, place);
  if (f.design.chunkStores) {
    int64_t each = kChunkBytes / bytes;
    for (int64_t from = 0; from < kWide; from += each) {
      Value chunk = LLVM::PoisonOp::create(e, VectorType::get(each, element));
      for (int64_t i = 0; i < each; ++i)
        chunk = LLVM::InsertElementOp::create(e, chunk, numbers[from + i], e.i32(i));
      e.store(chunk, e.behind(start, from * bytes), kChunkBytes);
    }
    return;
  }
  for (int64_t i = 0; i < kWide; ++i)
    e.when(e.less(e.add(n, i), f.columnCount()),
           [&] { e.store(numbers[i], e.at(start, element, e.mul(f.init.strides[1], i)), bytes); });
}

/// All results of the rows in the slab.
static void fromSlab(ProductFrame &f, int64_t pass) {
  ProductCode &e = f.e;
  int64_t across = f.tile.columns / kWide;
  Value column = e.mul(e.rem(f.thread, across), kWide);
  Value n = e.add(f.column, column);
  e.when(e.less(n, f.columnCount()), [&] {
    SmallVector<SmallVector<Value>> columns = loadColumns(f, n);
    e.loop(e.div(f.thread, across), e.i32(passRows(f.tile, f.design.problem)),
           f.tile.threads() / across, [&](Value row) {
             Value target = e.add(f.first, e.wide(tileRow(f, pass, row)));
             e.when(e.less(target, f.end),
                    [&] { storeResults(f, results(f, row, column, columns), target, n); });
           });
  });
}

void moe::emitResults(ProductFrame &f, ValueRange sums) {
  int64_t units = f.tile.unit == ProductUnit::Tensor ? 16 : 1;
  int64_t passes = f.tile.rows / f.tile.unitRows / units / passFragments(f.tile, f.design.problem);
  for (int64_t pass = 0; pass < passes; ++pass) {
    toSlab(f, sums, pass);
    f.e.barrier();
    fromSlab(f, pass);
    // Before the next pass, or the block's next tile, writes there.
    f.e.barrier();
  }
}
