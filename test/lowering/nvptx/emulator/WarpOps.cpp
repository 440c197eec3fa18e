//===- WarpOps.cpp - Shuffles, votes, matches, reductions of a warp -------===//
//
// A lane's mask says who takes part; Warp::gather sees to it that they are all here.
//
//===----------------------------------------------------------------------===//

#include "InstructionTable.h"
#include "Warp.h"

using namespace moe::emulator;

namespace {

enum Shuffle { Up, Down, Butterfly, Index };

/// The lane that `lane` reads; `clamp` holds the last lane of its segment and the segment's mask.
bool shuffleSource(Shuffle mode, int lane, uint32_t b, uint32_t clamp, int &source) {
  uint32_t segment = clamp >> 8 & 31, bound = clamp & 31;
  b &= 31;
  int last = static_cast<int>((lane & segment) | (bound & ~segment));
  switch (mode) {
  case Up:
    source = lane - static_cast<int>(b);
    return source >= last;
  case Down:
    source = lane + static_cast<int>(b);
    return source <= last;
  case Butterfly:
    source = lane ^ static_cast<int>(b);
    return source <= last;
  case Index:
    source = static_cast<int>((lane & segment) | (b & ~segment));
    return source <= last;
  }
  __builtin_unreachable();
}

/// Operands: result, is it in range (when Results is 2), value, b, clamp, mask.
template <int Results> void shuffle(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands + Results;
  const uint32_t *masks = warp.at<uint32_t>(slots[3]);
  if (!warp.gather(masks))
    return;
  const uint32_t *values = warp.at<uint32_t>(slots[0]);
  const uint32_t *b = warp.at<uint32_t>(slots[1]), *clamp = warp.at<uint32_t>(slots[2]);
  uint32_t results[kWarpSize] = {}, inRange = 0;
  forLanes(warp.lanes, [&](int lane) {
    int source;
    bool valid = shuffleSource(static_cast<Shuffle>(instruction.variant), lane, b[lane],
                               clamp[lane], source);
    if (valid && !(masks[lane] >> source & 1))
      warp.fault(FaultKind::LaunchFailure, lane,
                 "shfl reads lane " + std::to_string(source) + ", which is not in its mask " +
                     hex(masks[lane]));
    results[lane] = values[valid ? source : lane];
    inRange |= static_cast<uint32_t>(valid) << lane;
  });
  warp.store(instruction.operands[0], results);
  if (Results == 2)
    warp.storePredicate(instruction.operands[1], inRange);
}

enum Vote { All, Any, Uniform, Ballot };

/// Operands: result, predicate, mask.
template <Vote Mode> void vote(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint32_t *masks = warp.at<uint32_t>(slots[2]);
  if (!warp.gather(masks))
    return;
  uint32_t predicate = warp.predicate(slots[1]);
  uint32_t values[kWarpSize] = {}, truth = 0;
  forLanes(warp.lanes, [&](int lane) {
    uint32_t mask = masks[lane] & warp.everyone, set = predicate & mask;
    bool all = set == mask, any = set != 0;
    bool result = Mode == All ? all : Mode == Any ? any : all || !any;
    truth |= static_cast<uint32_t>(result) << lane;
    values[lane] = set;
  });
  if (Mode == Ballot)
    warp.store(slots[0], values);
  else
    warp.storePredicate(slots[0], truth);
}

/// Operands: the lanes with the same value, (are they all), value, mask.
template <class T, int Results, bool NeedAll>
void match(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint32_t *masks = warp.at<uint32_t>(slots[Results + 1]);
  if (!warp.gather(masks))
    return;
  const T *values = warp.at<T>(slots[Results]);
  uint32_t results[kWarpSize] = {}, equal = 0;
  forLanes(warp.lanes, [&](int lane) {
    uint32_t mask = masks[lane] & warp.everyone, same = 0;
    forLanes(mask, [&](int other) {
      same |= static_cast<uint32_t>(values[other] == values[lane]) << other;
    });
    equal |= static_cast<uint32_t>(same == mask) << lane;
    results[lane] = !NeedAll || same == mask ? same : 0;
  });
  warp.store(slots[0], results);
  if (Results == 2)
    warp.storePredicate(slots[1], equal);
}

template <class T> T reduceAdd(T a, T b) { return a + b; }
template <class T> T reduceMin(T a, T b) { return a < b ? a : b; }
template <class T> T reduceMax(T a, T b) { return a > b ? a : b; }
template <class T> T reduceAnd(T a, T b) { return a & b; }
template <class T> T reduceOr(T a, T b) { return a | b; }
template <class T> T reduceXor(T a, T b) { return a ^ b; }

/// Operands: result, value, mask.
template <class T, T (*F)(T, T)> void reduce(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint32_t *masks = warp.at<uint32_t>(slots[2]);
  if (!warp.gather(masks))
    return;
  const T *values = warp.at<T>(slots[1]);
  T results[kWarpSize] = {};
  forLanes(warp.lanes, [&](int lane) {
    uint32_t mask = masks[lane] & warp.everyone;
    T sum = values[__builtin_ctz(mask)];
    forLanes(mask & (mask - 1), [&](int other) { sum = F(sum, values[other]); });
    results[lane] = sum;
  });
  warp.store(slots[0], results);
}

void activeMask(Warp &warp, const Instruction &instruction) {
  uint32_t values[kWarpSize];
  std::fill(values, values + kWarpSize, warp.lanes);
  warp.store(instruction.operands[0], values);
}

/// Operands: the leader, am I, mask.
void elect(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint32_t *masks = warp.at<uint32_t>(slots[2]);
  if (!warp.gather(masks))
    return;
  uint32_t leaders[kWarpSize] = {}, am = 0;
  forLanes(warp.lanes, [&](int lane) {
    leaders[lane] = __builtin_ctz(masks[lane] & warp.everyone);
    am |= static_cast<uint32_t>(leaders[lane] == static_cast<uint32_t>(lane)) << lane;
  });
  warp.store(slots[0], leaders);
  warp.storePredicate(slots[1], am);
}

/// Orders the memory accesses of the mask's lanes.
void barrierWarp(Warp &warp, const Instruction &instruction) {
  if (!warp.gather(warp.at<uint32_t>(instruction.operands[0])))
    return;
  ++warp.syncs;
}

} // namespace

