//===- PositionCode.cpp - Which slot stands in which row, by warps ---------===//

#include "lowering/nvptx/routing/PositionCode.h"

using namespace mlir;
using namespace moe;

using Predicate = WarpCode::Predicate;

PositionCode::PositionCode(WarpCode &code, const PositionShape &shape,
                           const RoutingOperands &operands)
    : code(code), shape(shape), numTokens(operands.numTokens), numRows(operands.numRows),
      chunkSize(operands.chunk), numChunks(operands.numChunks) {
  auto list = [&](Value base) { return Array{base, code.getI32Type()}; };
  experts = list(operands.experts);
  kept = list(operands.kept);
  slots = list(operands.slots);
  offsets = list(operands.offsets);
  rowOf = list(operands.rowOf);
  counts = list(operands.counts);
  numSlots = code.mul(numTokens, code.i64(shape.choices));
}

Array PositionCode::countsOf(Value chunk) {
  return code.from(counts, code.mul(chunk, code.i64(shape.experts)));
}

/// The experts that the pass sees: behind the choice of what is kept, only the kept ones.
Array PositionCode::expertsOf(SlotPass pass) {
  return pass == SlotPass::Place && kept ? kept : experts;
}

void PositionCode::clearRows(Value first, Value step) {
  code.each(first, numRows, step, [&](Value row) { code.put(code.i32(-1), slots, row); });
}

/// The slot with the number `number` (i32) in the order of the pass: all first choices before all
/// second ones where the capacity says so.
Value PositionCode::slotAt(SlotPass pass, Value number) {
  if (pass == SlotPass::Place || !shape.rankMajor)
    return number;
  Value tokens = code.narrow(numTokens), choice = code.div(number, tokens);
  Value token = code.sub(number, code.mul(choice, tokens));
  return code.add(code.mul(token, code.i32(shape.choices)), choice);
}

/// 32 slots a step. Lanes of one expert stand behind each other in the order of their slots; the
/// last of them counts them all.
void PositionCode::eachSlot(SlotPass pass, Value chunk, Array counters, SlotFn body) {
  Value lane = code.lane(), one = code.i32(1), begin = code.mul(chunk, chunkSize);
  Value end = arith::MinUIOp::create(code, code.add(begin, chunkSize), numSlots);
  Value before = code.sub(arith::ShLIOp::create(code, one, lane), one);
  code.each(begin, end, code.i64(kWarpLanes), [&](Value first) {
    Value number = code.add(first, code.wide(lane));
    Slot slot;
    slot.isThere = code.compare(Predicate::slt, number, end);
    slot.number = slotAt(pass, code.narrow(number));
    auto read = [&] { return code.at(expertsOf(pass), code.wide(slot.number)); };
    slot.expert = code.when(slot.isThere, read, code.i32(-1));
    slot.isOfExpert = code.compare(Predicate::ult, slot.expert, code.i32(shape.experts));
    Value same = code.lanesWithSame(slot.expert);
    Value isLast = code.compare(Predicate::eq, arith::ShRUIOp::create(code, same, lane), one);
    auto count = [&] { return code.at(counters, slot.expert); };
    Value counted = code.when(slot.isOfExpert, count, code.i32(0));
    slot.rank = code.add(counted, code.countBits(arith::AndIOp::create(code, same, before)));
    code.syncWarp();
    code.when(code.both(slot.isOfExpert, isLast),
              [&] { code.put(code.add(slot.rank, one), counters, slot.expert); });
    code.syncWarp();
    body(slot);
  });
}

void PositionCode::countChunk(SlotPass pass, Value chunk, Array counters) {
  Array stored = countsOf(chunk), running = counters ? counters : stored;
  code.eachOfLane(shape.experts, [&](Value e) { code.put(code.i32(0), running, e); });
  code.syncWarp();
  eachSlot(pass, chunk, running, [](const Slot &) {});
  if (counters)
    code.eachOfLane(shape.experts, [&](Value e) { code.put(code.at(running, e), stored, e); });
  code.syncWarp();
}

/// The most slots of an expert that the pass lets through; behind the choice of what is kept all.
std::optional<int64_t> PositionCode::limitOf(SlotPass pass) {
  if (!shape.capacity || (pass == SlotPass::Place && kept))
    return std::nullopt;
  return std::min<int64_t>(*shape.capacity, std::numeric_limits<int32_t>::max());
}

