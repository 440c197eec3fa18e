//===- CopyOps.cpp - cp.async, its groups and its waits -------------------===//

#include "InstructionTable.h"
#include "Memory.h"

using namespace moe::emulator;

namespace {

/// Operands: shared address, global address, bytes, and with Sized how many of them are read: the
/// rest is zeros.
template <bool Sized> void copyAsync(Warp &warp, const Instruction &instruction) {
  const uint32_t *slots = instruction.operands;
  const uint64_t *to = warp.at<uint64_t>(slots[0]), *from = warp.at<uint64_t>(slots[2]);
  int32_t toOffset = static_cast<int32_t>(slots[1]), fromOffset = static_cast<int32_t>(slots[3]);
  uint32_t bytes = slots[4];
  const uint32_t *sizes = Sized ? warp.at<uint32_t>(slots[5]) : nullptr;
  forLanes(warp.lanes, [&](int lane) {
    uint32_t size = Sized ? sizes[lane] : bytes;
    if (size > bytes)
      warp.fault(FaultKind::LaunchFailure, lane,
                 "cp.async of " + std::to_string(bytes) + " bytes reads " + std::to_string(size));
    PendingCopy copy{warp.copies.committed[lane],
                     static_cast<uint32_t>(to[lane] + toOffset),
                     static_cast<uint8_t>(bytes),
                     static_cast<uint8_t>(lane),
                     {}};
    if (to[lane] + toOffset > UINT32_MAX)
      warp.fault(FaultKind::IllegalAddress, lane,
                 "cp.async to " + hex(to[lane] + toOffset) + ", which is no shared memory");
    uint64_t source = from[lane] + fromOffset;
    if (source % bytes)
      warp.fault(FaultKind::Misaligned, lane, "cp.async from " + hex(source) + " is misaligned");
    if (size) {
      const DeviceMemory &memory = *warp.block->memory;
      if (!memory.valid(source, size))
        warp.fault(FaultKind::IllegalAddress, lane,
                   "cp.async reads " + std::to_string(size) + " bytes at " + hex(source) +
                       ", outside of all live allocations of the device");
      memcpy(copy.data, memory.host(source), size);
    }
    warp.block->shared.beginCopy(warp, lane, copy.offset, bytes);
    warp.copies.copies.push_back(copy);
  });
}

void commitGroup(Warp &warp, const Instruction &) {
  forLanes(warp.lanes, [&](int lane) { ++warp.copies.committed[lane]; });
}

/// What the lanes that run wait for arrives: groups below `committed - left`, or everything.
void arrive(Warp &warp, uint64_t left, bool all) {
  auto &copies = warp.copies.copies;
  auto waitedFor = [&](const PendingCopy &copy) {
    return (warp.lanes >> copy.lane & 1) &&
           (all || copy.group + left < warp.copies.committed[copy.lane]);
  };
  size_t kept = 0;
  for (PendingCopy &copy : copies) {
    if (!waitedFor(copy)) {
      copies[kept++] = copy;
      continue;
    }
    unsigned char *to = warp.block->shared.endCopy(warp, copy.lane, copy.offset, copy.bytes);
    memcpy(to, copy.data, copy.bytes);
  }
  copies.resize(kept);
}

void waitGroup(Warp &warp, const Instruction &instruction) {
  arrive(warp, instruction.operands[0], false);
}
void waitAll(Warp &warp, const Instruction &) { arrive(warp, 0, true); }

} // namespace

void moe::emulator::addCopyRows(InstructionTable &table) {
  OperandType address{OperandType::Address, 8}, number{OperandType::Literal, 4};
  OperandType size{OperandType::In, 4};
  const char *name = "cp.async.{ca,cg}.shared{,::cta}.global{,.L2::64B,.L2::128B,.L2::256B}";
  table.add(InstructionClass::AsyncCopy,
            {
                {name, copyAsync<false>, {address, address, number}, 0, 0, false, 4},
                {name, copyAsync<true>, {address, address, number, size}, 0, 0, false, 4},
                {"cp.async.commit_group", commitGroup, {}},
                {"cp.async.wait_group", waitGroup, {number}},
                {"cp.async.wait_all", waitAll, {}},
            });
}
