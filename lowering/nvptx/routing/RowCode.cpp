//===- RowCode.cpp - Move rows into expert order and add them up again ----===//
//
// A thread has some columns of one row, 16 bytes where they can be read at once. Memory that came
// from elsewhere may begin anywhere: then it is read element by element.
//
//===----------------------------------------------------------------------===//

#include "lowering/nvptx/routing/RowCode.h"

using namespace mlir;
using namespace moe;

using Predicate = WarpCode::Predicate;

static constexpr int64_t kVectorBytes = 16;

static int64_t widest(int64_t columns, Type element) {
  int64_t most = kVectorBytes * 8 / element.getIntOrFloatBitWidth();
  if (ShapedType::isDynamic(columns))
    return 1;
  while (columns % most != 0)
    most /= 2;
  return most;
}

int64_t RowShape::columnsAtOnce() const {
  int64_t most = widest(columns, element);
  return resultType ? std::min(most, widest(columns, resultType)) : most;
}

/// This thread's first column (i64); `body` runs where it has one.
static void withColumns(WarpCode &code, const RoutingOperands &operands, int64_t atOnce,
                        llvm::function_ref<void(Value)> body) {
  Value part = NVVM::BlockIdYOp::create(code, code.getI32Type());
  Value place =
      code.add(code.mul(code.wide(part), code.i64(kRowThreads)), code.wide(code.thread()));
  Value column = code.mul(place, code.i64(atOnce));
  code.when(code.compare(Predicate::slt, column, operands.numColumns), [&] { body(column); });
}

/// Whether all memory begins where `kVectorBytes` bytes may be read at once.
static Value areAligned(WarpCode &code, ArrayRef<Array> arrays) {
  Value bits = code.i64(0);
  for (const Array &array : arrays) {
    Value address = LLVM::PtrToIntOp::create(code, code.getI64Type(), array.base);
    bits = arith::OrIOp::create(code, bits, address);
  }
  Value low = arith::AndIOp::create(code, bits, code.i64(kVectorBytes - 1));
  return code.compare(Predicate::eq, low, code.i64(0));
}

/// `body(column, count)` for the columns of this thread: at once, or one by one.
static void eachColumns(WarpCode &code, ArrayRef<Array> arrays, Value column, int64_t atOnce,
                        llvm::function_ref<void(Value, int64_t)> body) {
  if (atOnce == 1)
    return body(column, 1);
  Value aligned = areAligned(code, arrays);
  code.when(aligned, [&] { body(column, atOnce); });
  Value other = arith::XOrIOp::create(code, aligned, code.integer(code.getI1Type(), 1));
  code.when(other, [&] {
    code.each(column, code.add(column, code.i64(atOnce)), code.i64(1),
              [&](Value one) { body(one, 1); });
  });
}

static Value rowStart(WarpCode &code, const RoutingOperands &operands, Value row) {
  return code.mul(row, operands.numColumns);
}

static Type withCount(Type element, int64_t count) {
  return count == 1 ? element : Type(VectorType::get(count, element));
}

static Value zeros(WarpCode &code, Type type) {
  return arith::ConstantOp::create(code, cast<TypedAttr>(code.getZeroAttr(type)));
}

void moe::emitGatherRow(RoutingKernel &kernel, const RowShape &shape) {
  WarpCode &code = kernel.code;
  const RoutingOperands &operands = kernel.inside;
  // A copy keeps bits as they are, NaN and all.
  Type bits = code.getIntegerType(shape.element.getIntOrFloatBitWidth());
  Array slots = {operands.slots, code.getI32Type()}, tokens = {operands.tokens, bits},
        rows = {operands.rows, bits};
  int64_t atOnce = shape.columnsAtOnce();
  withColumns(code, operands, atOnce, [&](Value column) {
    Value row = code.wide(code.block()), slot = code.at(slots, row);
    Value isPlace = code.compare(Predicate::sge, slot, code.i32(0));
    Value token = code.div(slot, code.i32(shape.choices));
    eachColumns(code, {tokens, rows}, column, atOnce, [&](Value at, int64_t count) {
      auto read = [&] {
        Value from = code.add(rowStart(code, operands, code.wide(token)), at);
        return code.vectorAt(tokens, from, count);
      };
      Value copied = code.when(isPlace, read, zeros(code, withCount(bits, count)));
      code.putVector(copied, rows, code.add(rowStart(code, operands, row), at));
    });
  });
}

