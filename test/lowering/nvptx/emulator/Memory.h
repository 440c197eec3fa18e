//===- Memory.h - Where an access of a thread goes --------------*- C++ -*-===//
//
// A generic address is a device address, or lies in one of three windows that its top byte names.
// Addresses of constants and parameters are generic ones; those of shared and local memory are
// offsets. Parameters of a device function lie in the caller's local memory.
//
//===----------------------------------------------------------------------===//

#ifndef MOE_TEST_LOWERING_NVPTX_EMULATOR_MEMORY_H
#define MOE_TEST_LOWERING_NVPTX_EMULATOR_MEMORY_H

#include "Block.h"
#include "Syntax.h"

namespace moe::emulator {

constexpr int kWindowShift = 56;
constexpr uint64_t kSharedWindow = uint64_t(1) << kWindowShift;
constexpr uint64_t kLocalWindow = uint64_t(2) << kWindowShift;
constexpr uint64_t kParamWindow = uint64_t(3) << kWindowShift;

/// A 128-bit register.
struct Wide {
  uint64_t low, high;
};

enum class Access { Read, Write, StrongRead, StrongWrite, Atomic };

unsigned char *placeGlobal(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
unsigned char *placeShared(const Warp &warp, int lane, uint64_t address, uint32_t bytes,
                           Access access);
unsigned char *placeLocal(const Warp &warp, int lane, uint64_t address, uint32_t bytes);
unsigned char *placeParam(const Warp &warp, int lane, uint64_t address, uint32_t bytes,
                          Access access);
unsigned char *placeGeneric(const Warp &warp, int lane, uint64_t address, uint32_t bytes,
                            Access access);

/// The place of an access to a space that is known when the module is loaded.
template <Space S>
unsigned char *place(const Warp &warp, int lane, uint64_t address, uint32_t bytes, Access access) {
  if constexpr (S == Space::Shared)
    return placeShared(warp, lane, address, bytes, access);
  else if constexpr (S == Space::Local)
    return placeLocal(warp, lane, address, bytes);
  else if constexpr (S == Space::Param)
    return placeParam(warp, lane, address, bytes, access);
  else if constexpr (S == Space::Generic)
    return placeGeneric(warp, lane, address, bytes, access);
  else
    return placeGlobal(warp, lane, address, bytes);
}

} // namespace moe::emulator

#endif // MOE_TEST_LOWERING_NVPTX_EMULATOR_MEMORY_H
