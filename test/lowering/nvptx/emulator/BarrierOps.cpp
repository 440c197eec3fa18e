//===- BarrierOps.cpp - Barriers of a block, fences -----------------------===//

#include "Block.h"
#include "InstructionTable.h"

using namespace moe::emulator;

namespace {

/// One value that all lanes must agree on.
uint32_t uniform(const Warp &warp, uint32_t slot, const char *what) {
  const uint32_t *values = warp.at<uint32_t>(slot);
  int first = __builtin_ctz(warp.lanes);
  forLanes(warp.lanes, [&](int lane) {
    if (values[lane] != values[first])
      warp.fault(FaultKind::LaunchFailure, lane,
                 std::string(what) + " differs between the threads of a warp");
  });
  return values[first];
}

uint32_t wholeWarps(uint32_t threads) { return (threads + kWarpSize - 1) / kWarpSize * kWarpSize; }

/// The barrier's number, checked.
uint32_t number(const Warp &warp, uint32_t slot) {
  uint32_t id = uniform(warp, slot, "the barrier");
  if (id >= Block::kBarriers)
    warp.fault(FaultKind::LaunchFailure, Fault::kNoLane,
               "there is no barrier " + std::to_string(id));
  return id;
}

uint32_t expected(const Warp &warp, uint32_t slot) {
  uint32_t threads = uniform(warp, slot, "the barrier's count");
  if (!threads || threads % kWarpSize || threads > wholeWarps(warp.block->threads()))
    warp.fault(FaultKind::LaunchFailure, Fault::kNoLane,
               "a barrier of " + std::to_string(threads) + " threads in a block of " +
                   std::to_string(warp.block->threads()));
  return threads;
}

/// Operands: a number, and how many threads (when Counted).
template <bool Counted, bool Stay> void barrier(Warp &warp, const Instruction &instruction) {
  if (!warp.gatherAll())
    return;
  uint32_t id = number(warp, instruction.operands[0]);
  uint32_t threads =
      Counted ? expected(warp, instruction.operands[1]) : wholeWarps(warp.block->threads());
  warp.block->arrive(warp, id, threads, Stay);
}

/// Operands: result, a number, (how many threads), predicate.
template <bool Counted> void barrierReduce(Warp &warp, const Instruction &instruction) {
  if (!warp.gatherAll())
    return;
  const uint32_t *slots = instruction.operands + 1;
  uint32_t id = number(warp, slots[0]);
  uint32_t threads = Counted ? expected(warp, slots[1]) : wholeWarps(warp.block->threads());
  uint32_t holds = warp.predicate(slots[Counted ? 2 : 1]) & warp.everyone;
  warp.block->arriveReducing(warp, id, threads, __builtin_popcount(holds), instruction);
}

template <bool Counted> Row reduceRow(const char *name, Reduction reduction) {
  uint32_t bytes = reduction == Reduction::Population ? 4 : 0;
  Row row{name,
          barrierReduce<Counted>,
          {{OperandType::Out, bytes}, {OperandType::In, 4}},
          static_cast<uint32_t>(reduction)};
  if (Counted)
    row.operands.push_back({OperandType::In, 4});
  row.operands.push_back({OperandType::In, 0});
  return row;
}

void fence(Warp &, const Instruction &) {}

} // namespace

void moe::emulator::addBarrierRows(InstructionTable &table) {
  OperandType in{OperandType::In, 4};
  table.add(
      InstructionClass::Barrier,
      {
          {"bar{,.cta}.sync", barrier<false, true>, {in}},
          {"bar{,.cta}.sync", barrier<true, true>, {in, in}},
          {"bar{,.cta}.arrive", barrier<true, false>, {in, in}},
          {"barrier{,.cta}.sync{,.aligned}", barrier<false, true>, {in}},
          {"barrier{,.cta}.sync{,.aligned}", barrier<true, true>, {in, in}},
          {"barrier{,.cta}.arrive{,.aligned}", barrier<true, false>, {in, in}},
          reduceRow<false>("{bar,barrier}{,.cta}.red{,.aligned}.popc{,.aligned}.u32",
                           Reduction::Population),
          reduceRow<true>("{bar,barrier}{,.cta}.red{,.aligned}.popc{,.aligned}.u32",
                          Reduction::Population),
          reduceRow<false>("{bar,barrier}{,.cta}.red{,.aligned}.and{,.aligned}.pred",
                           Reduction::All),
          reduceRow<true>("{bar,barrier}{,.cta}.red{,.aligned}.and{,.aligned}.pred",
                          Reduction::All),
          reduceRow<false>("{bar,barrier}{,.cta}.red{,.aligned}.or{,.aligned}.pred",
                           Reduction::Any),
          reduceRow<true>("{bar,barrier}{,.cta}.red{,.aligned}.or{,.aligned}.pred", Reduction::Any),
          {"membar.{cta,gl,sys}", fence, {}},
          {"fence{,.sc,.acq_rel}.{cta,gpu,sys,cluster}", fence, {}},
          {"fence.proxy.{alias,async,async.global,async.shared::cta}", fence, {}},
      });
}