void moe::emulator::addWarpRows(InstructionTable &table) {
  OperandType in{OperandType::In, 4}, out{OperandType::Out, 4};
  OperandType inPred{OperandType::In, 0}, outPred{OperandType::Out, 0}, in64{OperandType::In, 8};
  std::vector<Row> rows;
  const char *const modes[] = {"up", "down", "bfly", "idx"};
  for (uint32_t mode = Up; mode <= Index; ++mode) {
    std::string name = std::string("shfl.sync.") + modes[mode] + ".b32";
    rows.push_back({name, shuffle<1>, {out, in, in, in, in}, mode});
    rows.push_back({name + "|p", shuffle<2>, {out, outPred, in, in, in, in}, mode});
  }
  table.add(InstructionClass::WarpWide, std::move(rows));
  table.add(InstructionClass::WarpWide,
            {
                {"vote.sync.all.pred", vote<All>, {outPred, inPred, in}},
                {"vote.sync.any.pred", vote<Any>, {outPred, inPred, in}},
                {"vote.sync.uni.pred", vote<Uniform>, {outPred, inPred, in}},
                {"vote.sync.ballot.b32", vote<Ballot>, {out, inPred, in}},
                {"match.any.sync.b32", match<uint32_t, 1, false>, {out, in, in}},
                {"match.any.sync.b64", match<uint64_t, 1, false>, {out, in64, in}},
                {"match.all.sync.b32", match<uint32_t, 1, true>, {out, in, in}},
                {"match.all.sync.b64", match<uint64_t, 1, true>, {out, in64, in}},
                {"match.all.sync.b32|p", match<uint32_t, 2, true>, {out, outPred, in, in}},
                {"match.all.sync.b64|p", match<uint64_t, 2, true>, {out, outPred, in64, in}},
                {"redux.sync.add.{u,s}32", reduce<uint32_t, reduceAdd>, {out, in, in}},
                {"redux.sync.min.u32", reduce<uint32_t, reduceMin>, {out, in, in}},
                {"redux.sync.max.u32", reduce<uint32_t, reduceMax>, {out, in, in}},
                {"redux.sync.min.s32", reduce<int32_t, reduceMin>, {out, in, in}},
                {"redux.sync.max.s32", reduce<int32_t, reduceMax>, {out, in, in}},
                {"redux.sync.and.b32", reduce<uint32_t, reduceAnd>, {out, in, in}},
                {"redux.sync.or.b32", reduce<uint32_t, reduceOr>, {out, in, in}},
                {"redux.sync.xor.b32", reduce<uint32_t, reduceXor>, {out, in, in}},
                {"activemask.b32", activeMask, {out}},
                {"elect.sync|p", elect, {out, outPred, in}},
            });
  table.add(InstructionClass::Barrier, {{"bar.warp.sync", barrierWarp, {in}}});
}
