//===- FlowOps.cpp - Branches and ends ------------------------------------===//

#include "Block.h"
#include "InstructionTable.h"

using namespace moe::emulator;

namespace {

/// Lanes go where `targets` says; those whose guard is false go on.
void scatter(Warp &warp, const uint32_t *targets) {
  forLanes(warp.active, [&](int lane) { warp.pcs[lane] = warp.pc; });
  forLanes(warp.lanes, [&](int lane) { warp.pcs[lane] = targets[lane]; });
  warp.active = 0; // their places are noted
  warp.leave = true;
}

void branch(Warp &warp, const Instruction &instruction) {
  uint32_t target = instruction.operands[0];
  if (warp.lanes == warp.active) {
    warp.pc = target;
    return;
  }
  uint32_t targets[kWarpSize];
  std::fill(targets, targets + kWarpSize, target);
  scatter(warp, targets);
}

/// Operands: an index, a table of labels.
void branchIndexed(Warp &warp, const Instruction &instruction) {
  const uint32_t *index = warp.at<uint32_t>(instruction.operands[0]);
  const std::vector<uint32_t> &table = warp.block->kernel->branchTables[instruction.operands[1]];
  uint32_t targets[kWarpSize] = {};
  forLanes(warp.lanes, [&](int lane) {
    if (index[lane] >= table.size())
      warp.fault(FaultKind::LaunchFailure, lane,
                 "branch " + std::to_string(index[lane]) + " of " + std::to_string(table.size()));
    targets[lane] = table[index[lane]];
  });
  scatter(warp, targets);
}

void exitLanes(Warp &warp, const Instruction &) {
  warp.alive &= ~warp.lanes;
  forLanes(warp.active & ~warp.lanes, [&](int lane) { warp.pcs[lane] = warp.pc; });
  warp.active = 0;
  warp.leave = true;
}

void trap(Warp &warp, const Instruction &) {
  warp.fault(FaultKind::Trap, __builtin_ctz(warp.lanes), "trap");
}

void nothing(Warp &, const Instruction &) {}

} // namespace

void moe::emulator::addFlowRows(InstructionTable &table) {
  OperandType label{OperandType::Label, 0};
  table.add(InstructionClass::Flow,
            {
                {"bra{,.uni}", branch, {label}},
                {"brx.idx{,.uni}", branchIndexed, {{OperandType::In, 4}, label}},
                {"{ret,exit}{,.uni}", exitLanes, {}},
                {"trap", trap, {}},
                {"brkpt", trap, {}},
                {"nanosleep.u32", nothing, {{OperandType::In, 4}}},
                {"pmevent", nothing, {{OperandType::In, 4}}},
                {"griddepcontrol.{wait,launch_dependents}", nothing, {}},
                {"prefetch{,.global,.local}.{L1,L2}", nothing, {{OperandType::Address, 8}}},
            });
}
