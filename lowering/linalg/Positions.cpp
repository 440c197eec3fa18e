//===- Positions.cpp - Which slot stands in which row ---------------------===//
//
// Counting, prefix sums, placing: three loops in slot order, so that the rows come out the same
// whatever runs beside them. They touch a number a slot; the rows themselves are moved in parallel.
//
//===----------------------------------------------------------------------===//

#include "lowering/linalg/MoeToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace moe;

/// R, as in `moe.dispatch` (C3).
static OpFoldResult numRowsFor(Emit &emit, OpFoldResult slots, const DispatchRule &rule) {
  if (std::optional<int64_t> known = getConstantIntValue(slots))
    return emit.getIndexAttr(paddedRows(*known, rule.experts, rule.tile));
  if (rule.tile == 1)
    return slots;
  Value tile = emit.index(rule.tile), more = emit.index(rule.experts * (rule.tile - 1));
  Value upper = arith::AddIOp::create(emit, emit.asValue(slots), more);
  return Value(arith::MulIOp::create(emit, arith::DivUIOp::create(emit, upper, tile), tile));
}

void moe::emitRangeCheck(Emit &emit, OpFoldResult slots, const DispatchRule &rule) {
  OpFoldResult rows = numRowsFor(emit, slots, rule);
  if (getConstantIntValue(rows))
    return;
  Value limit = emit.index(std::numeric_limits<int32_t>::max());
  Value fits = arith::CmpIOp::create(emit, arith::CmpIPredicate::ule, emit.asValue(rows), limit);
  cf::AssertOp::create(emit, fits, "too many tokens: rows in expert order exceed 32-bit positions");
}

namespace {

class PositionWriter {
public:
  PositionWriter(Emit &emit, Value experts, const DispatchRule &rule)
      : emit(emit), experts(experts), rule(rule), tokens(emit.size(experts, 0)),
        choices(emit.size(experts, 1)) {}

  std::array<Value, 2> write() {
    OpFoldResult rows = numRows();
    Value counts = countSlots();
    auto [offsets, cursor] = placeExperts(counts);
    return {placeSlots(rows, cursor), offsets};
  }

private:
  Value i32(int64_t value) { return emit.integer(emit.getI32Type(), value); }
  Value add(Value a, Value b) { return arith::AddIOp::create(emit, a, b); }
  Value mul(Value a, Value b) { return arith::MulIOp::create(emit, a, b); }

  /// All slots, in slot order or all first choices before all second ones.
  Emit::Values eachSlot(bool rankMajor, ValueRange carried,
                        llvm::function_ref<Emit::Values(Value, Value, ValueRange)> body) {
    Value outer = emit.asValue(rankMajor ? choices : tokens);
    Value inner = emit.asValue(rankMajor ? tokens : choices);
    return emit.loop(outer, carried, [&](Value a, ValueRange carried) {
      return emit.loop(inner, carried, [&](Value b, ValueRange carried) {
        return rankMajor ? body(b, a, carried) : body(a, b, carried);
      });
    });
  }

  OpFoldResult numRows() { return numRowsFor(emit, emit.product(tokens, choices), rule); }

  /// The bucket of a slot: its expert, or one after the last where it is dropped.
  std::pair<Value, Value> bucketOf(Value expert) {
    Value isKept =
        arith::CmpIOp::create(emit, arith::CmpIPredicate::ult, expert, i32(rule.experts));
    Value bucket = arith::SelectOp::create(emit, isKept, expert, i32(rule.experts));
    return {arith::IndexCastOp::create(emit, emit.getIndexType(), bucket), isKept};
  }

  /// Slots an expert; over capacity, the slot's expert in `experts` becomes -1.
  Value countSlots() {
    Value counts = emit.filled(OpFoldResult(emit.getIndexAttr(rule.experts + 1)), i32(0));
    if (!rule.capacity) {
      auto count = [&](Value t, Value j, ValueRange carried) -> Emit::Values {
        Value bucket = bucketOf(emit.at(experts, {t, j})).first;
        return {emit.put(add(emit.at(carried[0], bucket), i32(1)), carried[0], bucket)};
      };
      return eachSlot(false, counts, count)[0];
    }
    int64_t capacity = std::min<int64_t>(*rule.capacity, std::numeric_limits<int32_t>::max());
    auto keep = [&](Value t, Value j, ValueRange carried) -> Emit::Values {
      Value expert = emit.at(experts, {t, j});
      auto [bucket, isKept] = bucketOf(expert);
      Value before = emit.at(carried[0], bucket);
      Value hasRoom = arith::CmpIOp::create(emit, arith::CmpIPredicate::slt, before, i32(capacity));
      Value fits = arith::AndIOp::create(emit, isKept, hasRoom);
      Value after = add(before, arith::ExtUIOp::create(emit, emit.getI32Type(), fits));
      Value kept = arith::SelectOp::create(emit, fits, expert, i32(-1));
      return {emit.put(after, carried[0], bucket), emit.put(kept, carried[1], {t, j})};
    };
    Value kept = emit.empty({tokens, choices}, emit.getI32Type());
    Emit::Values results = eachSlot(rule.rankMajor, {counts, kept}, keep);
    experts = results[1];
    return results[0];
  }

  /// The first row of each expert, at a multiple of the tile, twice: to keep and to move along.
  std::array<Value, 2> placeExperts(Value counts) {
    Value offsets =
        emit.empty(OpFoldResult(emit.getIndexAttr(rule.experts + 1)), emit.getI32Type());
    Value cursor = emit.empty(OpFoldResult(emit.getIndexAttr(rule.experts + 1)), emit.getI32Type());
    auto place = [&](Value expert, ValueRange carried) -> Emit::Values {
      Value rows = emit.at(counts, expert);
      if (rule.tile > 1)
        rows = mul(arith::DivUIOp::create(emit, add(rows, i32(rule.tile - 1)), i32(rule.tile)),
                   i32(rule.tile));
      return {add(carried[0], rows), emit.put(carried[0], carried[1], expert),
              emit.put(carried[0], carried[2], expert)};
    };
    Emit::Values placed = emit.loop(emit.index(rule.experts), {i32(0), offsets, cursor}, place);
    return {emit.put(placed[0], placed[1], emit.index(rule.experts)), placed[2]};
  }

  /// The slot of each row, -1 where there is none.
  Value placeSlots(OpFoldResult rows, Value cursor) {
    auto place = [&](Value t, Value j, ValueRange carried) -> Emit::Values {
      Value bucket, isKept;
      std::tie(bucket, isKept) = bucketOf(emit.at(experts, {t, j}));
      auto putSlot = [&]() -> Emit::Values {
        Value row = emit.at(carried[1], bucket);
        Value slot = add(mul(t, emit.asValue(choices)), j);
        Value slot32 = arith::IndexCastOp::create(emit, emit.getI32Type(), slot);
        Value place = arith::IndexCastOp::create(emit, emit.getIndexType(), row);
        return {emit.put(slot32, carried[0], place),
                emit.put(add(row, i32(1)), carried[1], bucket)};
      };
      auto drop = [&]() -> Emit::Values { return {carried[0], carried[1]}; };
      return emit.when(isKept, putSlot, drop);
    };
    return eachSlot(false, {emit.filled(rows, i32(-1)), cursor}, place)[0];
  }

  Emit &emit;
  Value experts;
  const DispatchRule &rule;
  OpFoldResult tokens, choices;
};

} // namespace

std::array<Value, 2> moe::emitPositions(Emit &emit, Value experts, const DispatchRule &rule) {
  return PositionWriter(emit, experts, rule).write();
}
