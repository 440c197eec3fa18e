//===- SpecialRegisters.cpp - %tid and its kind ---------------------------===//

#include "Block.h"
#include "Decode.h"

using namespace moe::emulator;

namespace {

using Value = uint32_t (*)(const Warp &, int);

const LaunchShape &shapeOf(const Warp &w) { return *w.block->shape; }

struct Special {
  const char *name;
  Value value;
};

// Clocks stand still: nothing may depend on them.
constexpr Special kSpecials[] = {
    {"%tid.x", [](const Warp &w, int lane) { return w.thread(lane) % shapeOf(w).threads.x; }},
    {"%tid.y",
     [](const Warp &w, int lane) {
       return w.thread(lane) / shapeOf(w).threads.x % shapeOf(w).threads.y;
     }},
    {"%tid.z",
     [](const Warp &w, int lane) {
       return w.thread(lane) / shapeOf(w).threads.x / shapeOf(w).threads.y;
     }},
    {"%ntid.x", [](const Warp &w, int) { return shapeOf(w).threads.x; }},
    {"%ntid.y", [](const Warp &w, int) { return shapeOf(w).threads.y; }},
    {"%ntid.z", [](const Warp &w, int) { return shapeOf(w).threads.z; }},
    {"%ctaid.x", [](const Warp &w, int) { return w.block->place.x; }},
    {"%ctaid.y", [](const Warp &w, int) { return w.block->place.y; }},
    {"%ctaid.z", [](const Warp &w, int) { return w.block->place.z; }},
    {"%nctaid.x", [](const Warp &w, int) { return shapeOf(w).grid.x; }},
    {"%nctaid.y", [](const Warp &w, int) { return shapeOf(w).grid.y; }},
    {"%nctaid.z", [](const Warp &w, int) { return shapeOf(w).grid.z; }},
    {"%laneid", [](const Warp &, int lane) { return static_cast<uint32_t>(lane); }},
    {"%warpid", [](const Warp &w, int) { return w.index; }},
    {"%nwarpid", [](const Warp &w, int) { return static_cast<uint32_t>(w.block->warps.size()); }},
    {"%lanemask_eq", [](const Warp &, int lane) { return 1u << lane; }},
    {"%lanemask_lt", [](const Warp &, int lane) { return (1u << lane) - 1; }},
    {"%lanemask_le", [](const Warp &, int lane) { return (2u << lane) - 1; }},
    {"%lanemask_gt", [](const Warp &, int lane) { return ~((2u << lane) - 1); }},
    {"%lanemask_ge", [](const Warp &, int lane) { return ~((1u << lane) - 1); }},
    {"%dynamic_smem_size", [](const Warp &w, int) { return shapeOf(w).dynamicShared; }},
    {"%total_smem_size",
     [](const Warp &w, int) { return w.block->kernel->sharedBytes + shapeOf(w).dynamicShared; }},
    {"%smid", [](const Warp &, int) { return 0u; }},
    {"%nsmid", [](const Warp &, int) { return 1u; }},
    {"%gridid", [](const Warp &, int) { return 0u; }},
    {"%clock", [](const Warp &, int) { return 0u; }},
    {"%clock_hi", [](const Warp &, int) { return 0u; }},
    {"%clock64", [](const Warp &, int) { return 0u; }},
    {"%globaltimer", [](const Warp &, int) { return 0u; }},
    {"%globaltimer_lo", [](const Warp &, int) { return 0u; }},
};

} // namespace

Value moe::emulator::specialRegister(std::string_view name) {
  for (const Special &special : kSpecials)
    if (name == special.name)
      return special.value;
  return nullptr;
}
