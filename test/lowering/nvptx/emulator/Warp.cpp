//===- Warp.cpp - Which lanes run -----------------------------------------===//

#include "Warp.h"
#include "Block.h"
#include <algorithm>

using namespace moe::emulator;

void Warp::start(uint32_t threads) {
  everyone = threads >= kWarpSize ? ~0u : (1u << threads) - 1;
  alive = everyone;
  waiting = active = lanes = 0;
  leave = blocked = false;
  syncs = 0;
  reducing = nullptr;
  memset(pcs, 0, sizeof pcs);
  copies.clear();
}

uint32_t Warp::lanesAt(uint32_t place) const {
  uint32_t mask = 0;
  for (int lane = 0; lane < kWarpSize; ++lane)
    mask |= static_cast<uint32_t>(pcs[lane] == place) << lane;
  return mask;
}

/// The lanes with the smallest pc run next, up to the next others.
bool Warp::pick() {
  uint32_t ready = alive & ~waiting;
  if (!ready)
    return false;
  uint32_t first = ~0u;
  forLanes(ready, [&](int lane) { first = std::min(first, pcs[lane]); });
  active = lanesAt(first) & ready;
  pc = first;
  join = ~0u;
  forLanes(ready & ~active, [&](int lane) { join = std::min(join, pcs[lane]); });
  return true;
}

void Warp::runGroup(uint32_t &turn) {
  const Instruction *code = block->kernel->code.data();
  uint64_t *counts = block->counts.data();
  leave = false;
  do {
    const Instruction &instruction = code[pc];
    lanes = active;
    if (instruction.guard != Instruction::kNoGuard) {
      uint32_t guard = predicate(instruction.guard);
      lanes &= instruction.guardNegated ? ~guard : guard;
    }
    counts[pc] += __builtin_popcount(lanes);
    ++pc;
    if (lanes)
      instruction.run(*this, instruction);
  } while (pc < join && !leave && --turn);
  forLanes(active, [&](int lane) { pcs[lane] = pc; });
}

void Warp::run() {
  uint32_t turn = kTurn;
  while (!blocked && turn && pick())
    runGroup(turn);
  if (!blocked && turn && alive)
    reportStuck();
}

/// All lanes that are left wait for ones that do not come.
void Warp::reportStuck() {
  int lane = __builtin_ctz(waiting);
  pc = pcs[lane] + 1;
  uint32_t here = lanesAt(pcs[lane]) & waiting;
  fault(FaultKind::LaunchFailure, lane,
        "lanes " + hex(here) + " wait at a warp operation that lanes " + hex(everyone & ~here) +
            " do not reach");
}

bool Warp::gather(const uint32_t *masks) {
  if (lanes == everyone && std::all_of(masks, masks + kWarpSize, [&](uint32_t mask) {
        return (mask & everyone) == everyone;
      }))
    return true;
  uint32_t here = lanes | (waiting & lanesAt(pc - 1));
  uint32_t ready = 0;
  forLanes(here, [&](int lane) {
    uint32_t mask = masks[lane] & everyone;
    if (!(mask >> lane & 1))
      fault(FaultKind::LaunchFailure, lane, "the thread is not in its own mask " + hex(mask));
    if (mask & ~alive)
      fault(FaultKind::LaunchFailure, lane,
            "a warp operation waits for lanes " + hex(mask & ~alive) + ", which have exited");
    if (!(mask & ~here))
      ready |= 1u << lane;
  });
  uint32_t held = here & ~ready;
  forLanes(held, [&](int lane) { pcs[lane] = pc - 1; });
  if (held || ready != lanes)
    leave = true;
  waiting = (waiting & ~ready) | held;
  active = (active & ~lanes) | ready;
  lanes = ready;
  return ready != 0;
}

bool Warp::gatherAll() {
  if (lanes == everyone)
    return true;
  uint32_t masks[kWarpSize];
  std::fill(masks, masks + kWarpSize, everyone);
  return gather(masks);
}