namespace {

/// One token's sum.
class TokenSum {
public:
  TokenSum(RoutingKernel &kernel, const RowShape &shape)
      : code(kernel.code), operands(kernel.inside), shape(shape),
        sumType(shape.element.isF64() ? shape.element : Type(code.getF32Type())),
        rows{operands.rows, shape.element}, result{operands.result, shape.resultType},
        token(code.wide(code.block())), firstSlot(code.mul(token, code.i64(shape.choices))) {}

  void emit() {
    int64_t atOnce = shape.columnsAtOnce();
    withColumns(code, operands, atOnce, [&](Value column) {
      eachColumns(code, {rows, result}, column, atOnce,
                  [&](Value at, int64_t count) { emitColumns(at, count); });
    });
  }

private:
  void emitColumns(Value column, int64_t count) {
    Type type = withCount(sumType, count);
    auto add = [&](Value j, ValueRange sum) -> WarpCode::Values {
      return {addRow(code.add(firstSlot, j), column, count, sum[0])};
    };
    Value sum = code.loop(code.i64(0), code.i64(shape.choices), 1, zeros(code, type), add)[0];
    Value rounded = code.toFloat(sum, withCount(shape.resultType, count));
    code.putVector(rounded, result, code.add(rowStart(code, operands, token), column));
  }

  Value addRow(Value slot, Value column, int64_t count, Value sum) {
    // Whoever made the slots may have had fewer tokens.
    Value isKnown = code.compare(Predicate::slt, slot, operands.numSlots);
    auto read = [&] { return code.at({operands.rowOf, code.getI32Type()}, slot); };
    Value place = code.when(isKnown, read, code.i32(-1));
    Value weight = code.toFloat(code.at({operands.weights, shape.weightType}, slot), sumType);
    // A dropped slot reads some row and throws it away; where a token is, there is a row.
    Value row = arith::MaxSIOp::create(code, place, code.i32(0));
    Value from = code.add(rowStart(code, operands, code.wide(row)), column);
    Value values = code.toFloat(code.vectorAt(rows, from, count), withCount(sumType, count));
    Value more = LLVM::FMAOp::create(code, splat(weight, count), values, sum);
    Value isThere = code.compare(Predicate::sge, place, code.i32(0));
    return code.select(isThere, more, sum);
  }

  Value splat(Value number, int64_t count) {
    if (count == 1)
      return number;
    Value all = LLVM::PoisonOp::create(code, withCount(number.getType(), count));
    for (int64_t i = 0; i < count; ++i)
      all = LLVM::InsertElementOp::create(code, all, number, code.i32(i));
    return all;
  }

  WarpCode &code;
  const RoutingOperands &operands;
  const RowShape &shape;
  Type sumType;
  Array rows, result;
  Value token, firstSlot;
};

} // namespace

void moe::emitCombineToken(RoutingKernel &kernel, const RowShape &shape) {
  TokenSum(kernel, shape).emit();
}

/// This thread's number among all (i64).
static Value numberOf(WarpCode &code) {
  return code.add(code.mul(code.wide(code.block()), code.i64(kRowThreads)),
                  code.wide(code.thread()));
}

void moe::emitClearRowOf(RoutingKernel &kernel, int64_t choices) {
  WarpCode &code = kernel.code;
  Value slot = numberOf(code), count = code.mul(kernel.inside.numTokens, code.i64(choices));
  code.when(code.compare(Predicate::slt, slot, count),
            [&] { code.put(code.i32(-1), {kernel.inside.rowOf, code.getI32Type()}, slot); });
}

void moe::emitRowOf(RoutingKernel &kernel, int64_t choices) {
  WarpCode &code = kernel.code;
  Value row = numberOf(code), count = code.mul(kernel.inside.numTokens, code.i64(choices));
  Array slots = {kernel.inside.slots, code.getI32Type()};
  code.when(code.compare(Predicate::slt, row, kernel.inside.numRows), [&] {
    // Seen without a sign, -1 lies beyond every slot.
    Value slot = code.wide(code.at(slots, row));
    code.when(code.compare(Predicate::ult, slot, count),
              [&] { code.put(code.narrow(row), {kernel.inside.rowOf, code.getI32Type()}, slot); });
  });
}
