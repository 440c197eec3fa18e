//===- Block.cpp - Warps take turns until all have left -------------------===//

#include "Block.h"
#include <algorithm>
#include <new>

using namespace moe::emulator;

Block::Bytes Block::allocate(size_t bytes) {
  void *p = aligned_alloc(64, std::max<size_t>((bytes + 63) / 64 * 64, 64));
  if (!p)
    throw std::bad_alloc();
  memset(p, 0, bytes);
  return Bytes(static_cast<unsigned char *>(p));
}

Block::Block(const Kernel &kernel, const LaunchShape &shape, DeviceMemory &memory)
    : kernel(&kernel), shape(&shape), memory(&memory),
      shared(kernel.sharedBytes + shape.dynamicShared, kernel.sharedGranule),
      warps((shape.threads.count() + kWarpSize - 1) / kWarpSize), counts(kernel.code.size()),
      registers(allocate(warps.size() * kernel.registerBytes)),
      localMemory(allocate(warps.size() * kWarpSize * size_t(kernel.localBytes))) {
  for (size_t i = 0; i < warps.size(); ++i) {
    warps[i].block = this;
    warps[i].index = static_cast<uint32_t>(i);
    warps[i].registers = registers.get() + i * kernel.registerBytes;
    fillConstants(warps[i]);
  }
}

void Block::fillConstants(Warp &warp) {
  for (const ConstantSlot &constant : kernel->constants)
    for (int lane = 0; lane < kWarpSize; ++lane)
      switch (constant.bytes) {
      case 0:
        *warp.at<uint32_t>(constant.slot) = constant.value ? ~0u : 0;
        break;
      case 2:
        warp.at<uint16_t>(constant.slot)[lane] = static_cast<uint16_t>(constant.value);
        break;
      case 4:
        warp.at<uint32_t>(constant.slot)[lane] = static_cast<uint32_t>(constant.value);
        break;
      default:
        warp.at<uint64_t>(constant.slot)[lane] = constant.value;
      }
}

void Block::fillSpecials(Warp &warp) {
  for (const SpecialSlot &special : kernel->specials)
    for (int lane = 0; lane < kWarpSize; ++lane)
      warp.at<uint32_t>(special.slot)[lane] = special.value(warp, lane);
}

void Block::run(uint64_t which) {
  number = which;
  place.x = static_cast<uint32_t>(number % shape->grid.x);
  place.y = static_cast<uint32_t>(number / shape->grid.x % shape->grid.y);
  place.z = static_cast<uint32_t>(number / shape->grid.x / shape->grid.y);
  shared.reset();
  std::fill(std::begin(barriers), std::end(barriers), Barrier());
  for (Warp &warp : warps) {
    warp.start(threads() - warp.index * kWarpSize);
    fillSpecials(warp);
  }
  bool ran = true;
  while (ran) {
    ran = false;
    for (Warp &warp : warps) {
      if (warp.blocked || warp.done())
        continue;
      running = &warp;
      warp.run();
      ran = true;
    }
  }
  for (const Warp &warp : warps)
    if (!warp.done())
      reportStuck();
}

void Block::reportStuck() {
  for (Warp &warp : warps)
    if (warp.blocked) {
      running = &warp;
      size_t left =
          std::count_if(warps.begin(), warps.end(), [](const Warp &w) { return w.done(); });
      throw Fault(FaultKind::LaunchFailure, __builtin_ctz(warp.alive),
                  "waits at a barrier that not all its threads reach: " + std::to_string(left) +
                      " of " + std::to_string(warps.size()) + " warps have exited");
    }
  __builtin_unreachable();
}

void Block::arrive(Warp &warp, uint32_t barrier, uint32_t expected, bool stay) {
  Barrier &state = barriers[barrier];
  if (state.arrived && state.expected != expected)
    warp.fault(FaultKind::LaunchFailure, Fault::kNoLane,
               "barrier " + std::to_string(barrier) + " is met with " + std::to_string(expected) +
                   " threads, by others with " + std::to_string(state.expected));
  state.expected = expected;
  state.arrived += kWarpSize;
  warp.barrier = barrier;
  warp.blocked = stay;
  warp.leave = true;
  if (state.arrived < expected)
    return;
  uint32_t population = state.population;
  state = Barrier();
  shared.barrier();
  for (Warp &other : warps) {
    bool here = &other == &warp || (other.blocked && other.barrier == barrier);
    if (here && other.reducing)
      finishReduction(other, population, expected);
    if (here)
      other.blocked = false;
  }
}

/// The variant of bar.red says what its result is.
void Block::finishReduction(Warp &warp, uint32_t population, uint32_t expected) {
  uint32_t slot = warp.reducing->operands[0];
  uint32_t threads = std::min(expected, this->threads());
  uint32_t values[kWarpSize];
  std::fill(values, values + kWarpSize, population);
  warp.lanes = warp.everyone;
  switch (static_cast<Reduction>(warp.reducing->variant)) {
  case Reduction::Population:
    warp.store(slot, values);
    break;
  case Reduction::All:
    warp.storePredicate(slot, population == threads ? ~0u : 0);
    break;
  case Reduction::Any:
    warp.storePredicate(slot, population ? ~0u : 0);
    break;
  }
  warp.reducing = nullptr;
}

void Block::arriveReducing(Warp &warp, uint32_t barrier, uint32_t expected, uint32_t population,
                           const Instruction &result) {
  barriers[barrier].population += population;
  warp.reducing = &result;
  arrive(warp, barrier, expected, true);
}