void PositionCode::placeChunk(SlotPass pass, Value chunk, Array counters) {
  Array stored = countsOf(chunk), running = counters ? counters : stored;
  if (counters)
    code.eachOfLane(shape.experts, [&](Value e) { code.put(code.at(stored, e), running, e); });
  code.syncWarp();
  Value none = code.i32(-1);
  eachSlot(pass, chunk, running, [&](const Slot &slot) {
    Value fits = slot.isOfExpert;
    if (std::optional<int64_t> limit = limitOf(pass))
      fits = code.both(fits, code.compare(Predicate::slt, slot.rank, code.i32(*limit)));
    Value result = pass == SlotPass::Keep ? code.select(fits, slot.expert, none)
                                          : code.when(fits, [&] { return place(slot); }, none);
    code.when(slot.isThere, [&] {
      code.put(result, pass == SlotPass::Keep ? kept : rowOf, code.wide(slot.number));
    });
  });
  code.syncWarp();
}

/// The row of a slot that fits.
Value PositionCode::place(const Slot &slot) {
  Value row = code.add(code.at(offsets, slot.expert), slot.rank);
  code.put(slot.number, slots, code.wide(row));
  return row;
}

/// Counts of `expert` become how many slots stand in earlier chunks; the count of all.
Value PositionCode::sumOverChunks(Value expert) {
  constexpr int64_t kAtOnce = 8; // loads that wait together
  Array column = code.from(counts, expert);
  auto place = [&](Value chunk) { return code.mul(chunk, code.i64(shape.experts)); };
  auto some = [&](int64_t many) {
    return [&, many](Value first, ValueRange carried) -> WarpCode::Values {
      WarpCode::Values places, values;
      for (int64_t i = 0; i < many; ++i) {
        places.push_back(place(code.add(first, code.i64(i))));
        values.push_back(code.at(column, places.back()));
      }
      Value sum = carried[0];
      for (auto [at, value] : llvm::zip_equal(places, values)) {
        code.put(sum, column, at);
        sum = code.add(sum, value);
      }
      return {sum};
    };
  };
  Value whole = code.mul(code.div(numChunks, code.i64(kAtOnce)), code.i64(kAtOnce));
  Value sum = code.loop(code.i64(0), whole, kAtOnce, code.i32(0), some(kAtOnce))[0];
  return code.loop(whole, numChunks, 1, sum, some(1))[0];
}

void PositionCode::sumChunks(SlotPass pass, int64_t threads) {
  Value count = code.i32(shape.experts);
  code.each(code.thread(), count, code.i32(threads), [&](Value expert) {
    Value sum = sumOverChunks(expert);
    if (pass == SlotPass::Keep)
      return;
    if (std::optional<int64_t> limit = limitOf(pass))
      sum = arith::MinSIOp::create(code, sum, code.i32(*limit));
    if (shape.tile > 1)
      sum = code.mul(code.div(code.add(sum, code.i32(shape.tile - 1)), code.i32(shape.tile)),
                     code.i32(shape.tile));
    code.put(sum, offsets, expert);
  });
  if (pass == SlotPass::Keep)
    return;
  code.syncBlock();
  code.when(code.compare(Predicate::eq, code.warp(), code.i32(0)), [&] { sumExperts(); });
}

/// Rows an expert become the first row of each, by a warp.
void PositionCode::sumExperts() {
  Value lane = code.lane(), count = code.i32(shape.experts);
  auto step = [&](Value first, ValueRange carried) -> WarpCode::Values {
    Value expert = code.add(first, lane);
    Value isThere = code.compare(Predicate::slt, expert, count);
    Value rows = code.when(isThere, [&] { return code.at(offsets, expert); }, code.i32(0));
    Value sum = rows;
    for (int64_t distance = 1; distance < kWarpLanes; distance *= 2) {
      Value before = code.fromLaneBefore(sum, distance);
      Value hasOne = code.compare(Predicate::sge, lane, code.i32(distance));
      sum = code.add(sum, code.select(hasOne, before, code.i32(0)));
    }
    Value begin = code.add(carried[0], code.sub(sum, rows));
    code.when(isThere, [&] { code.put(begin, offsets, expert); });
    return {code.add(carried[0], code.fromLane(sum, kWarpLanes - 1))};
  };
  Value all = code.loop(code.i32(0), count, kWarpLanes, code.i32(0), step)[0];
  code.when(code.compare(Predicate::eq, lane, code.i32(0)), [&] { code.put(all, offsets, count); });
}
